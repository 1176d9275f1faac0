package config

import (
	"maps"
	"path/filepath"

	"jupyter-events-agent/outputs"
)

// signingKey is the file, in state_dir, of the key that audit files are signed
// with where the configuration names none.
const signingKey = "signing.key"

// sealable is the keys of an output without audit where its kind cannot have
// that, which it then says.
func (r *reading) sealable(e entry, own outputs.Config) map[string]any {
	_, can := own.(outputs.Auditing)
	if _, set := e.keys["audit"]; can || !set {
		return e.keys
	}
	r.mistake(`%saudit: only a file can be sealed: after a crash the agent takes back what it is not sure of, and a destination over a network gives nothing back: write an [[outputs.file]] with audit = true, keep that file, and take audit out here`, e.at)
	keys := maps.Clone(e.keys)
	delete(keys, "audit")
	return keys
}

// audit fills in what an output with audit = true takes for granted, and says
// whether it is one.
func (r *reading) audit(own outputs.Config, c *Config) bool {
	a, can := own.(outputs.Auditing)
	if !can || !a.Audited() {
		return false
	}
	if key := a.SigningKey(); *key == "" && c.StateDir != "" {
		*key = filepath.Join(r.path(c.StateDir), signingKey)
		c.MadeKey = *key
	}
	return true
}

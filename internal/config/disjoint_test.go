package config_test

import (
	"strings"
	"testing"

	"jupyter-events-agent/inputs"
	logs "jupyter-events-agent/inputs/file"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/file"
)

// TestAnOutputIsNoGeneration: an input reads rotated generations of its logs, by
// their names, also where paths do not cover them.
func TestAnOutputIsNoGeneration(t *testing.T) {
	kinds := config.Kinds{
		Inputs:  map[string]func() inputs.Config{"file": func() inputs.Config { return &logs.Config{} }},
		Outputs: map[string]func() outputs.Config{"file": file.New},
	}
	for path, refused := range map[string]bool{
		"/logs/events.log.copy":   true,
		"/logs/events-2.log":      true,
		"/logs/./events.log.1":    true,
		"/logs/events.log.vendor": false,
		"/out/events.log.1":       false,
	} {
		text := strings.NewReplacer("events.log*", "/logs/events.log", "out/audit.ndjson", path).Replace(small)
		_, err := config.Parse("/etc/agent.toml", text, kinds)
		const want = `outputs.file "audit": path: is called as a rotated generation of a log of inputs.file "hub" would be`
		if refused != (err != nil) || refused && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

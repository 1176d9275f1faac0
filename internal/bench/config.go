package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Two policies that differ, and two more for four outputs. The schemas of
// files and kernels say personal-data at their root, which is on every place.
var policies = []struct {
	name       string
	categories []string
}{
	{"wide", []string{"unrestricted", "personal-data", "user-identifier", "user-identifiable-information", "action-timestamp"}},
	{"closed", []string{"unrestricted", "personal-data"}},
	{"people", []string{"unrestricted", "personal-data", "user-identifier"}},
	{"times", []string{"unrestricted", "personal-data", "action-timestamp"}},
}

// configure writes the configuration of an agent that follows paths and has
// so many file outputs, into a new folder for it and what it writes. It
// returns the configuration's path and the outputs'.
func (b *bench) configure(dir, paths string, outputs int, bare bool) (string, []string, error) {
	if err := os.RemoveAll(dir); err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, err
	}
	var t strings.Builder
	fmt.Fprintf(&t, "state_dir = %q\nlog = { level = \"warn\" }\n", filepath.Join(dir, "state"))
	fmt.Fprintf(&t, "[schemas]\npaths = [%q]\ncatalog = false\n", filepath.Join(b.corpus, "schemas"))
	fmt.Fprintf(&t, "[[inputs.file]]\nname = \"events\"\npaths = [%q]\nstart_at = \"beginning\"\n", paths)
	var files []string
	for _, p := range policies[:outputs] {
		file := filepath.Join(dir, p.name+".ndjson")
		files = append(files, file)
		fmt.Fprintf(&t, "[[outputs.file]]\nname = %q\npath = %q\n", p.name, file)
		fmt.Fprintf(&t, "policy = { categories = [\"%s\"] }\n", strings.Join(p.categories, `", "`))
		if bare {
			t.WriteString("metadata = []\n")
		}
	}
	file := filepath.Join(dir, "agent.toml")
	return file, files, os.WriteFile(file, []byte(t.String()), 0o600)
}

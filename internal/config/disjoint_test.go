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

// TestOneOnStandardOutput: two outputs there would cut each other's lines.
func TestOneOnStandardOutput(t *testing.T) {
	const more = "[[outputs.file]]\nname = '%s'\npath = '-'\npolicy = { categories = [] }\n"
	one := small + strings.Replace(more, "%s", "pipe", 1)
	if _, err := config.Parse("/etc/agent.toml", one, kinds); err != nil {
		t.Error(err)
	}
	const want = `/etc/agent.toml: outputs.file "second": path: standard output is written by outputs.file "pipe" already, and two would cut each other's lines: name a file in path`
	if _, err := config.Parse("/etc/agent.toml", one+strings.Replace(more, "%s", "second", 1), kinds); err == nil || err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
}

package config_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	inputkinds "jupyter-events-agent/inputs/all"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/units"
	outputkinds "jupyter-events-agent/outputs/all"
)

// real are the kinds that the agent has.
var real = config.Kinds{Inputs: inputkinds.Kinds, Outputs: outputkinds.Kinds}

func TestExample(t *testing.T) {
	text, err := os.ReadFile("../../agent.toml.example")
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse("/etc/jupyter-events-agent/agent.toml", string(text), real)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Runnable(); err != nil {
		t.Error(err)
	}
	// What is commented out is right as well.
	commented := regexp.MustCompile(`(?m)^( *)#([a-z_]+ +=|[a-z_]+=)`)
	all := commented.ReplaceAllString(string(text), "$1$2")
	if _, err := config.Parse("/etc/jupyter-events-agent/agent.toml", all, real); err != nil {
		t.Errorf("with everything uncommented: %v", err)
	}
}

// TestDocumented: docs/config.md and the decoder have the same keys.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string][]string{} // by heading
	heading := ""
	for _, line := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "## "); ok {
			heading = rest
		}
		if m := regexp.MustCompile("^\\| `([a-z_.]+)` \\|").FindStringSubmatch(line); m != nil {
			documented[heading] = append(documented[heading], m[1])
		}
	}
	for _, key := range config.AllRootKeys() {
		if slices.Contains([]string{"inputs", "outputs", "quarantine", "rejected"}, key) {
			continue // have headings of their own
		}
		if !slices.Contains(documented["The agent"], key) && !slices.Contains(documented["Schemas"], key) {
			t.Errorf("%s is not documented", key)
		}
	}
	for heading, want := range map[string][]string{
		"The agent":  config.RootKeys("state_dir", "id_key_file", "grace", "log.", "retry.", "pseudonyms.", "tokens.", "notice.", "telemetry."),
		"Schemas":    config.RootKeys("schemas.", "categories."),
		"Inputs":     config.InputKeys(real),
		"Outputs":    config.OutputKeys(real),
		"Quarantine": config.QuarantineKeys(),
		"Rejected":   config.RejectedKeys(),
	} {
		slices.Sort(want)
		slices.Sort(documented[heading])
		if !slices.Equal(want, documented[heading]) {
			t.Errorf("%s: documented are\n%v\nthe decoder has\n%v", heading, documented[heading], want)
		}
	}
}

// TestWords: every key can be offered as what was perhaps meant.
func TestWords(t *testing.T) {
	keys := append(config.AllRootKeys(), config.InputKeys(real)...)
	keys = append(append(keys, config.OutputKeys(real)...), config.QuarantineKeys()...)
	keys = append(keys, config.RejectedKeys()...)
	for _, key := range keys {
		for _, word := range strings.Split(key, ".") {
			if !slices.Contains(config.Words(), word) {
				t.Errorf("%q is not among the words", word)
			}
		}
	}
}

// TestExampleIsWhole: every key stands in the example, in its own table, commented
// out or not.
func TestExampleIsWhole(t *testing.T) {
	text, err := os.ReadFile("../../agent.toml.example")
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]string{} // by heading: what stands below it
	heading := ""
	for line := range strings.Lines(string(text)) {
		if m := regexp.MustCompile(`^\[\[?([a-z.]+)\]\]?`).FindStringSubmatch(line); m != nil {
			heading = m[1]
		}
		tables[heading] += line
	}
	stands := func(key, in string) bool {
		for _, word := range strings.Split(key, ".") {
			if !regexp.MustCompile(`\b` + word + `\b`).MatchString(in) {
				return false
			}
		}
		return true
	}
	for _, key := range config.AllRootKeys() {
		table, _, _ := strings.Cut(key, ".")
		if table == "inputs" || table == "outputs" {
			continue
		}
		in := tables[""]
		for heading, below := range tables {
			if heading == table || strings.HasPrefix(heading, table+".") {
				in = below + in
			}
		}
		if !stands(key, in) {
			t.Errorf("%s does not stand in it", key)
		}
	}
	for room, kinds := range map[string]map[string][]string{"inputs": config.InputKinds(real), "outputs": config.OutputKinds(real)} {
		all := ""
		for kind := range kinds {
			all += tables[room+"."+kind]
		}
		for kind, keys := range kinds {
			in := tables[room+"."+kind]
			if kind == "" {
				in = all // keys of every kind need to be shown once
			}
			for _, key := range keys {
				if !stands(key, in) {
					t.Errorf("%s.%s: %s does not stand in it", room, kind, key)
				}
			}
		}
	}
}

// TestDefaultsAreDocumented: the defaults of docs/config.md are those of the code.
func TestDefaultsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{} // by kind, as in "outputs.loki", and key: the cell
	kind := ""
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "## ") {
			kind = ""
		}
		if m := regexp.MustCompile("^`\\[\\[([a-z.]+)\\]\\]`").FindStringSubmatch(line); m != nil {
			kind = m[1]
		}
		if m := regexp.MustCompile("^\\| `([a-z_.]+)` \\| ([^|]*) \\|").FindStringSubmatch(line); m != nil {
			documented[kind+" "+m[1]] = m[2]
		}
	}
	compared := 0
	compare := func(kind, key, want string) {
		compared++
		if got := documented[kind+" "+key]; got != "`"+want+"`" {
			t.Errorf("%s %s: documented is the default %s, the code has %s", kind, key, got, want)
		}
	}
	for name, made := range real.Inputs {
		for key, value := range config.Defaults(made()) {
			compare("inputs."+name, key, value)
		}
	}
	for name, made := range real.Outputs {
		for key, value := range config.Defaults(made()) {
			compare("outputs."+name, key, value)
		}
	}
	c, err := config.Parse("agent.toml", "", real)
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]any{
		"state_dir": c.StateDir, "grace": c.Grace, "log.level": c.Log.Level, "log.format": c.Log.Format, "retry.first": c.Retry.First, "retry.max": c.Retry.Max,
		"pseudonyms.epoch": c.Pseudonyms.Epoch, "tokens.max_size": units.Size(c.Tokens.MaxSize), "rejected.max_size": units.Size(c.Rejected.MaxSize),
	} {
		compare("", key, fmt.Sprintf("%q", fmt.Sprint(value)))
	}
	compare("", "schemas.catalog", fmt.Sprint(c.Schemas.Catalog))
	if compared < 20 {
		t.Errorf("only %d defaults were compared", compared)
	}
}

// TestPagesLoad: the configurations that pages begin with are right.
func TestPagesLoad(t *testing.T) {
	for _, page := range []string{"README.md", "docs/scale.md", "docs/policy.md"} {
		text, err := os.ReadFile("../../" + page)
		if err != nil {
			t.Fatal(err)
		}
		whole := 0
		for _, m := range regexp.MustCompile("(?s)\n```toml\n(.*?)\n```").FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(m[1], "state_dir") {
				continue // a piece of one, or an overlay
			}
			whole++
			if _, err := config.Parse("/etc/jupyter-events-agent/agent.toml", m[1], real); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
		if whole == 0 {
			t.Errorf("%s has no configuration: the test does not see it", page)
		}
	}
}

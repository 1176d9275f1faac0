package config_test

import (
	"strings"
	"testing"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/tlsfiles"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/elasticsearch"
	"jupyter-events-agent/outputs/file"
)

// search is an output with a login by file, a table tls, and a key that is a
// switch or a number.
type search struct {
	outputs.Config `toml:"-"`
	TLS            tlsfiles.Config    `toml:"tls"`
	APIKeyFile     string             `toml:"api_key_file"`
	Gzip           elasticsearch.Gzip `toml:"gzip"`
}

func (*search) Validate() []error { return nil }

// TestHints: a key that stands where it does not belong, or is not quite what it
// is called, is answered with where it belongs and what it is called.
func TestHints(t *testing.T) {
	kinds := config.Kinds{Inputs: map[string]func() inputs.Config{"file": func() inputs.Config { return &named{} }}, Outputs: map[string]func() outputs.Config{
		"file": file.New, "search": func() outputs.Config { return &search{Config: file.New()} },
	}}
	const begins = small + "[[outputs.search]]\nname = 'elk'\npolicy = { categories = [] }\n"
	const within = small + "[[outputs.file]]\nname = 'x'\npath = 'x'\n[outputs.file.policy]\ncategories = []\n"
	const reads = "[[inputs.file]]\nname = 'hub'\npaths = ['/x']\n[inputs.file.path_fields]\npattern = '/{u}/x'\ncategories = { u = [] }\n"
	for _, c := range []struct{ text, want string }{
		{begins + "grace = '5s'", `outputs.search "elk": unknown key "grace" (grace stands outside of all tables: write it above the first line that begins with [)`},
		{begins + "policy.state_dir = 'x'", `outputs.search "elk": unknown key "policy.state_dir" (state_dir stands outside of all tables: write it above the first line that begins with [)`},
		{small + "[log]\nid_key_file = 'x'", `unknown key "log.id_key_file" (id_key_file stands outside of all tables: write it above the first line that begins with [)`},
		{begins + "[outputs.search.tls]\nbatch = { age = '1s' }", `outputs.search "elk": unknown key "tls.batch" (batch belongs to outputs.search: write it above the line [outputs.search.tls], or outside of its braces)`},
		{within + "batch = { age = '1s' }", `outputs.file "x": unknown key "policy.batch" (batch belongs to outputs.file: write it above the line [outputs.file.policy], or outside of its braces)`},
		{within + "mtch = 'any'", `outputs.file "x": unknown key "policy.mtch" (did you mean "policy.match"?)`},
		{within + "grace = '1s'", `outputs.file "x": unknown key "policy.grace" (grace stands outside of all tables: write it above the first line that begins with [)`},
		{within + "[outputs.file.policy.actions]\ndenied = 'null'", `outputs.file "x": policy.actions.denied: must be a table of keys (denied belongs to outputs.file.policy: write it above the line [outputs.file.policy.actions], or outside of its braces)`},
		{within + "[outputs.file.policy.actions]\npath = '0640'", `outputs.file "x": policy.actions.path: must be a table of keys (path belongs to outputs.file: write it above the line [outputs.file.policy], or outside of its braces)`},
		{within + "[outputs.file.policy.actions]\ndenied = 3", `outputs.file "x": policy.actions.denied: must be a table of keys, not a whole number`},
		{within + "[outputs.file.policy.actions]\nuser = { actoin = 'drop' }", `outputs.file "x": unknown key "policy.actions.user.actoin" (did you mean "policy.actions.user.action"?)`},
		{small + "[[outputs.file]]\nname = 'x'\n[outputs.file.policy]\ncategories = []\npath = 'x'", `outputs.file "x": unknown key "policy.path" (path belongs to outputs.file: write it above the line [outputs.file.policy], or outside of its braces)`},
		{reads + "trusted = true", `inputs.file "hub": unknown key "path_fields.trusted" (trusted belongs to inputs.file: write it above the line [inputs.file.path_fields], or outside of its braces)`},
		{small + "[log]\nretry = { max = '1s' }", `unknown key "log.retry" (there are level, format)`},
		{begins + "api_key = 'CANARY'", `outputs.search "elk": unknown key "api_key" (did you mean "api_key_file", which names a file?)`},
		{begins + "tls = { ca = 'x' }", `outputs.search "elk": unknown key "tls.ca" (did you mean "tls.ca_file", which names a file?)`},
		{begins + "gzip = 12", `outputs.search "elk": gzip: must be true or false, or a whole number from 1 to 9`},
		{begins + "gzip = 'CANARY'", `outputs.search "elk": gzip: must be true or false, or a whole number from 1 to 9`},
		{begins + "gzip = []", `outputs.search "elk": gzip: must be true or false, or a whole number from 1 to 9, not a list`},
		{begins + "gzip = 9", ""},
	} {
		_, err := config.Parse("agent.toml", c.text, kinds)
		if c.want == "" && err == nil {
			continue
		}
		if want := "agent.toml: " + c.want; err == nil || err.Error() != want {
			t.Errorf("%v; want %s", err, want)
		}
	}
}

// TestSyntax: whatever is no TOML is answered with the next step, and with no value.
func TestSyntax(t *testing.T) {
	const other = ", and the agent reads TOML: see docs/config.md, or have \"jupyter-events-agent init\" write one"
	for _, c := range []struct{ text, want string }{
		{`{"state_dir": "CANARY"}`, "1:1: looks like JSON" + other},
		{"\n# mine\n  {\n", "3:3: looks like JSON" + other},
		{"---\nstate_dir: CANARY\n", "1:4: looks like YAML" + other},
		{"inputs:\n  file:\n", "1:7: looks like YAML" + other},
		{"state_dir: CANARY\n", "1:10: looks like YAML" + other},
		{"a = 1\nstate_dir: CANARY\n", `2:10: "=" is missing: write each line as key = value, or as [table]`},
		{`state_dir "CANARY"`, `"=" is missing: write each line`},
		{"[log\nlevel = 'CANARY'\n", "write [table] or [[inputs.file]], alone on its line"},
		{"[[outputs.file]\nname = 'CANARY'\n", "write two brackets before it and two behind"},
		{"a = ['CANARY', 2\nb = 3", `a list is not closed, or a comma is missing: write ["a", "b"]`},
		{"a = { b = 'CANARY'\n c = 2 }", "a table in braces is not closed, or a comma is missing"},
		{"a = 1\na = 'CANARY'", "Key 'a' has already been defined: write it once, with all that belongs to it"},
		{"= 'CANARY'", `a key is missing before "="`},
		{`a = """CANARY`, "the file ends within a text or list: close it"},
		{"a = 2020-13-44", `not a date or time: a text must be in "quotes"`},
		{"a = 1.2.3", `not a number: a text must be in "quotes"`},
	} {
		_, err := config.Parse("agent.toml", c.text, kinds)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%q: %v; want %s", c.text, err, c.want)
		}
	}
}

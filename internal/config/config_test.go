package config_test

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/aside"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/file"
	"jupyter-events-agent/schema"
)

// lines is a kind of input as simple as one can be.
type lines struct {
	Paths   []string   `toml:"paths"`
	StartAt string     `toml:"start_at"`
	MaxLine units.Size `toml:"max_line"`
}

func (l *lines) Validate() []error {
	if len(l.Paths) == 0 {
		return []error{errors.New("paths: is missing")}
	}
	return nil
}
func (l *lines) Globs() []string                       { return l.Paths }
func (l *lines) Open(inputs.Env) (inputs.Input, error) { return nil, errors.New("not in this test") }

var kinds = config.Kinds{
	Inputs:  map[string]func() inputs.Config{"file": func() inputs.Config { return &lines{} }},
	Outputs: map[string]func() outputs.Config{"file": file.New}, // the kinds over the network have tests of their own
}

const small = `
state_dir = "state"
[[inputs.file]]
name = "hub"
paths = ["events.log*"]
[[outputs.file]]
name = "audit"
path = "out/audit.ndjson"
policy = { categories = ["*"] }
`

func TestDefaults(t *testing.T) {
	c, err := config.Parse("/etc/jea/agent.toml", small, kinds)
	if err != nil {
		t.Fatal(err)
	}
	if c.Grace != 10*time.Second || c.Retry.First != 200*time.Millisecond || c.Retry.Max != 30*time.Second {
		t.Errorf("grace %v, retry %v", c.Grace, c.Retry)
	}
	if c.Log != (config.Log{Level: "info", Format: "auto"}) || !c.Schemas.Catalog || c.Quarantine != nil {
		t.Errorf("log %+v, catalog %v, quarantine %v", c.Log, c.Schemas.Catalog, c.Quarantine)
	}
	if c.Rejected != (aside.Config{Path: "/etc/jea/state/rejected", MaxSize: units.GiB}) {
		t.Errorf("rejected %+v", c.Rejected)
	}
	if in := c.Inputs[0]; in.Name != "hub" || in.Rules.Envelope != schema.Jupyter || in.Rules.Source.Input != "hub" || in.Rules.Source.Trusted {
		t.Errorf("input %+v", in)
	}
	out := c.Outputs[0]
	if b := out.Batch; b.Events != 1000 || b.Bytes != 5<<20 || b.Age != 10*time.Millisecond {
		t.Errorf("batch %+v", b)
	}
	if out.Policy.Metadata != nil || out.Policy.Output != "audit" || !slices.Equal(out.Policy.Categories, []string{"*"}) {
		t.Errorf("policy %+v", out.Policy)
	}
	if err := c.Runnable(); err != nil {
		t.Error(err)
	}
}

func TestActions(t *testing.T) {
	text := strings.Replace(small, `categories = ["*"]`, `categories = [], actions = { "PII" = { action = "truncate", to = "path" }, x = { action = "mask" }, "https://x.test/y" = { to = "day", action = "truncate" } }`, 1)
	c, err := config.Parse("agent.toml", text, kinds)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]filters.Action{"PII": {Action: "truncate", To: "path"}, "x": {Action: "mask"}, "https://x.test/y": {Action: "truncate", To: "day"}}
	if got := c.Outputs[0].Policy.Actions; !maps.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	for actions, want := range map[string]string{
		`{ x = { acton = "mask" } }`: `policy.actions.x.acton`,
		`{ x = "mask" }`:             `policy.actions.x: must be`,
		`{ x = { action = 1 } }`:     `policy.actions.x.action: must be a text in "quotes", not a whole number`,
		`"mask"`:                     `policy.actions: must be`,
	} {
		_, err := config.Parse("agent.toml", strings.Replace(small, `categories = ["*"]`, `categories = [], actions = `+actions, 1), kinds)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", actions, err)
		}
	}
}

func TestRelativePaths(t *testing.T) {
	c, err := config.Parse("/etc/jea/agent.toml", `
id_key_file = "shared.key"
`+small+`
[schemas]
paths = ["schemas/", "/abs/*.yaml"]
overlays = ["categories.toml"]
[quarantine]
path = "bad"
[rejected]
path = "no"
[[outputs.file]]
name = "terminal"
path = "-"
policy = { categories = [], properties = { path = ["path"], "_file" = ["x"] } }
`, kinds)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range [][2]string{
		{c.StateDir, "/etc/jea/state"},
		{c.IDKeyFile, "shared.key"},
		{c.Schemas.Paths[0], "/etc/jea/schemas/"},
		{c.Schemas.Paths[1], "/abs/*.yaml"},
		{c.Schemas.Overlays[0], "/etc/jea/categories.toml"},
		{c.Quarantine.Path, "/etc/jea/bad"},
		{c.Rejected.Path, "/etc/jea/no"},
		{c.Inputs[0].Config.Globs()[0], "/etc/jea/events.log*"},
		{c.Outputs[0].Config.Files()[0], "/etc/jea/out/audit.ndjson"},
		{strings.Join(c.Outputs[1].Policy.Properties["path"], " "), "path"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s, want %s", got[0], got[1])
		}
	}
	if len(c.Outputs[1].Config.Files()) != 0 {
		t.Error(`"-" became a file`)
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown key of an output", strings.Replace(small, "policy", "polcy", 1),
			`agent.toml: outputs.file "audit": unknown key "polcy" (did you mean "policy"?)`},
		{"no policy", strings.Replace(small, `policy = { categories = ["*"] }`, "", 1),
			`agent.toml: outputs.file "audit": policy is missing: no policy, no output: say what may leave, such as policy = { categories = ["unrestricted"] }`},
		{"unknown key at the top", "sate_dir = 1\n" + small, `agent.toml: unknown key "sate_dir" (did you mean "state_dir"?)`},
		{"a key that belongs elsewhere", small + `categories = ["x"]`, `agent.toml: outputs.file "audit": unknown key "categories" (did you mean "policy.categories"?)`},
		{"unknown nested key", strings.Replace(small, `["*"] }`, `["*"], mach = "any" }`, 1), `agent.toml: outputs.file "audit": unknown key "policy.mach" (did you mean "policy.match"?)`},
		{"keys are exact", strings.Replace(small, "paths", "Paths", 1), `agent.toml: inputs.file "hub": unknown key "Paths" (did you mean "paths"?)`},
		{"unknown table", small + "[qarantine]\npath='x'", `agent.toml: unknown key "qarantine" (did you mean "quarantine"?)`},
		{"single brackets", strings.ReplaceAll(strings.ReplaceAll(small, "[[", "["), "]]", "]"),
			`agent.toml: inputs.file: write it in double brackets, as there may be several: [[inputs.file]]
agent.toml: outputs.file: write it in double brackets, as there may be several: [[outputs.file]]`},
		{"unknown kind", small + "[[outputs.fil]]\nname='x'", `agent.toml: outputs.fil: unknown kind (did you mean "file"?)`},
		{"unknown kind, far off", small + "[[outputs.s3]]\nname='x'", `agent.toml: outputs.s3: unknown kind (there is file)`},
		{"types", `grace = 10
log = { level = "loud", format = 1 }
` + small + `
batch = { events = "many", bytes = "5 potatoes", age = true }
metadata = "id"`,
			`agent.toml: grace: must be a duration such as "500ms", "10s", "24h" or "30d", not a whole number
agent.toml: log.format: must be a text in "quotes", not a whole number
agent.toml: log.level: must be one of debug, info, warn, error
agent.toml: outputs.file "audit": batch.age: must be a duration such as "500ms", "10s", "24h" or "30d", not true or false
agent.toml: outputs.file "audit": batch.bytes: must be a size such as "512KiB", "5MiB" or "1GiB"
agent.toml: outputs.file "audit": batch.events: must be a whole number
agent.toml: outputs.file "audit": metadata: must be a list of texts: ["…", "…"]`},
		{"a table where a text is due", strings.Replace(small, `"out/audit.ndjson"`, `{ file = "x" }`, 1), `agent.toml: outputs.file "audit": path: must be a text in "quotes", not a table`},
		{"a text where a table is due", strings.Replace(small, `{ categories = ["*"] }`, `"open"`, 1), `agent.toml: outputs.file "audit": policy: must be a table of keys`},
		{"names", small + `
[[outputs.file]]
path = "b"
policy = { categories = [] }
[[outputs.file]]
name = "audit"
path = "c"
policy = { categories = [] }
[[outputs.file]]
name = "a/b"
path = "d"
policy = { categories = [] }
[[outputs.file]]
name = 5
path = "e"
policy = { categories = [] }
[[outputs.file]]
name = ""
path = "f"
policy = { categories = [] }`,
			`agent.toml: outputs.file #2: name is missing: give it one that is unique among the outputs
agent.toml: outputs.file "audit": another of the outputs has this name: names are unique among all outputs
agent.toml: outputs.file #4: name: use letters, digits, - _ and . only, 64 at most, none that begins with a dot
agent.toml: outputs.file #6: name: must be a text in "quotes" that is not empty
agent.toml: outputs.file #5: name: must be a text in "quotes", not a whole number`},
		{"policy without categories", strings.Replace(small, `categories = ["*"]`, `match = "some"`, 1),
			`agent.toml: outputs.file "audit": policy.categories is missing: list the categories that may leave, or [] for only what is unrestricted
agent.toml: outputs.file "audit": policy.match: must be "all" or "any"`},
		{"all over", small + `
actions = {}
[telemetry]
listen = "x"
[categories]
levels = ["a"]
[[outputs.file]]
name = "b"
path = "b"
policy = { categories = [], actions = { x = { action = "mask" } }, time = "day", never_together = [["a", "b"]], drop_events_with = ["x"], max_level = "secret" }
[[inputs.file]]
name = "c"
paths = ["c"]
envelope = "agent"
`,
			`agent.toml: telemetry.listen: must be an address with a port such as "127.0.0.1:9464", or the absolute path of a unix socket
agent.toml: inputs.file "c": envelope: "agent" believes what an agent says of its records, which ids they have and what was withheld: vouch for who can write here with trusted = true, or take it out
agent.toml: outputs.file "audit": unknown key "actions" (did you mean "policy.actions"?)`},
		{"envelope", small + "[[inputs.file]]\nname='a'\npaths=['a']\nenvelope='none'\n[[inputs.file]]\nname='b'\npaths=['b']\nschema='x'",
			`agent.toml: inputs.file "a": schema is missing: with envelope = "none" it says which schema every line has
agent.toml: inputs.file "b": schema: stands only beside envelope = "none": with the others each event names its own`},
		{"what the kind says", strings.Replace(small, `paths = ["events.log*"]`, "", 1), `agent.toml: inputs.file "hub": paths: is missing`},
		{"retry", "retry = { first = '10s', max = '1s' }\n" + small, `agent.toml: retry.max: must not be less than retry.first`},
		{"quarantine", small + "[quarantine]\npath = 'q'\nmax_siz = '1GiB'\n", `agent.toml: quarantine: unknown key "max_siz" (did you mean "max_size"?)`},
		{"rejected", small + "[rejected]\nmax_siz = '1GiB'\npath = ''\n", `agent.toml: rejected: unknown key "max_siz" (did you mean "max_size"?)
agent.toml: rejected: path: is missing: name a folder for the agent alone, such as one below "/var/lib/jupyter-events-agent"`},
		{"rejected is no table", "rejected = 1\n" + small, `agent.toml: rejected: must be a table: [rejected] with path`},
		{"syntax", "a = 1\nb = [1,\n", `agent.toml:2:8: a value is missing here, or a text is not in "quotes" (the last key before it is "b")`},
		{"twice", "grace = '1s'\ngrace = '2s'\n", `agent.toml:2:14: Key 'grace' has already been defined`},
		{"no quotes", "[retry]\nfirst = 2s\n", `agent.toml:2:10: a value must end at the end of the line: a text must be in "quotes"`},
		{"no quotes, a word", "[retry]\nfirst = soon\n", `agent.toml:2:9: a value is missing here, or a text is not in "quotes"`},
		{"a text that does not end", "state_dir = \"/var\n", `agent.toml:1:18: a text is not closed: its quote is missing`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := config.Parse("agent.toml", c.text, kinds)
			if err == nil {
				t.Fatal("taken")
			}
			got := err.Error()
			if got != c.want && !(strings.Count(c.want, "\n") == 0 && strings.HasPrefix(got, c.want) && strings.Count(got, "\n") == 0) {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestDisjoint(t *testing.T) {
	const base = "/var/jea/agent.toml"
	for _, c := range []struct{ name, input, output, more, want string }{
		{"apart", "/var/log/events.log*", "/var/out/audit.ndjson", "", ""},
		{"its own output", "/var/out/*.ndjson", "/var/out/audit.ndjson", "", `covers what outputs.file "audit" writes`},
		{"a rotated generation", "/var/out/audit-2026*", "/var/out/audit.ndjson", "", `covers what outputs.file "audit" writes`},
		{"a compressed one", "/var/**/*.gz", "/var/out/audit.ndjson", "", `covers what outputs.file "audit" writes`},
		{"the quarantine", "/var/jea/q/*.ndjson", "/out/a", "[quarantine]\npath='q'\n", "covers the quarantine folder"},
		{"the quarantine from above", "/var/jea/**", "/out/a", "[quarantine]\npath='q'\n", "covers the quarantine folder"},
		{"its folder itself", "/var/jea/q", "/out/a", "[quarantine]\npath='q'\n", "covers the quarantine folder"},
		{"beside the quarantine", "/var/jea/q*.log", "/out/a", "[quarantine]\npath='q'\n", ""},
		{"the rejected records", "/var/jea/r/*/*.ndjson", "/out/a", "[rejected]\npath='r'\n", "covers the folder of rejected records"},
		{"the rejected records by default", "/var/jea/state/rejected/a/*", "/out/a", "", "covers state_dir"},
		{"the state", "/var/jea/st*/*", "/out/a", "", "covers state_dir"},
		{"another input", "/logs/*.log*", "/out/a", "[[inputs.file]]\nname='two'\npaths=['/logs/hub.log']\n", `can match a file of inputs.file "hub"`},
		{"another input apart", "/logs/a*", "/out/a", "[[inputs.file]]\nname='two'\npaths=['/logs/b*', '/logs/x/a*']\n", ""},
		{"braces", "/{out,logs}/*.log", "/out/a.log", "", `covers what outputs.file "audit" writes`},
		{"two outputs", "/logs/a", "/out/a.ndjson", "[[outputs.file]]\nname='b'\npath='/out/./a.ndjson'\npolicy={categories=[]}\n", `is written by what`},
		{"similar outputs", "/logs/a", "/out/a.ndjson", "[[outputs.file]]\nname='b'\npath='/out/a-vendor.ndjson'\npolicy={categories=[]}\n", ``},
		{"a glob character in a name", "/out/a[1].log", "/out/a[1].log", "", ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.NewReplacer("events.log*", c.input, "out/audit.ndjson", c.output).Replace(small) + c.more
			_, err := config.Parse(base, text, kinds)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestDisjointThroughLinks(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	mustLink(t, filepath.Join(dir, "real"), link)
	text := strings.NewReplacer("events.log*", link+"/*", "out/audit.ndjson", dir+"/real/audit.ndjson").Replace(small)
	if _, err := config.Parse(dir+"/agent.toml", text, kinds); err == nil || !strings.Contains(err.Error(), "covers what") {
		t.Errorf("got %v", err)
	}
}

func TestRunnable(t *testing.T) {
	c, err := config.Parse("agent.toml", "", kinds)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Runnable()
	if err == nil || strings.Count(err.Error(), "agent.toml: there is no ") != 2 {
		t.Errorf("got %v", err)
	}
}

func TestLoadUnreadable(t *testing.T) {
	for _, file := range []string{filepath.Join(t.TempDir(), "none.toml"), t.TempDir()} {
		_, err := config.Load(file, kinds)
		if err == nil || strings.Count(err.Error(), file) != 1 {
			t.Errorf("got %v", err)
		}
	}
}

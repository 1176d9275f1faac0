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

// named is a kind of input with path_fields.
type named struct {
	lines
	Fields struct {
		Pattern    string              `toml:"pattern"`
		Categories map[string][]string `toml:"categories"`
	} `toml:"path_fields"`
}

func (n *named) Validate() []error { return nil }

func (n *named) Pattern() (p *inputs.PathPattern) {
	switch {
	case n.Fields.Categories == nil:
	case n.Fields.Pattern == "":
		p, _ = inputs.NewUpstreamFields(n.Fields.Categories)
	default:
		p, _ = inputs.NewPathPattern(n.Fields.Pattern, n.Fields.Categories)
	}
	return p
}

// TestPathFieldsOfEnvelopes: a pattern finds fields in the paths of files,
// categories alone judge those that another agent has found.
func TestPathFieldsOfEnvelopes(t *testing.T) {
	kind := func() inputs.Config { return &named{} }
	kinds := config.Kinds{
		Inputs:  map[string]func() inputs.Config{"file": kind, "kafka": kind},
		Outputs: map[string]func() outputs.Config{"file": file.New},
	}
	const pattern, categories = "path_fields.pattern = '/home/{user}/events.log'\n", "path_fields.categories = { user = ['user-identifier'] }\n"
	const agent = "trusted = true\nenvelope = 'agent'\n"
	for _, c := range []struct{ name, input, want string }{
		{"of files", "[[inputs.file]]\npaths = ['/home/*/events.log']\n" + pattern + categories, ""},
		{"of files of agents", "[[inputs.file]]\npaths = ['a']\n" + agent + categories, ""},
		{"of streams of agents", "[[inputs.kafka]]\n" + agent + categories, ""},
		{"none", "[[inputs.kafka]]\n", ""},
		{"no pattern", "[[inputs.file]]\npaths = ['a']\n" + categories, `inputs.file "n": path_fields.pattern: is missing: write one, as in /home/{username}/events.log`},
		{"a stream of no agent", "[[inputs.kafka]]\n" + categories, `inputs.kafka "n": path_fields: stands only beside envelope = "agent": records of others have no fields of paths`},
		{"a pattern of agents", "[[inputs.file]]\npaths = ['a']\n" + agent + pattern + categories,
			`inputs.file "n": path_fields.pattern: stands not beside envelope = "agent", whose records have the fields of their own files: say the categories of those alone`},
	} {
		text := strings.Replace("state_dir = 'state'\n"+c.input, "]]\n", "]]\nname = 'n'\n", 1) + "[[outputs.file]]\nname = 'o'\npath = 'o'\npolicy = { categories = [] }\n"
		_, err := config.Parse("agent.toml", text, kinds)
		if (c.want == "") != (err == nil) || err != nil && err.Error() != "agent.toml: "+c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// TestPatternsThatMatchNothing: each of the paths must be one that the pattern can match.
func TestPatternsThatMatchNothing(t *testing.T) {
	kinds := config.Kinds{
		Inputs:  map[string]func() inputs.Config{"file": func() inputs.Config { return &logs.Config{} }},
		Outputs: map[string]func() outputs.Config{"file": file.New},
	}
	for _, c := range []struct{ paths, pattern, stray string }{
		{`"/home/*/events.log"`, "/home/{u}/events.log", ""},
		{`"/home/*/events.log*"`, "/home/{u}/events.log", ""},
		{`"/home/*/events.log.1"`, "/home/{u}/events.log", ""},
		{`"/home/*/events-*.log"`, "/home/{u}/events", ""}, // as if all were generations
		{`"/home/**/*.log"`, "/home/{u}/x/{v}.log", ""},
		{`"/home/{ada,bob}/events.log"`, "/home/{u}/events.log", ""},
		{`"/home/a[1]/events.log"`, "/home/{u}/events.log", ""},
		{`"/home/*/events.log"`, "/home/**/{u}.log", ""},
		{`"/srv/a.log"`, "/srv/{u}.log", ""},
		{`"/home/*/events.log"`, "/homes/{u}/events.log", "paths[0]"},
		{`"/home/*/events.log"`, "/home/{u}/event.log", "paths[0]"},
		{`"/home/*/events.log"`, "/home/{u}/x/events.log", "paths[0]"},
		{`"/srv/.log"`, "/srv/{u}.log", "paths[0]"},
		{`"/home/*/events.log", "/srv/hub/events.log"`, "/home/{u}/events.log", "paths[1]"},
		{`'/home/\[x]/events.log'`, "/home/[x]{u}/events.log", "paths[0]"},
		{`'/home/\[x]a/events.log'`, "/home/[x]{u}/events.log", ""},
	} {
		fields := ""
		for _, f := range []string{"u", "v"} {
			if strings.Contains(c.pattern, "{"+f+"}") {
				fields += f + " = [], "
			}
		}
		text := "state_dir = 'state'\n[[inputs.file]]\nname = 'n'\npaths = [" + c.paths + "]\npath_fields = { pattern = '" + c.pattern + "', categories = { " + strings.TrimSuffix(fields, ", ") + " } }\n" +
			"[[outputs.file]]\nname = 'o'\npath = 'o'\npolicy = { categories = [] }\n"
		read, err := config.Parse("/etc/agent.toml", text, kinds)
		if err != nil {
			t.Fatal(err)
		}
		warnings := read.Inputs[0].Strays()
		want := "path_fields.pattern: matches no file that " + c.stray + " can find"
		if (c.stray == "") != (len(warnings) == 0) || len(warnings) > 1 || len(warnings) == 1 && !strings.Contains(warnings[0], want) {
			t.Errorf("%s, %s: %q", c.paths, c.pattern, warnings)
		}
	}
}

// Package draft writes a first configuration.
//
// In come what was found on a machine, where the operator wants events to go
// and what may go there, and the schemas; out come the texts of agent.toml and of
// an overlay that proposes categories. Nothing is open in them that the operator
// has not named. It touches no file.
package draft

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Input is an event log to follow.
type Input struct {
	Name    string
	Path    string // without a rotated generation's ending
	Pattern string // with {username}; "" for none
	Hub     bool   // JupyterHub writes it
	Why     string // where it was found; a part of a comment
}

// Output is a destination.
type Output struct {
	Kind       string // file, elasticsearch, loki or kafka
	Address    []string
	Categories []string // beside unrestricted
}

// Config is what an agent.toml is made of.
type Config struct {
	Inputs  []Input
	Outputs []Output
	Schemas []string // paths and globs
	Left    []string // schema files that are not taken, each with the reason
	Overlay string   // file name; "" for none
}

// Text is the agent.toml.
func (c *Config) Text() string {
	var t text
	t.line("# Written by \"jupyter-events-agent init\" from what it found on this machine; it is yours to edit.")
	t.line("# agent.toml.example shows every key; what you change, look at with:")
	t.line("#   jupyter-events-agent check      every mistake at once")
	t.line("#   jupyter-events-agent explain    property by property: what goes where, and why")
	t.line("")
	t.line("# How far each output is. The agent is its only writer; keep it on a local disk.")
	t.line(`state_dir = "/var/lib/jupyter-events-agent"`)
	t.line("")
	t.schemas(c)
	t.line("# ---------------------------------------------------------------- inputs")
	for _, in := range c.Inputs {
		t.input(in)
	}
	t.line("# ---------------------------------------------------------------- outputs")
	t.line("# Nothing leaves that the output's policy does not name. Categories that schemas use:")
	t.line(`# "action-timestamp", "user-identifier", "user-identifiable-information", "user-content".`)
	t.line("")
	for _, out := range c.Outputs {
		t.output(out)
	}
	t.line("# ---------------------------------------------------------------- quarantine")
	t.line("# Lines that are not valid events, raw and with the reason. Never shipped; for your eyes only.")
	t.line("[quarantine]")
	t.line(`path     = "/var/lib/jupyter-events-agent/quarantine"`)
	t.line(`max_size = "1GiB"`)
	t.line(`max_age  = "30d"`)
	t.line("")
	t.line("# Metrics and a status page, for this machine alone:")
	t.line("#[telemetry]")
	t.line(`#listen = "127.0.0.1:9464"`)
	return t.String()
}

// text is TOML that grows.
type text struct{ strings.Builder }

// line adds a line. What is not written by hand goes through quote or plain.
func (t *text) line(format string, a ...any) {
	fmt.Fprintf(t, format+"\n", a...)
}

func (t *text) schemas(c *Config) {
	t.line("# Schemas say what a valid event is, and of which category each property is.")
	t.line("[schemas]")
	t.line("# Those of jupyter_server, JupyterHub, BinderHub, jupyter_collaboration and jupyter_server_nbmodel ship with")
	t.line("# the agent, with categories; the installed files of the same ones have none and are left out.")
	t.line("catalog = true")
	if len(c.Schemas) > 0 {
		t.line("paths   = %s", list(c.Schemas))
	} else {
		t.line(`#paths   = ["/etc/jupyter-events-agent/schemas"]`)
	}
	if c.Overlay != "" {
		t.line("# Categories for them, since they have none of their own. Look at it: what it leaves out goes nowhere.")
		t.line("overlays = %s", list([]string{c.Overlay}))
	} else {
		t.line(`#overlays = ["categories.toml"]`)
	}
	for _, left := range c.Left {
		t.line("# Not taken: %s", plain(left))
	}
	t.line("")
}

func (t *text) input(in Input) {
	t.line("[[inputs.file]]")
	t.line("name  = %s", quote(in.Name))
	t.line("paths = %s    # %s", list([]string{in.Path + "*"}), plain(in.Why))
	if in.Hub {
		t.line(`schemas = ["https://schema.jupyter.org/jupyterhub/*"]    # a line that names another schema is a fault`)
	} else {
		t.line("# Whoever can write there can write events of any schema. Name those that you expect:")
		t.line(`#schemas = ["https://events.jupyter.org/jupyter_server/*"]`)
	}
	if in.Pattern != "" {
		t.line("# Whose log it is stands in its path; only outputs that may have user-identifier get it.")
		t.line(`path_fields = { pattern = %s, categories = { username = ["user-identifier"] } }`, quote(in.Pattern))
	}
	t.line("")
}

// open are commented keys that each kind often needs.
var open = map[string][]string{
	"elasticsearch": {
		`# Its index template, before the first start: jupyter-events-agent setup elasticsearch --apply`,
		`#api_key_file = "elastic-api-key"      # or username and password_file`,
		`#tls          = { ca_file = "elastic-ca.pem" }`,
	},
	"loki": {
		`#tenant        = "jupyter"`,
		`#username      = "agent"               # or bearer_token_file`,
		`#password_file = "loki-password"`,
		`#tls           = { ca_file = "loki-ca.pem" }`,
	},
	"kafka": {
		`# The topic, before the first start: jupyter-events-agent setup kafka --apply`,
		`#tls     = { ca_file = "kafka-ca.pem" }    # {} for the system's authorities`,
		`#sasl    = { mechanism = "scram-sha-512", username = "agent", password_file = "kafka-password" }`,
	},
}

func (t *text) output(out Output) {
	t.line("[[outputs.%s]]", out.Kind)
	t.line("name   = %s", quote(out.Kind))
	switch out.Kind {
	case "file":
		t.line("path   = %s", quote(out.Address[0]))
		if out.Address[0] != "-" {
			t.line(`rotate = { size = "100MiB", keep = 30, compress = true }`)
		}
	case "elasticsearch":
		t.line("urls   = %s", list(out.Address))
	case "loki":
		t.line("url    = %s", quote(out.Address[0]))
		t.line(`labels = { job = "jupyter", schema = "{schema}" }`)
	case "kafka":
		t.line("brokers = %s", list(out.Address))
		t.line(`topic   = "jupyter-events"`)
	}
	for _, line := range open[out.Kind] {
		t.line("%s", line)
	}
	categories := out.Categories
	switch {
	case slices.Contains(categories, "*"):
		categories = []string{"*"}
		t.line("# EVERYTHING goes here, personal and uncategorised members too:")
	case !slices.Contains(categories, "unrestricted"):
		categories = append([]string{"unrestricted"}, categories...)
	}
	t.line("policy = { categories = %s }", list(categories))
	t.line("")
}

// quote is a text as TOML has it: a JSON string, but for one character.
func quote(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""` // texts always encode
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007f`)
}

func list(all []string) string {
	quoted := make([]string, len(all))
	for i, s := range all {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// plain is a text that may stand in a comment: without control characters.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
}

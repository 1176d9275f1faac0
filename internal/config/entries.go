package config

import (
	"path/filepath"
	"slices"
	"strings"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/aside"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/pipeline"
	"jupyter-events-agent/schema"
)

// inputKeys are the keys that every input has, whatever its kind.
type inputKeys struct {
	Name     string   `toml:"name"`
	Trusted  bool     `toml:"trusted"`
	Schemas  []string `toml:"schemas"`
	Envelope string   `toml:"envelope"`
	Schema   string   `toml:"schema"`
	Version  string   `toml:"version"`
}

func (r *reading) inputs(value any, c *Config) {
	for _, e := range r.entries("inputs", value, sortedKeys(r.kinds.Inputs)) {
		before := len(r.mistakes)
		keys, kind := inputKeys{Envelope: string(schema.Jupyter)}, r.kinds.Inputs[e.kind]
		own := kind()
		r.table(e.at, "inputs."+e.kind, e.keys, of(&keys), part{own, func() any { return kind() }})
		envelope := schema.Envelope(keys.Envelope)
		switch envelope {
		case schema.Jupyter, schema.BinderHub, schema.Agent:
			for _, key := range []string{"schema", "version"} {
				if _, set := e.keys[key]; set {
					r.mistake(`%s%s: stands only beside envelope = "none": with the others each event names its own`, e.at, key)
				}
			}
		case schema.None:
			if keys.Schema == "" {
				r.mistake(`%sschema is missing: with envelope = "none" it says which schema every line has`, e.at)
			}
		default:
			r.mistake("%senvelope: must be one of jupyter, binderhub, none, agent", e.at)
		}
		if envelope == schema.Agent && !keys.Trusted {
			r.mistake(`%senvelope: "agent" believes what an agent says of its records, which ids they have and what was withheld: vouch for who can write here with trusted = true, or take it out`, e.at)
		}
		r.pathFields(e, envelope, own)
		c.Schemas.Derived = c.Schemas.Derived || envelope == schema.Agent
		r.kindMistakes(e, before, own.Validate())
		if len(r.mistakes) > before || e.name == "" {
			continue
		}
		c.Inputs = append(c.Inputs, Input{
			Kind: e.kind, Name: e.name, Config: own,
			Rules: schema.Rules{Envelope: envelope, Schema: keys.Schema, Version: keys.Version, Schemas: keys.Schemas},
		})
		c.Inputs[len(c.Inputs)-1].Rules.Source = newSource(e.name, keys.Trusted, len(c.Inputs)-1)
		if p, ok := own.(interface{ Pattern() *inputs.PathPattern }); ok {
			c.Inputs[len(c.Inputs)-1].Rules.Source.Pattern = p.Pattern()
		}
	}
}

// pathFields holds path_fields to its two forms: with a pattern for the paths of
// files, and without for what other agents have found in the paths of theirs.
func (r *reading) pathFields(e entry, envelope schema.Envelope, own any) {
	p, ok := own.(interface{ Pattern() *inputs.PathPattern })
	if !ok || p.Pattern() == nil {
		return
	}
	switch upstream := p.Pattern().Upstream(); {
	case envelope == schema.Agent && !upstream:
		r.mistake(`%spath_fields.pattern: stands not beside envelope = "agent", whose records have the fields of their own files: say the categories of those alone`, e.at)
	case envelope != schema.Agent && upstream && e.kind == "file":
		r.mistake("%spath_fields.pattern: is missing: write one, as in /home/{username}/events.log", e.at)
	case envelope != schema.Agent && upstream:
		r.mistake(`%spath_fields: stands only beside envelope = "agent": records of others have no fields of paths`, e.at)
	}
}

// outputKeys are the keys that every output has, whatever its kind.
type outputKeys struct {
	Name     string     `toml:"name"`
	Policy   policyKeys `toml:"policy"`
	Batch    batchKeys  `toml:"batch"`
	Metadata []string   `toml:"metadata"`

	Consent        string `toml:"consent"`
	ConsentFile    string `toml:"consent_file"`
	WithoutSubject string `toml:"without_subject"`

	Recipient string `toml:"recipient"`
	Purpose   string `toml:"purpose"`
}

type policyKeys struct {
	Categories  []string            `toml:"categories"`
	Schemas     []string            `toml:"schemas"`
	Match       string              `toml:"match"`
	Denied      string              `toml:"denied"`
	Undeclared  string              `toml:"undeclared"`
	Properties  map[string][]string `toml:"properties"`
	Actions     map[string]action   `toml:"actions"`
	TrustedOnly bool                `toml:"trusted_only"`
	MaxLevel    string              `toml:"max_level"`
	Time        string              `toml:"time"`
	DropEvents  []string            `toml:"drop_events_with"`
	Never       [][]string          `toml:"never_together"`
}

// action says which keys an action has; see actions.
type action struct {
	Action string `toml:"action"`
	To     string `toml:"to"`
}

// actions are those of an output's table, whose values are known to be right:
// read at once, as each of an action's values would else make the entry anew.
func actions(keys map[string]any) map[string]filters.Action {
	policy, _ := keys["policy"].(map[string]any)
	entries, _ := policy["actions"].(map[string]any)
	all := make(map[string]filters.Action, len(entries))
	for category, entry := range entries {
		values, _ := entry.(map[string]any)
		var a filters.Action
		a.Action, _ = values["action"].(string)
		a.To, _ = values["to"].(string)
		all[category] = a
	}
	return all
}

type batchKeys struct {
	Events int            `toml:"events"`
	Bytes  units.Size     `toml:"bytes"`
	Age    units.Duration `toml:"age"`
}

func (r *reading) outputs(value any, c *Config) {
	for _, e := range r.entries("outputs", value, sortedKeys(r.kinds.Outputs)) {
		before := len(r.mistakes)
		kind := r.kinds.Outputs[e.kind]
		own := kind()
		keys := outputKeys{Batch: batchKeys{Events: 1000, Bytes: 5 * units.MiB, Age: units.Duration(own.Traits().BatchAge)}}
		r.table(e.at, "outputs."+e.kind, r.sealable(e, own), of(&keys), part{own, func() any { return kind() }})
		r.policy(e, before, &keys)
		audited := r.audit(own, c)
		consent := r.consent(e, &keys, audited)
		if keys.Batch.Events < 1 {
			r.mistake("%sbatch.events: must be 1 or more", e.at)
		}
		if keys.Batch.Bytes < 1 {
			r.mistake(`%sbatch.bytes: must be more than nothing, such as "5MiB"`, e.at)
		}
		for _, m := range keys.Metadata {
			if !slices.Contains([]string{"id", "categories", "redacted", "policy", "source"}, m) {
				r.mistake("%smetadata: may hold id, categories, redacted, policy and source only", e.at)
				break
			}
		}
		r.kindMistakes(e, before, own.Validate(), own.Templates()...)
		if len(r.mistakes) > before || e.name == "" {
			continue
		}
		p := keys.Policy
		c.Outputs = append(c.Outputs, Output{
			Kind: e.kind, Name: e.name, Config: own, Audit: audited, Consent: consent, TrustSaid: p.TrustedOnly, Recipient: keys.Recipient, Purpose: keys.Purpose,
			Batch: pipeline.Batch{Events: keys.Batch.Events, Bytes: int64(keys.Batch.Bytes), Age: keys.Batch.Age.Std()},
			Policy: filters.Policy{
				Output: e.name, Categories: p.Categories, Schemas: p.Schemas, Match: p.Match, Denied: p.Denied,
				Undeclared: p.Undeclared, Properties: p.Properties, Actions: actions(e.keys), TrustedOnly: p.TrustedOnly || audited, MaxLevel: p.MaxLevel, Time: p.Time, DropEvents: p.DropEvents, Never: p.Never,
				Metadata: keys.Metadata, Apart: own.Traits().Apart, Numbered: own.Traits().Numbered, Templates: own.Templates(),
			},
		})
	}
}

// policy: nothing leaves that is not named, so an output that names nothing
// is no output.
func (r *reading) policy(e entry, before int, keys *outputKeys) {
	policy, ok := e.keys["policy"]
	if !ok {
		if spoken(r.mistakes[before:], r.file+": "+e.at, "policy") {
			return
		}
		r.mistake(`%spolicy is missing: no policy, no output: say what may leave, such as policy = { categories = ["unrestricted"] }`, e.at)
		return
	}
	table, isTable := policy.(map[string]any)
	if !isTable {
		return // said by table
	}
	if _, ok := table["categories"]; !ok {
		r.mistake(`%spolicy.categories is missing: list the categories that may leave, or [] for only what is unrestricted`, e.at)
	}
	for _, key := range []string{"properties", "actions"} { // the TOML library takes a text for an empty table
		if value, set := table[key]; set {
			if _, isTable := value.(map[string]any); !isTable {
				r.mistake("%spolicy.%s: must be a table of keys, not %s", e.at, key, kindOf(value))
			}
		}
	}
	for _, choice := range []struct{ key, value, first, second string }{
		{"match", keys.Policy.Match, "all", "any"},
		{"denied", keys.Policy.Denied, "drop", "null"},
		{"undeclared", keys.Policy.Undeclared, "deny", "inherit"},
	} {
		if _, isText := table[choice.key].(string); isText && choice.value != choice.first && choice.value != choice.second {
			r.mistake("%spolicy.%s: must be %q or %q", e.at, choice.key, choice.first, choice.second)
		}
	}
	if _, isText := table["time"].(string); isText {
		r.oneOf(e.at+"policy.time", keys.Policy.Time, "exact", "minute", "hour", "day")
	}
}

// kindMistakes adds what the kind itself found. Where the table was already
// wrong, a value that is missing because of it would be said twice: only keys
// not yet spoken of are added. What a kind says of a template that cannot be
// read, such as one without its second brace, is not what is wrong with it.
func (r *reading) kindMistakes(e entry, before int, found []error, templates ...filters.Template) {
	unread := map[string]bool{}
	for _, t := range templates {
		for _, err := range t.Mistakes() {
			r.mistake("%s%v", e.at, err)
			key, _, _ := strings.Cut(t.Use, ".")
			unread[key] = true
		}
	}
	for _, err := range found {
		key, _, _ := strings.Cut(firstWord(err.Error()), ".")
		if text := err.Error(); !unread[key] && !spoken(r.mistakes[before:], r.file+": "+e.at, text) {
			r.mistake("%s%s", e.at, text)
		}
	}
}

func (r *reading) quarantine(value any, c *Config) {
	if value == nil {
		return
	}
	if q := aside.Default(); r.aside("quarantine", value, &q) {
		c.Quarantine = &q
	}
}

// rejected: records that a destination will never take are kept without being
// asked for, a folder for each output.
func (r *reading) rejected(value any, c *Config) {
	c.Rejected = aside.Default()
	c.Rejected.Path = filepath.Join(c.StateDir, "rejected")
	if value != nil {
		r.aside("rejected", value, &c.Rejected)
	}
}

// aside reads the table of a store; false where it has mistakes.
func (r *reading) aside(name string, value any, into *aside.Config) bool {
	table, ok := value.(map[string]any)
	if !ok {
		r.mistake("%s: must be a table: [%s] with path", name, name)
		return false
	}
	before := len(r.mistakes)
	r.table(name+": ", name, table, of(into))
	for _, err := range into.Validate() {
		if text := err.Error(); !spoken(r.mistakes[before:], r.file+": "+name+": ", text) {
			r.mistake("%s: %s", name, text)
		}
	}
	return len(r.mistakes) == before
}

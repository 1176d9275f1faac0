package filters_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"golang.org/x/tools/txtar"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

var update = flag.Bool("update", false, "write the golden files anew; read the difference before it is kept")

// words are a policy as the configuration says it, with what stands beside it.
type words struct {
	Categories     []string
	Schemas        []string
	Match          string
	Denied         string
	Undeclared     string
	Properties     map[string][]string
	Actions        map[string]filters.Action
	Epoch          string     // of pseudonyms; with "" they have no key
	Since          []int64    // of their keys, in seconds since 1970
	Tokens         bool       // tokenize has a table, whose tokens are 1, 2, …
	Consent        []string   // who has said yes; without it nobody is asked
	WithoutSubject string     `toml:"without_subject"`
	TrustedOnly    bool       `toml:"trusted_only"`
	DropEvents     []string   `toml:"drop_events_with"`
	Never          [][]string `toml:"never_together"`
	MaxLevel       string     `toml:"max_level"`
	Time           string
	Metadata       []string
	Apart          bool // metadata beside the record, shown after it
	Templates      []filters.Template
	Envelope       schema.Envelope
	Schema         string // with envelope = "none"
	PathPattern    string // the input's path_fields.pattern, its categories and the file
	PathCategories map[string][]string
	File           string
	Untrusted      bool   // the input is not trusted
	Explain        bool   // the golden section shows explain, not records
	Derive         bool   // it shows the JSON Schema of what goes out
	Against        string // it shows what is let out and held back against the policy of that name; "none" for no such output
	Gone           bool   // and that the output is no more
}

// TestGolden holds every rule of the policy to a file in testdata: schemas,
// events, and named policies, each with what it makes of the events: one
// record a line, "not taken", fields after it, then errors or warnings.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			archive := txtar.Parse(text)
			var schemas, events []string
			var known *schema.Registry // of schemas, until there are more
			got := &txtar.Archive{Comment: archive.Comment}
			compiled := map[string]*filters.Filter{}
			for _, f := range archive.Files {
				kind, policy, _ := strings.Cut(f.Name, " ")
				switch kind {
				case "policy":
					r := known
					if strings.Contains(string(f.Data), "pathcategories") { // which the registry then knows
						r = registry(t, schemas...)
					} else if r == nil {
						r = registry(t, schemas...)
						known = r
					}
					got.Files = append(got.Files, f, txtar.File{
						Name: strings.Replace(f.Name, "policy", "gives", 1),
						Data: []byte(gives(t, r, policy, string(f.Data), events, compiled)),
					})
				case "events":
					events = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
					got.Files = append(got.Files, f)
				case "gives":
				default:
					schemas, known = append(schemas, f.Name, string(f.Data)), nil
					got.Files = append(got.Files, f)
				}
			}
			if result := txtar.Format(got); string(result) != string(text) {
				if !*update {
					t.Fatalf("%s differs; got:\n%s", name, result)
				}
				if err := os.WriteFile(name, result, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// pseudonyms have keys whose bytes are 1, 2, …
func (w *words) pseudonyms() *filters.Pseudonyms {
	if w.Epoch == "" {
		return nil
	}
	p := &filters.Pseudonyms{Epoch: w.Epoch}
	for i, since := range w.Since {
		p.Keys = append(p.Keys, filters.PseudonymKey{Since: since * 1e6, Secret: secretOf(byte(i + 1))})
	}
	return p
}

// tokens are numbered as they are asked for.
func (w *words) tokens() filters.Tokens {
	if !w.Tokens {
		return nil
	}
	return numbered()
}

// numbered are tokens that tests can foretell.
func numbered() filters.Tokens {
	known := map[string][16]byte{}
	return func(scope ...string) func([]byte) ([16]byte, bool) {
		return func(value []byte) ([16]byte, bool) {
			key := fmt.Sprintf("%q %q", scope, value)
			token, ok := known[key]
			if !ok {
				binary.BigEndian.PutUint64(token[8:], uint64(len(known)+1))
				known[key] = token
			}
			return token, !bytes.Contains(value, []byte("no room"))
		}
	}
}

func (w *words) consent() *filters.Consent {
	if w.Consent == nil {
		return nil
	}
	return &filters.Consent{WithoutSubject: w.WithoutSubject, Yes: func(person []byte) bool { return slices.Contains(w.Consent, string(person)) }}
}

func secretOf(b byte) (secret [32]byte) {
	for i := range secret {
		secret[i] = b
	}
	return secret
}

func compact(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// gives is what a policy makes of the events, as text; compiled are the
// policies before it.
func gives(t *testing.T, r *schema.Registry, name, policy string, events []string, compiled map[string]*filters.Filter) string {
	t.Helper()
	var w words
	if meta, err := toml.Decode(policy, &w); err != nil || len(meta.Undecoded()) > 0 {
		t.Fatal(err, meta.Undecoded())
	}
	if !strings.Contains(policy, "metadata") {
		w.Metadata = []string{} // most rules are easier to read without
	}
	var out strings.Builder
	line := func(parts ...string) { out.WriteString(strings.Join(parts, "") + "\n") }
	source := &inputs.Source{Input: "hub", Index: 1, Trusted: !w.Untrusted} // of the input before it nothing is known
	switch wrong := []error(nil); {
	case w.PathPattern != "":
		if source.Pattern, wrong = inputs.NewPathPattern(w.PathPattern, w.PathCategories); wrong != nil {
			t.Fatal(wrong)
		}
	case w.PathCategories != nil:
		if source.Pattern, wrong = inputs.NewUpstreamFields(w.PathCategories); wrong != nil {
			t.Fatal(wrong)
		}
	}
	f, warnings, err := filters.Compile(filters.Policy{
		Output: "golden", Sources: []*inputs.Source{nil, source}, Categories: w.Categories, Schemas: w.Schemas, Match: w.Match, Denied: w.Denied, Undeclared: w.Undeclared,
		Properties: w.Properties, Actions: w.Actions, Pseudonyms: w.pseudonyms(), Tokens: w.tokens(), Consent: w.consent(), TrustedOnly: w.TrustedOnly, MaxLevel: w.MaxLevel, Time: w.Time, DropEvents: w.DropEvents, Never: w.Never, Metadata: w.Metadata, Apart: w.Apart, Templates: w.Templates,
		Key: filters.OutputKey([]byte("a secret of the instance"), "golden"),
	}, r)
	for _, warning := range warnings {
		line("warning: ", warning)
	}
	if err != nil {
		line("error: ", strings.ReplaceAll(err.Error(), "\n", "\nerror: "))
		return out.String()
	}
	if compiled[name] = f; w.Against != "" {
		after := f
		if w.Gone {
			after = nil
		}
		for _, c := range filters.Diff(filters.Fed{Filter: compiled[w.Against]}, filters.Fed{Filter: after}) {
			word := "held back "
			switch {
			case c.LetOut:
				word = "let out "
			case c.Recoded:
				word = "new codes "
			}
			line(word, c.Schema, " ", c.Version, " ", c.Property, ": ", c.Before, " -> ", c.After, ": ", c.Reason)
		}
		return out.String()
	}
	if w.Derive {
		derived := f.JSONSchema(filters.Intake{Upstream: w.Envelope == schema.Agent, Untimed: w.Envelope == schema.None}, nil)
		definitions := derived["definitions"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(definitions)) {
			definition := definitions[name].(map[string]any)
			properties, _ := definition["properties"].(map[string]any)
			delete(definition, "properties")
			line(name, ": ", compact(t, definition))
			for _, property := range slices.Sorted(maps.Keys(properties)) {
				line("  ", property, ": ", compact(t, properties[property]))
			}
		}
		return out.String()
	}
	if w.Explain {
		for _, row := range f.Explain() {
			line(row.Property, " [", strings.Join(row.Categories, " "), "] ", row.Declared, ": ", row.Verdict, ": ", row.Reason)
		}
		for _, note := range f.Notes() {
			line("note: ", note)
		}
		return out.String()
	}
	l := newLines(t, r, schema.Rules{Source: source, Envelope: w.Envelope, Schema: w.Schema})
	l.from = source.At(w.File)
	var a filters.Arena
	for _, event := range events {
		e, fault := l.event(event)
		if fault != nil {
			line("fault: ", fault.Error())
			continue
		}
		r, ok := f.Apply(e, &a)
		if !ok {
			line("not taken")
			continue
		}
		line(string(r.JSON()))
		if w.Apart {
			if r.HasID() {
				line("  id = ", string(r.ID()))
			}
			for _, m := range r.Beside() {
				line("  ", m.Name, " = ", string(m.Value))
			}
			line("  whole = ", string(r.AppendWhole(nil)))
		}
		for i, template := range w.Templates {
			if value, ok := r.Field(i); ok {
				line("  ", template.Use, " = ", string(value))
			} else {
				line("  ", template.Use, " is absent")
			}
		}
	}
	return out.String()
}

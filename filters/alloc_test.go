package filters_test

import (
	"encoding/json"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/corpus"
	"jupyter-events-agent/schema"
)

// contents is a schema of jupyter_server's kind, with categories.
const contents = `{"$id": "https://events.jupyter.org/jupyter_server/contents_service/v1", "version": "1", "type": "object",
	"required": ["action", "path"], "properties": {
	"action": {"categories": ["unrestricted"], "enum": ["get", "create", "save", "upload", "rename", "copy", "delete"]},
	"path": {"categories": ["user-identifiable-information"], "type": "string"},
	"source_path": {"categories": ["user-identifiable-information"], "type": "string"}}}`

const contentsLine = `{"__timestamp__": "2026-11-22T14:20:46.357294+00:00Z", "__schema__": "https://events.jupyter.org/jupyter_server/contents_service/v1", ` +
	`"__schema_version__": "1", "__metadata_version__": 1, "action": "save", "path": "notebooks/Untitled 17.ipynb"}`

// policies are the kinds of policy that cost differently.
var policies = map[string]filters.Policy{
	"closed":     {Categories: []string{}},
	"open":       {Categories: []string{"user-identifiable-information"}},
	"everything": {Categories: []string{"*"}},
	"null":       {Categories: []string{}, Denied: "null", Metadata: []string{"id", "categories", "redacted", "policy", "source"}},
	"actions":    {Actions: map[string]filters.Action{"user-identifiable-information": {Action: "truncate", To: "path"}}},
	"no action":  {Denied: "null", Actions: map[string]filters.Action{"user-identifiable-information": {Action: "truncate"}}},
	"tokens":     {Actions: map[string]filters.Action{"user-identifiable-information": {Action: "tokenize"}}, Tokens: fixed},
	"consent":    {Consent: &filters.Consent{WithoutSubject: "deliver", Yes: func(person []byte) bool { return len(person) > 0 }}},
	"templates": {Categories: []string{}, Templates: []filters.Template{
		{Use: "topic", Text: "events-{action|none}", Closed: true}, {Use: "key", Text: "{schema}{__event_id__}"}}},
}

// fixed is a table with one token.
func fixed(...string) func([]byte) ([16]byte, bool) {
	return func([]byte) ([16]byte, bool) { return [16]byte{1}, true }
}

func TestApplyDoesNotAllocate(t *testing.T) {
	r := registry(t, "contents.json", contents)
	e, fault := newLines(t, r, schema.Rules{}).event(contentsLine)
	if fault != nil {
		t.Fatal(fault)
	}
	for name, p := range policies {
		f := compile(t, p, r)
		var a filters.Arena
		f.Apply(e, &a)
		n := testing.AllocsPerRun(1000, func() {
			a.Reset()
			for range 3 {
				r, _ := f.Apply(e, &a)
				_ = r.JSON()
			}
		})
		if n > 0 {
			t.Errorf("%s: %v allocations for three events", name, n)
		}
	}
}

// BenchmarkApply redacts the events of the corpus in its mix, checked before;
// x-plain is how many times faster than decoding to a map, deleting keys and
// Marshal, which do not check either.
func BenchmarkApply(b *testing.B) {
	dir := b.TempDir()
	if err := corpus.WriteSchemas(dir); err != nil {
		b.Fatal(err)
	}
	r, err := schema.Load(schema.Config{Paths: []string{dir}})
	if err != nil {
		b.Fatal(err)
	}
	l := newLines(b, r, schema.Rules{})
	events := make([]*schema.Event, 1024)
	for i, g := 0, corpus.New(corpus.Options{}); i < len(events); i++ {
		var fault *schema.Fault
		if events[i], fault = l.event(string(g.Next().Good)); fault != nil {
			b.Fatal(fault)
		}
	}
	bytes := func(bytes int, b *testing.B) { b.ReportMetric(float64(bytes)/float64(b.N), "B/event") }
	var plain float64
	b.Run("plain", func(b *testing.B) {
		n := 0
		for i := 0; b.Loop(); i++ {
			n += len(plainRedact(events[i%len(events)].Raw(), []string{"path", "source_path", "kernel_id", "msg"}))
		}
		plain = float64(b.Elapsed()) / float64(b.N)
		bytes(n, b)
	})
	for _, c := range []struct {
		name   string
		policy filters.Policy
	}{
		{"closed", filters.Policy{}},
		{"closed, no metadata", filters.Policy{Metadata: []string{}}},
		{"open", filters.Policy{Categories: []string{"user-identifier", "user-identifiable-information", "action-timestamp"}}},
		{"everything", filters.Policy{Categories: []string{"*"}}},
		{"null", filters.Policy{Denied: "null"}},
		{"mask", act(filters.Action{Action: "mask"})},
		{"null by action", act(filters.Action{Action: "null"})},
		{"truncate", act(filters.Action{Action: "truncate", To: "path"})},
		{"pseudonymize", act(filters.Action{Action: "pseudonymize"})},
		{"drop_events_with", filters.Policy{DropEvents: []string{"user-identifier"}}},
		{"template", filters.Policy{Templates: []filters.Template{{Use: "key", Text: "{__event_id__}"}}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			f := compile(b, c.policy, r)
			var a filters.Arena
			n := 0
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if a.Len() > 1<<20 {
					a.Reset()
				}
				if record, taken := f.Apply(events[i%len(events)], &a); taken {
					n += len(record.JSON())
				}
			}
			b.ReportMetric(plain/(float64(b.Elapsed())/float64(b.N)), "x-plain")
			bytes(n, b)
		})
	}
}

// act is a policy that changes what names a person.
func act(a filters.Action) filters.Policy {
	return filters.Policy{Actions: map[string]filters.Action{"user-identifier": a, "user-identifiable-information": a}, Pseudonyms: secretsOf(1)}
}

// plainRedact is what one would write first.
func plainRedact(line []byte, denied []string) []byte {
	var event map[string]any
	if err := json.Unmarshal(line, &event); err != nil {
		panic(err)
	}
	for _, name := range denied {
		delete(event, name)
	}
	out, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	return out
}

package outputtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

const schemaID = "https://outputtest.example/event"

// canary is in every record's text: no error may hold it.
const canary = "canary-5f1c"

const eventSchema = `{"$id": "` + schemaID + `", "version": "1", "type": "object", "required": ["n"],
  "properties": {
    "n": {"type": "integer", "categories": ["unrestricted"]},
    "action": {"enum": ["start", "stop"], "categories": ["unrestricted"]},
    "text": {"type": "string", "categories": ["unrestricted"]},
    "secret": {"type": "string", "categories": ["user-identifier"]}
  }}`

// Records makes records as the agent does.
type Records struct {
	tb      testing.TB
	checker *schema.Checker
	filter  *filters.Filter
	next    int
}

// NewRecords compiles a schema with the members n, action and text, and a
// policy with these templates.
func NewRecords(tb testing.TB, templates ...filters.Template) *Records {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "event.json")
	if err := os.WriteFile(file, []byte(eventSchema), 0o600); err != nil {
		tb.Fatal(err)
	}
	registry, err := schema.Load(schema.Config{Paths: []string{file}})
	if err != nil {
		tb.Fatal(err)
	}
	checker, err := registry.Checker(schema.Rules{Source: &inputs.Source{Input: "events"}})
	if err != nil {
		tb.Fatal(err)
	}
	filter, _, err := filters.Compile(filters.Policy{Output: "test", Categories: []string{"unrestricted"}, Templates: templates}, registry)
	if err != nil {
		tb.Fatal(err)
	}
	return &Records{tb: tb, checker: checker, filter: filter}
}

// Batch is records together with what they must be on arrival.
type Batch struct {
	Records []filters.Record
	Bodies  []string
	arena   filters.Arena
}

// Batch makes a record for each text, numbered on.
func (r *Records) Batch(texts ...string) *Batch {
	r.tb.Helper()
	b := &Batch{}
	for _, text := range texts {
		line := fmt.Sprintf(`{"__schema__": %q, "__schema_version__": "1", "__timestamp__": "2026-11-22T15:52:31.000005Z", "n": %d, "action": "start", "text": %s, "secret": "never"}`,
			schemaID, r.next, strconv.Quote(canary+" "+text))
		var e schema.Event
		at := checkpoint.Position{Stream: 1, Offset: int64(r.next) * 1000}
		if fault := r.checker.Check(&inputs.Line{Raw: []byte(line), At: at, End: at.Offset + int64(len(line)) + 1}, new(schema.Arena), &e); fault != nil {
			r.tb.Fatalf("%v: %s", fault, line)
		}
		record, ok := r.filter.Apply(&e, &b.arena)
		if !ok {
			r.tb.Fatal("the policy does not take the event")
		}
		b.Records = append(b.Records, record)
		r.next++
	}
	for i := range b.Records {
		b.Bodies = append(b.Bodies, string(b.Records[i].JSON()))
	}
	return b
}

// Plain makes n records with a text that is not special.
func (r *Records) Plain(n int) *Batch {
	r.tb.Helper()
	texts := make([]string, n)
	for i := range texts {
		texts[i] = strings.Repeat("x", i%50)
	}
	return r.Batch(texts...)
}

// spoil overwrites everything that the records point to, as the next batch
// made in the same memory does.
func (b *Batch) spoil() {
	for i := range b.Records {
		body := b.Records[i].JSON()
		for j := range body {
			body[j] = '#'
		}
	}
	clear(b.Records)
}

package outputtest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/outputs"
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

// Records makes records as the agent does. Each has its number, a time a
// millisecond after the one before, from a minute ago on, and an event id that
// no other Records makes.
type Records struct {
	tb        testing.TB
	checker   *schema.Checker
	filter    *filters.Filter
	templates int
	stream    uint64
	begin     time.Time
	next      int
}

// NewRecords compiles a schema with the members n, action and text, and a
// policy with these templates.
func NewRecords(tb testing.TB, templates ...filters.Template) *Records {
	tb.Helper()
	return newRecords(tb, false, templates)
}

// RecordsOf is NewRecords with what an output's Config asks for.
func RecordsOf(tb testing.TB, c outputs.Config) *Records {
	tb.Helper()
	return newRecords(tb, c.Traits().Apart, c.Templates())
}

func newRecords(tb testing.TB, apart bool, templates []filters.Template) *Records {
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
	filter, _, err := filters.Compile(filters.Policy{
		Output: "test", Categories: []string{"unrestricted"}, Templates: templates, Apart: apart,
		Metadata: []string{"id", "categories", "redacted", "policy", "source"},
	}, registry)
	if err != nil {
		tb.Fatal(err)
	}
	return &Records{
		tb: tb, checker: checker, filter: filter, templates: len(templates),
		stream: rand.Uint64(), begin: time.Now().Add(-time.Minute),
	}
}

// Batch is records together with what they must be on arrival.
type Batch struct {
	Records   []filters.Record
	Bodies    []string
	templates int
	arena     filters.Arena
}

// Batch makes a record for each text, numbered on.
func (r *Records) Batch(texts ...string) *Batch {
	r.tb.Helper()
	return r.batch(func(n int) time.Time { return r.begin.Add(time.Duration(n) * time.Millisecond) }, texts)
}

// BatchAt is Batch with events of that time.
func (r *Records) BatchAt(at time.Time, texts ...string) *Batch {
	r.tb.Helper()
	return r.batch(func(int) time.Time { return at }, texts)
}

func (r *Records) batch(at func(n int) time.Time, texts []string) *Batch {
	r.tb.Helper()
	b := &Batch{templates: r.templates}
	for _, text := range texts {
		line := fmt.Sprintf(`{"__schema__": %q, "__schema_version__": "1", "__timestamp__": %q, "n": %d, "action": "start", "text": %s, "secret": "never"}`,
			schemaID, at(r.next).UTC().Format("2006-01-02T15:04:05.000000Z"), r.next, strconv.Quote(canary+" "+text))
		var e schema.Event
		position := checkpoint.Position{Stream: r.stream, Offset: int64(r.next) * 1000}
		if fault := r.checker.Check(&inputs.Line{Raw: []byte(line), At: position, End: position.Offset + int64(len(line)) + 1}, new(schema.Arena), &e); fault != nil {
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
	spoil := func(text []byte) {
		for i := range text {
			text[i] = '#'
		}
	}
	for i := range b.Records {
		spoil(b.Records[i].JSON())
		for t := range b.templates {
			if text, ok := b.Records[i].Field(t); ok {
				spoil(text)
			}
		}
	}
	clear(b.Records)
}

package outputtest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
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
	maker     *Maker
	templates int
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
	maker := NewMaker(tb, filters.Policy{
		Output: "test", Categories: []string{"unrestricted"}, Templates: templates, Apart: apart,
		Metadata: []string{"id", "categories", "redacted", "policy", "source"},
	}, eventSchema)
	maker.At.Stream = rand.Uint64()
	return &Records{tb: tb, maker: maker, templates: len(templates), begin: time.Now().Add(-time.Minute)}
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
		b.Records = append(b.Records, r.maker.Make(&b.arena, line)...)
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

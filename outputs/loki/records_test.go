package loki

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/schema"
)

const testSchema = `{"$id": "https://test.example/event", "version": "2", "type": "object",
  "properties": {
    "action": {"enum": ["start", "stop", "", "a b"], "categories": ["unrestricted"]},
    "team": {"enum": ["red", "blue", "a/b", ".", ""], "categories": ["unrestricted"]},
    "free": {"type": "string", "categories": ["unrestricted"]},
    "text": {"type": "string", "categories": ["unrestricted"]},
    "secret": {"type": "string", "categories": ["user-identifier"]}
  }}`

// event is what a test wants of a record.
type event struct {
	at                       time.Time
	action, team, free, text string
	secret                   string
}

// none is metadata = []; without any it is the default.
var none = []string{}

func env() outputs.Env { return outputs.Env{Name: "loki", Log: slog.New(slog.DiscardHandler)} }

// records makes records as the agent does, for an output with this Config.
type records struct {
	tb      testing.TB
	checker *schema.Checker
	filter  *filters.Filter
	next    int64
}

func newRecords(tb testing.TB, c *Config, metadata ...string) *records {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "event.json")
	if err := os.WriteFile(file, []byte(testSchema), 0o600); err != nil {
		tb.Fatal(err)
	}
	registry, err := schema.Load(schema.Config{Paths: []string{file}})
	if err != nil {
		tb.Fatal(err)
	}
	checker, err := registry.Checker(schema.Rules{Source: &inputs.Source{Input: "hub"}})
	if err != nil {
		tb.Fatal(err)
	}
	filter, _, err := filters.Compile(filters.Policy{
		Output: "loki", Categories: []string{"unrestricted"}, Metadata: metadata,
		Apart: c.Traits().Apart, Templates: c.Templates(), Key: filters.OutputKey([]byte("a secret of the instance"), "loki"),
	}, registry)
	if err != nil {
		tb.Fatal(err)
	}
	return &records{tb: tb, checker: checker, filter: filter}
}

// batch makes a record of each event.
func (r *records) batch(events ...event) []filters.Record {
	r.tb.Helper()
	arena := &filters.Arena{}
	var batch []filters.Record
	for _, e := range events {
		members := map[string]any{
			"__schema__": "https://test.example/event", "__schema_version__": "2", "__metadata_version__": 1,
			"__timestamp__": e.at.UTC().Format("2006-01-02T15:04:05.000000Z"),
			"text":          e.text, "secret": e.secret,
		}
		for name, value := range map[string]string{"action": e.action, "team": e.team, "free": e.free} {
			if value != "" {
				members[name] = strings.TrimPrefix(value, "empty")
			}
		}
		raw, err := json.Marshal(members)
		if err != nil {
			r.tb.Fatal(err)
		}
		var checked schema.Event
		at := checkpoint.Position{Stream: 1, Offset: r.next}
		r.next += int64(len(raw)) + 1
		if fault := r.checker.Check(&inputs.Line{Raw: raw, At: at, End: r.next}, new(schema.Arena), &checked); fault != nil {
			r.tb.Fatalf("%v: %s", fault, raw)
		}
		record, ok := r.filter.Apply(&checked, arena)
		if !ok {
			r.tb.Fatal("the policy does not take the event")
		}
		batch = append(batch, record)
	}
	return batch
}

// spaced makes n records, one after the other from a time on.
func (r *records) spaced(n int, from time.Time, step time.Duration) []filters.Record {
	events := make([]event, n)
	for i := range events {
		events[i] = event{at: from.Add(time.Duration(i) * step), action: "start", text: fmt.Sprintf("number %d", i)}
	}
	return r.batch(events...)
}

// testConfig has the labels that most tests use.
func testConfig(url string) *Config {
	c := New().(*Config)
	c.URL, c.Labels = url, map[string]string{"job": "jupyter", "action": "{action|none}"}
	return c
}

func mustOpen(tb testing.TB, c *Config) *output {
	tb.Helper()
	if mistakes := c.Validate(); len(mistakes) > 0 {
		tb.Fatal(mistakes)
	}
	o, err := c.Open(context.Background(), env())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { o.Close() })
	return o.(*output)
}

// bodies are the records' JSON.
func bodies(batch []filters.Record) []string {
	all := make([]string, len(batch))
	for i := range batch {
		all[i] = string(batch[i].JSON())
	}
	return all
}

func writeFile(tb testing.TB, name, text string) {
	tb.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

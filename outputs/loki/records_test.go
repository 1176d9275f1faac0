package loki

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
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
	tb testing.TB
	*outputtest.Maker
}

func newRecords(tb testing.TB, c *Config, metadata ...string) *records {
	tb.Helper()
	return &records{tb, outputtest.NewMaker(tb, filters.Policy{
		Output: "loki", Categories: []string{"unrestricted"}, Metadata: metadata,
		Apart: c.Traits().Apart, Templates: c.Templates(), Key: filters.OutputKey([]byte("a secret of the instance"), "loki"),
	}, testSchema)}
}

// batch makes a record of each event.
func (r *records) batch(events ...event) []filters.Record {
	r.tb.Helper()
	lines := make([]string, len(events))
	for i, e := range events {
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
		lines[i] = string(raw)
	}
	return r.Make(new(filters.Arena), lines...)
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

package elasticsearch

import (
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

// testSchema has what documents are made of: an action, members that are called
// like the document's own, and one that never goes out.
const testSchema = `{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {
	"action": {"enum": ["start", "stop", "sa\"y \\ \u0001 \u00e4", null], "categories": ["unrestricted"]},
	"n": {"type": "integer", "categories": ["unrestricted"]},
	"text": {"type": "string", "categories": ["unrestricted"]},
	"event": {"categories": ["unrestricted"], "additionalProperties": {"type": "string"}},
	"@timestamp": {"type": "string", "categories": ["unrestricted"]},
	"inner": {"type": "object", "categories": ["unrestricted"], "properties": {"event": {"type": "string"}, "@timestamp": {"type": "string"}}},
	"who": {"type": "string", "categories": ["user-identifier"]}}}`

// maker makes records as the agent does.
type maker struct{ *outputtest.Maker }

func newMaker(tb testing.TB, c *Config, policy filters.Policy, schemas ...string) maker {
	tb.Helper()
	if len(schemas) == 0 {
		schemas = []string{testSchema}
	}
	policy.Output, policy.Templates = "test", c.Templates()
	return maker{outputtest.NewMaker(tb, policy, schemas...)}
}

// of makes a record of each event, given as its members.
func (m maker) of(events ...string) []filters.Record {
	lines := make([]string, len(events))
	for i, members := range events {
		lines[i] = `{"__schema__": "https://x.test/e", "__schema_version__": "1", "__timestamp__": "2026-11-22T15:52:31.000005Z", ` + members + `}`
	}
	return m.lines(lines...)
}

// lines makes a record of each line.
func (m maker) lines(lines ...string) []filters.Record { return m.Make(new(filters.Arena), lines...) }

// testConfig is the default configuration for one node.
func testConfig(urls ...string) *Config {
	c := New().(*Config)
	c.URLs = urls
	return c
}

func mustOpen(tb testing.TB, c *Config) *output {
	tb.Helper()
	out, err := c.Open(tb.Context(), outputs.Env{Name: "elk"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { out.Close() })
	return out.(*output)
}

// stamp is a time as events have it.
func stampOf(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z") }

package elasticsearch

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/schema"
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
type maker struct {
	tb      testing.TB
	checker *schema.Checker
	filter  *filters.Filter
	offset  int64
}

func newMaker(tb testing.TB, c *Config, policy filters.Policy, schemas ...string) *maker {
	tb.Helper()
	dir := tb.TempDir()
	if len(schemas) == 0 {
		schemas = []string{testSchema}
	}
	for i, text := range schemas {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".json")), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	registry, err := schema.Load(schema.Config{Paths: []string{dir}})
	if err != nil {
		tb.Fatal(err)
	}
	m := &maker{tb: tb}
	if m.checker, err = registry.Checker(schema.Rules{Source: &inputs.Source{Input: "events"}}); err != nil {
		tb.Fatal(err)
	}
	policy.Output, policy.Templates = "test", c.Templates()
	if m.filter, _, err = filters.Compile(policy, registry); err != nil {
		tb.Fatal(err)
	}
	return m
}

// of makes a record of each event, given as its members.
func (m *maker) of(events ...string) []filters.Record {
	m.tb.Helper()
	lines := make([]string, len(events))
	for i, members := range events {
		lines[i] = `{"__schema__": "https://x.test/e", "__schema_version__": "1", "__timestamp__": "2026-11-22T15:52:31.000005Z", ` + members + `}`
	}
	return m.lines(lines...)
}

// lines makes a record of each line.
func (m *maker) lines(lines ...string) []filters.Record {
	m.tb.Helper()
	arena := new(filters.Arena)
	var batch []filters.Record
	for _, line := range lines {
		var e schema.Event
		at := checkpoint.Position{Stream: 1, Offset: m.offset}
		m.offset += int64(len(line)) + 1
		if fault := m.checker.Check(&inputs.Line{Raw: []byte(line), At: at, End: m.offset}, new(schema.Arena), &e); fault != nil {
			m.tb.Fatalf("%v: %s", fault, line)
		}
		record, ok := m.filter.Apply(&e, arena)
		if !ok {
			m.tb.Fatal("the policy does not take the event")
		}
		batch = append(batch, record)
	}
	return batch
}

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

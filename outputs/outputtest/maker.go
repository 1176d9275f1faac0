package outputtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// Maker makes records of lines as the agent does: it checks each, then applies a policy.
type Maker struct {
	Filter *filters.Filter
	// At is where the next line stands; event ids hang on it.
	At checkpoint.Position

	tb      testing.TB
	checker *schema.Checker
}

// NewMaker compiles schemas, given as JSON, and a policy over them; the input is called events.
func NewMaker(tb testing.TB, policy filters.Policy, schemas ...string) *Maker {
	tb.Helper()
	dir := tb.TempDir()
	for i, text := range schemas {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".json")), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	registry, err := schema.Load(schema.Config{Paths: []string{dir}})
	if err != nil {
		tb.Fatal(err)
	}
	m := &Maker{tb: tb, At: checkpoint.Position{Stream: 1}}
	if m.checker, err = registry.Checker(schema.Rules{Source: &inputs.Source{Input: "events"}}); err != nil {
		tb.Fatal(err)
	}
	if m.Filter, _, err = filters.Compile(policy, registry); err != nil {
		tb.Fatal(err)
	}
	return m
}

// Make makes a record of each line, in the memory of arena.
func (m *Maker) Make(arena *filters.Arena, lines ...string) []filters.Record {
	m.tb.Helper()
	var batch []filters.Record
	for _, line := range lines {
		var e schema.Event
		at := m.At
		m.At.Offset += int64(len(line)) + 1
		if fault := m.checker.Check(&inputs.Line{Raw: []byte(line), At: at, End: m.At.Offset}, new(schema.Arena), &e); fault != nil {
			m.tb.Fatalf("%v: %s", fault, line)
		}
		record, ok := m.Filter.Apply(&e, arena)
		if !ok {
			m.tb.Fatal("the policy does not take the event")
		}
		batch = append(batch, record)
	}
	return batch
}

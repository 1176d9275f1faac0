package main

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"jupyter-events-agent/internal/corpus"
	"jupyter-events-agent/outputs"
)

// BenchmarkOnce runs the whole agent in process over a corpus, with two
// outputs and a quarantine, and counts what it allocates.
func BenchmarkOnce(b *testing.B) {
	const events = 200_000
	for b.Loop() {
		b.ReportMetric(allocations(b, events), "allocs/event")
	}
}

func TestAllocations(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates too: make test runs this once more without it")
	}
	const most = 0.1
	if got := allocations(t, 100_000); got > most {
		t.Errorf("%.3f allocations an event, want at most %.1f", got, most)
	}
}

// allocations is how many an event takes from its line to two records.
func allocations(tb testing.TB, events int) float64 {
	tb.Helper()
	dir := tb.TempDir()
	if _, err := corpus.New(corpus.Options{Bad: .01}).WriteDir(dir, events); err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(dir, "agent.toml")
	if err := os.WriteFile(file, []byte(`
state_dir = "state"
schemas = { paths = ["schemas"], catalog = false }
quarantine = { path = "quarantine" }
[[inputs.file]]
name = "events"
paths = ["events.ndjson"]
[[outputs.file]]
name = "wide"
path = "wide.ndjson"
policy = { categories = ["unrestricted", "personal-data", "user-identifier", "user-identifiable-information"] }
[[outputs.file]]
name = "closed"
path = "closed.ndjson"
policy = { categories = [] }
`), 0o600); err != nil {
		tb.Fatal(err)
	}
	l, err := load(file)
	if err != nil {
		tb.Fatal(err)
	}
	w := wiring{once: true, log: slog.New(slog.NewTextHandler(io.Discard, nil)), stdout: outputs.Stdout{To: io.Discard}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := w.run(tb.Context(), l); err != nil {
		tb.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(events)
}

package realtest

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/corpus"
)

// perGeneration is how many lines the log has when it is rotated.
const perGeneration = 5000

func TestKill(t *testing.T) {
	t.Parallel()
	killed(t, 6)
}

// killed kills the agent at random moments over a log that grows and rotates
// without a pause. In the end its output, which rotates and compresses too,
// has every record once, whole, and those of one generation of the log in
// order.
func killed(t *testing.T, kills int) {
	dir := t.TempDir()
	log := filepath.Join(dir, "in", "events.log")
	if err := corpus.WriteSchemas(filepath.Join(dir, "schemas")); err != nil {
		t.Fatal(err)
	}
	config := configure(t, dir, fmt.Sprintf("[schemas]\npaths = [%q]\ncatalog = false\n", filepath.Join(dir, "schemas")), log+"*",
		output{name: "audit", categories: []string{"*"}, extra: "rotate = { size = \"400KiB\", compress = true }\n"})
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		t.Fatal(err)
	}

	stop, written := make(chan struct{}), make(chan int, 1)
	go func() { written <- write(t, log, stop) }()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range kills {
		a := start(t, config)
		// Some die before anything is durable, most after.
		<-time.After(time.Duration(r.IntN(2500)) * time.Millisecond)
		a.kill()
	}
	close(stop)
	total := <-written
	once(t, config)

	inOrder(t, outputLines(t, filepath.Join(dir, "audit.ndjson")), total)
	if got := faults(t, dir); len(got) != 0 {
		t.Errorf("%d lines in the quarantine, want none", len(got))
	}
	t.Logf("%d lines, %d kills", total, kills)
}

// inOrder fails unless the records are of all lines that write has written,
// each once and those of one generation of the log in order.
func inOrder(t *testing.T, records []string, total int) {
	t.Helper()
	next := make([]int, total/perGeneration+1) // by generation: the line that comes next
	for i, l := range records {
		var record struct {
			Path string `json:"path"`
		}
		if err := json.Unmarshal([]byte(l), &record); err != nil {
			t.Fatalf("record %d is torn: %v: %.200s", i, err, l)
		}
		var line int
		if _, err := fmt.Sscanf(record.Path, "%d.ipynb", &line); err != nil || line >= total {
			t.Fatalf("record %d is of no line: %s", i, record.Path)
		}
		g := line / perGeneration
		if want := g*perGeneration + next[g]; line != want {
			t.Fatalf("record %d of %d is of line %d, want %d of this generation", i, len(records), line, want)
		}
		next[g]++
	}
	if len(records) != total {
		t.Errorf("%d records of %d lines", len(records), total)
	}
}

// write writes numbered events, rotating as logrotate does, until it is told
// to stop, and returns how many.
func write(t *testing.T, log string, stop <-chan struct{}) (n int) {
	f, err := os.Create(log)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer func() { f.Close() }()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	generation := 0
	for {
		select {
		case <-stop:
			return n
		case <-tick.C:
		}
		for range 20 {
			if _, err := fmt.Fprintf(f, `{"__timestamp__": "2026-11-22T10:00:00.%06d+00:00Z", "__schema__": %q, "__schema_version__": "1", "__metadata_version__": 1, "action": "get", "path": "%08d.ipynb"}`+"\n",
				n%1_000_000, corpus.ContentsID, n); err != nil {
				t.Error(err)
				return n
			}
			n++
		}
		if n%perGeneration != 0 {
			continue
		}
		generation++
		if err := os.Rename(log, fmt.Sprintf("%s.%d", log, generation)); err != nil {
			t.Error(err)
			return n
		}
		f.Close()
		if f, err = os.Create(log); err != nil {
			t.Error(err)
			return n
		}
	}
}

// outputLines are all lines of a rotated output: its generations in the order
// of their numbers, then the file itself.
func outputLines(t *testing.T, file string) []string {
	t.Helper()
	generations, err := filepath.Glob(strings.TrimSuffix(file, ".ndjson") + "-*")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(generations)
	if len(generations) < 2 {
		t.Errorf("%d generations of the output: it did not rotate", len(generations))
	}
	var all []string
	for _, g := range generations {
		if !strings.HasSuffix(g, ".gz") {
			all = append(all, lines(t, g)...)
			continue
		}
		f, err := os.Open(g)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatalf("%s: %v", filepath.Base(g), err)
		}
		f.Close()
		all = append(all, split(string(text))...)
	}
	return append(all, lines(t, file)...)
}

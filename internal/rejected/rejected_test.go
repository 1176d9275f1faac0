package rejected

import (
	"encoding/json"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/aside"
	"jupyter-events-agent/outputs/outputtest"
	"jupyter-events-agent/pipeline"
)

var _ pipeline.Rejected = (*Store)(nil)

func opened(t *testing.T, c aside.Config, state []byte) *Store {
	t.Helper()
	s, err := Open(c, "lake", state, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func put(t *testing.T, s *Store, records ...filters.Record) {
	t.Helper()
	for i := range records {
		if err := s.Put(&records[i], "mapping"); err != nil {
			t.Fatal(err)
		}
	}
}

func content(t *testing.T, c aside.Config) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(c.Path, "lake", "rejected.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestALine(t *testing.T) {
	c := aside.Config{Path: filepath.Join(t.TempDir(), "state", "rejected")}
	s := opened(t, c, nil)
	s.now = func() time.Time { return time.Date(2026, 11, 22, 16, 52, 31, 5000, time.FixedZone("CET", 3600)) }
	b := outputtest.NewRecords(t).Batch("a \u2028 \"text\"")
	put(t, s, b.Records...)
	want := `{"time":"2026-11-22T15:52:31.000005Z","output":"lake","class":"mapping","id":"` + string(b.Records[0].ID()) +
		`","schema":"` + b.Records[0].Schema() + `","version":"1","record":` + b.Bodies[0] + "}\n"
	got := content(t, c)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !json.Valid([]byte(got)) {
		t.Error("this is not JSON")
	}
	for path, want := range map[string]fs.FileMode{s.Folder(): 0o700, filepath.Join(s.Folder(), "rejected.ndjson"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

// TestACrash: what the checkpoint knows of stays, the rest comes again.
func TestACrash(t *testing.T) {
	c := aside.Config{Path: t.TempDir()}
	b := outputtest.NewRecords(t).Batch("one", "two")
	s := opened(t, c, nil)
	put(t, s, b.Records[0])
	state, err := s.Sync()
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, b.Records[1])
	s.Close()
	s = opened(t, c, state)
	put(t, s, b.Records[1])
	if got := content(t, c); strings.Count(got, "\n") != 2 || !strings.Contains(got, b.Bodies[0]) || strings.Count(got, b.Bodies[1]) != 1 {
		t.Errorf("the store holds\n%s", got)
	}
}

func TestPutDoesNotAllocate(t *testing.T) {
	s := opened(t, aside.Config{Path: t.TempDir()}, nil)
	b := outputtest.NewRecords(t).Plain(3)
	put(t, s, b.Records...)
	if n := testing.AllocsPerRun(100, func() { put(t, s, b.Records...) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

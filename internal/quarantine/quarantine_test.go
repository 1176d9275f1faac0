package quarantine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/aside"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/pipeline"
	"jupyter-events-agent/schema"
)

var _ pipeline.Quarantine = (*Store)(nil)

var fault = &schema.Fault{Reason: schema.Invalid, Schema: "https://x/y", Keyword: "enum", Pointer: "/action"}

func block(raw ...string) *inputs.Block {
	b := &inputs.Block{Source: &inputs.Source{Input: "hub"}, Path: "/var/log/events.log"}
	offset := int64(0)
	for _, r := range raw {
		b.Lines = append(b.Lines, inputs.Line{Raw: []byte(r), At: checkpoint.Position{Stream: 7, Offset: offset}})
		offset += int64(len(r)) + 1
	}
	return b
}

func opened(t *testing.T, c aside.Config, state []byte) (*Store, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	s, err := Open(c, state, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, &log
}

func put(t *testing.T, s *Store, raw ...string) {
	t.Helper()
	b := block(raw...)
	for i := range b.Lines {
		if err := s.Put(b, &b.Lines[i], fault); err != nil {
			t.Fatal(err)
		}
	}
}

func synced(t *testing.T, s *Store) []byte {
	t.Helper()
	state, err := s.Sync()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func content(t *testing.T, c aside.Config) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(c.Path, fileName+".ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheMembersAndTheirOrder(t *testing.T) {
	c := aside.Config{Path: filepath.Join(t.TempDir(), "a", "quarantine")}
	s, _ := opened(t, c, nil)
	s.now = func() time.Time { return time.Date(2026, 11, 22, 16, 52, 31, 5000, time.FixedZone("CET", 3600)) }
	b := block(`{"a":1}`, "x\xff", "not json", "cut")
	whole := sha256.Sum256([]byte("cut and more"))
	b.Lines[3].Long = &inputs.Long{Length: 12, SHA256: whole}
	for i, f := range []*schema.Fault{fault, {Reason: schema.InvalidUTF8}, {Reason: schema.NotJSON, Offset: 1}, {Reason: schema.TooLong}} {
		if err := s.Put(b, &b.Lines[i], f); err != nil {
			t.Fatal(err)
		}
	}
	const head = `{"time":"2026-11-22T15:52:31.000005Z","input":"hub","file":"/var/log/events.log",`
	want := head + `"offset":0,"length":7,"reason":"invalid","schema":"https://x/y","keyword":"enum","pointer":"/action","line":"{\"a\":1}"}
` + head + `"offset":8,"length":2,"reason":"invalid_utf8","line_base64":"eP8="}
` + head + `"offset":11,"length":8,"reason":"not_json","line":"not json"}
` + head + fmt.Sprintf(`"offset":20,"length":12,"reason":"too_long","sha256":"%x","line":"cut"}
`, whole)
	if got := content(t, c); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for path, want := range map[string]os.FileMode{c.Path: 0o700, filepath.Join(c.Path, fileName+".ndjson"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

// FuzzEntry: whatever a line holds, what the quarantine writes is one line of
// JSON from which the line can be had back byte for byte.
func FuzzEntry(f *testing.F) {
	f.Add("", "")
	f.Add("\x00\x01\x1f\x7f\"\\/\b\f\n\r\t\u2028\U0001F600", "/a\"b")
	f.Add("\xed\xa0\x80", "\xff")
	f.Fuzz(func(t *testing.T, raw, path string) {
		b := block(raw)
		b.Path = path
		entry := appendEntry(nil, time.Now(), b, &b.Lines[0], fault)
		if bytes.Count(entry, []byte{'\n'}) != 1 || entry[len(entry)-1] != '\n' || !utf8.Valid(entry) {
			t.Fatalf("%q is not one line of UTF-8", entry)
		}
		var got struct {
			File   string  `json:"file"`
			Line   *string `json:"line"`
			Base64 *string `json:"line_base64"`
		}
		if err := json.Unmarshal(entry, &got); err != nil {
			t.Fatalf("%q: %v", entry, err)
		}
		if utf8.ValidString(path) && got.File != path {
			t.Errorf("the path %q comes back as %q", path, got.File)
		}
		if (got.Line == nil) == (got.Base64 == nil) {
			t.Fatalf("%q: want exactly one of line and line_base64", entry)
		}
		back := ""
		if got.Line != nil {
			back = *got.Line
		} else {
			decoded, err := base64.StdEncoding.DecodeString(*got.Base64)
			if err != nil {
				t.Fatal(err)
			}
			back = string(decoded)
		}
		if back != raw {
			t.Errorf("the line %q comes back as %q", raw, back)
		}
	})
}

func TestACrashNeitherLosesNorDoubles(t *testing.T) {
	c := aside.Config{Path: filepath.Join(t.TempDir(), "quarantine")}
	s, _ := opened(t, c, nil)
	put(t, s, "one")
	state := synced(t, s)
	put(t, s, "two")
	s.Close()
	s, _ = opened(t, c, state)
	put(t, s, "two")
	got := content(t, c)
	if strings.Count(got, "\n") != 2 || strings.Count(got, `"two"`) != 1 || !strings.Contains(got, `"one"`) {
		t.Errorf("the quarantine holds\n%s", got)
	}
}

func TestTheOldestGoesAtMaxSize(t *testing.T) {
	c := aside.Config{Path: filepath.Join(t.TempDir(), "quarantine"), MaxSize: 16 * units.KiB}
	s, log := opened(t, c, nil)
	synced(t, s)
	raw := make([]string, 10)
	for i := range raw {
		raw[i] = strings.Repeat("x", 1000)
	}
	const rounds = 8
	for range rounds {
		put(t, s, raw...)
		if !s.Due() {
			t.Fatal("a sixteenth of max_size is reached, and no generation is due")
		}
		synced(t, s)
	}
	synced(t, s)
	cancelled(t, s)
	names, err := filepath.Glob(filepath.Join(c.Path, "quarantine-*.ndjson"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%v, %v; want the newest generation only", names, err)
	}
	if got := s.Dropped(); got != (rounds-1)*10 {
		t.Errorf("%d lines dropped, want %d", got, (rounds-1)*10)
	}
	if !strings.Contains(log.String(), "max_size") {
		t.Errorf("the log does not say so: %s", log)
	}
}

// cancelled runs Background for one round.
func cancelled(t *testing.T, s *Store) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Background(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestLinesGoAtMaxAge(t *testing.T) {
	c := aside.Config{Path: filepath.Join(t.TempDir(), "quarantine"), MaxAge: units.Duration(30 * units.Day)}
	s, _ := opened(t, c, nil)
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	s.now = func() time.Time { return now }
	put(t, s, "old")
	synced(t, s)
	for range 40 {
		now = now.Add(units.Day)
		put(t, s, "new")
		synced(t, s)
	}
	cancelled(t, s)
	var all strings.Builder
	names, _ := filepath.Glob(filepath.Join(c.Path, "*"))
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	if strings.Contains(all.String(), `"old"`) {
		t.Error("a line of 40 days is still there")
	}
	if n := strings.Count(all.String(), "\n"); n < 29 || n > 33 {
		t.Errorf("%d lines of the last 30 days are there", n)
	}
	if s.Dropped() != int64(41-strings.Count(all.String(), "\n")) {
		t.Errorf("%d lines are counted as dropped", s.Dropped())
	}
}

func TestAFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(aside.Config{Path: filepath.Join(file, "quarantine")}, nil, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "set another path") {
		t.Errorf("%v; want an error with the next step", err)
	}
}

func TestPutDoesNotAllocate(t *testing.T) {
	s, _ := opened(t, aside.Config{Path: filepath.Join(t.TempDir(), "quarantine")}, nil)
	b := block(strings.Repeat(`{"path":"x"}`, 20), "\xff\xfe")
	if n := testing.AllocsPerRun(100, func() {
		for i := range b.Lines {
			if err := s.Put(b, &b.Lines[i], fault); err != nil {
				t.Fatal(err)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

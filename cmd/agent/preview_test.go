package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

const (
	hubLine  = `{"__timestamp__": "2026-11-22T14:20:01.5+00:00Z", "__schema__": "https://schema.jupyter.org/jupyterhub/events/server-action", "__schema_version__": "1", "__metadata_version__": 1, "action": "start", "username": "ada", "servername": ""}` + "\n"
	previews = `
[[inputs.file]]
name = "hub"
paths = ["events.log"]
max_line = "1KiB"
[[outputs.file]]
name = "open"
path = "open.ndjson"
policy = { categories = ["*"] }
[[outputs.file]]
name = "trusting"
path = "trusting.ndjson"
policy = { categories = [], trusted_only = true }
`
)

// shared is a buffer that one goroutine writes and another reads.
type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 seconds: %s", what)
		}
	}
}

func testPreview(t *testing.T, output string, out, held io.Writer) *preview {
	t.Helper()
	file := filepath.Join(t.TempDir(), "agent.toml")
	if err := os.WriteFile(file, []byte(previews), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := load(file)
	if err != nil {
		t.Fatal(err)
	}
	cmd := &cobra.Command{}
	cmd.SetOut(out)
	cmd.SetErr(held)
	p, err := newPreview(l, output, "", "-", cmd)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPreviewFollow(t *testing.T) {
	log := filepath.Join(t.TempDir(), "events.log")
	write := func(lines string) {
		t.Helper()
		f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(lines); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Repeat(hubLine, 30))
	var out, held shared
	p := testPreview(t, "open", &out, &held)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- p.follow(ctx, log) }()
	lines := func(n int) func() bool {
		return func() bool { return strings.Count(out.String(), "\n") == n }
	}
	until(t, "the last ten lines", lines(10))
	write(hubLine)
	until(t, "a line that was added", lines(11))
	write("no event\n")
	until(t, "a line that is held back", func() bool { return strings.Contains(held.String(), "held back: not a valid event: not_json") })
	if err := os.Rename(log, log+".1"); err != nil {
		t.Fatal(err)
	}
	// Where tail had not come to wait yet it sees the other file with its next line.
	until(t, "lines after a rotation", func() bool {
		write(hubLine)
		return strings.Count(out.String(), "\n") >= 12
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestPreviewHolds(t *testing.T) {
	for _, c := range []struct{ output, line, held string }{
		{"open", hubLine, ""},
		{"open", strings.TrimSuffix(hubLine, "\n"), ""},
		{"open", strings.TrimSuffix(hubLine, "\n") + "\r\n", ""},
		{"open", strings.Replace(hubLine, "ada", strings.Repeat("a", 2000), 1), "line 1: held back: not a valid event: too_long\n"},
		{"trusting", hubLine, "line 1: held back: this output takes only events of trusted inputs, and hub is not one\n"},
		{"open", "\n\n", ""},
	} {
		var out, held bytes.Buffer
		p := testPreview(t, c.output, &out, &held)
		if err := p.read(t.Context(), strings.NewReader(c.line)); err != nil {
			t.Fatal(err)
		}
		if held.String() != c.held {
			t.Errorf("%s: held %q, want %q", c.output, held.String(), c.held)
		}
		if sent := out.Len() > 0; sent != (c.held == "" && strings.TrimSpace(c.line) != "") {
			t.Errorf("%s: sent %q", c.output, out.String())
		}
	}
}

// TestPreviewOnATerminal: an event cannot steer the terminal of who looks at it;
// what goes into a file stays as it is.
func TestPreviewOnATerminal(t *testing.T) {
	line := strings.Replace(hubLine, `"ada"`, "\"a\u009b31md\u202ea\"", 1)
	for _, looked := range []bool{false, true} {
		var out, held bytes.Buffer
		p := testPreview(t, "open", &out, &held)
		p.looked = looked
		if err := p.read(t.Context(), strings.NewReader(line)); err != nil {
			t.Fatal(err)
		}
		if steered := strings.ContainsAny(out.String(), "\u009b\u202e"); steered == looked || looked && !strings.Contains(out.String(), `a\u009b31md\u202ea`) {
			t.Errorf("to a terminal %v: %q, %s", looked, out.String(), held.String())
		}
	}
}

func TestLastLines(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
	}{
		{"", 0}, {"a\n", 0}, {"a\nb\n", 0}, {"a\nb\nc\n", 2}, {"a\nb\nc", 2}, {strings.Repeat("x", 1<<17), 1 << 17},
	} {
		name := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(name, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := lastLines(name, 2); err != nil || got != c.want {
			t.Errorf("%.9q: %d, %v; want %d", c.text, got, err, c.want)
		}
	}
}

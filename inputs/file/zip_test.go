package file

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// numbered are n lines as long as real ones.
func numbered(n int) (text string, lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf("line %d %s", i, strings.Repeat("z", 300+i%100)))
	}
	return strings.Join(lines, "\n") + "\n", lines
}

func zipped(t *testing.T, text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A generation of which a part was read goes on at the same offset when it is
// compressed, and is not read again when all of it was.
func TestHalfReadIsCompressed(t *testing.T) {
	t.Parallel()
	b := newBench(t, "events.log*")
	b.once, b.most = true, 3
	text, lines := numbered(5000)
	b.write("events.log", text)
	b.start(2).stop()
	part := len(b.lines(0))
	if part == 0 || part == len(lines) {
		t.Fatalf("read %d of %d", part, len(lines))
	}
	p := &pen{t: t, dir: b.dir}
	p.mv("events.log", "events.log.1")
	p.zip("events.log.1")
	b.write("events.log", "new\n")
	b.most = 0
	b.start(2).stop()
	b.want(append(lines, "new")...)
	p.mv("events.log.1.gz", "events.log.2.gz")
	b.start(2).stop()
	b.want(append(lines, "new")...)
	if n := len(b.declared()); n > 0 {
		t.Errorf("gaps: %v", b.declared())
	}
}

func TestCompressed(t *testing.T) {
	text, lines := numbered(3000)
	whole := zipped(t, text)
	long := strings.Repeat("l", 600<<10)
	for name, tc := range map[string]struct {
		file string
		want int // lines of the beginning
		more []string
		gaps int
	}{
		"whole":               {file: whole, want: 3000},
		"without a last end":  {file: zipped(t, text+"last"), want: 3000, more: []string{"last"}},
		"two members":         {file: whole + zipped(t, "more\n"), want: 3000, more: []string{"more"}},
		"long lines":          {file: zipped(t, long+"\n"+long+"!\n"), more: []string{long, long + "!"}},
		"cut off":             {file: whole[:len(whole)/2], want: -1, gaps: 1},
		"garbage at the end":  {file: whole + "garbage", want: 3000, gaps: 1},
		"not compressed":      {file: text, want: 3000},
		"empty":               {file: ""},
		"nothing, compressed": {file: zipped(t, "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "*.gz")
			b.once = true
			b.write("events.log.1.gz", tc.file)
			b.start(2).stop()
			if tc.want < 0 {
				got := b.lines(0)
				if len(got) == 0 || len(got) >= len(lines) || got[len(got)-1] != lines[len(got)-1] {
					t.Errorf("%d lines", len(got))
				}
			} else {
				b.want(append(lines[:tc.want:tc.want], tc.more...)...)
			}
			if n := len(b.declared()); n != tc.gaps {
				t.Errorf("gaps: %v", b.declared())
			}
			before := len(b.lines(0))
			b.start(2).stop()
			if n := len(b.lines(0)); n != before {
				t.Errorf("%d lines more in the next run", n-before)
			}
		})
	}
}

// patience is a context that is done after it was asked so often.
type patience struct {
	context.Context
	asks int
}

func (b *patience) Err() error {
	if b.asks--; b.asks < 0 {
		return context.Canceled
	}
	return nil
}

// TestAStopEndsUncompressing: who goes on far in a large file uncompresses all that
// is before, and a stop does not wait for that.
func TestAStopEndsUncompressing(t *testing.T) {
	t.Parallel()
	b := newBench(t, "events.log*")
	text, _ := numbered(50_000)
	b.write("events.log.1.gz", zipped(t, text))
	b.start(0)
	_, s, g := b.known()
	var block inputs.Block
	at := checkpoint.Position{Stream: s.id, Offset: int64(len(text))}
	if err := s.Read(&patience{t.Context(), 3}, at, &block); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want that it was stopped", err)
	}
	if p := g.zip.places[g.zip.last]; p == nil || p.end >= int64(len(text))/2 {
		t.Errorf("it went on to %v", p)
	}
	block.Reset()
	if err := s.Read(t.Context(), at, &block); !errors.Is(err, inputs.ErrNothing) {
		t.Errorf("then: %v", err)
	}
	b.stop()
}

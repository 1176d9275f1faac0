package file

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLines(t *testing.T) {
	big := strings.Repeat("b", 300<<10)
	for name, tc := range map[string]struct {
		text string
		want []string
		gaps int
	}{
		"plain":          {"one\ntwo\n", []string{"one", "two"}, 0},
		"half":           {"one\ntw", []string{"one"}, 0},
		"crlf":           {"one\r\ntwo\r\n", []string{"one", "two"}, 0},
		"cr inside":      {"o\rne\n", []string{"o\rne"}, 0},
		"empty":          {"\n\none\n\r\n\ntwo\n\n", []string{"one", "two"}, 0},
		"nul inside":     {"on\x00e\n", []string{"on\x00e"}, 0},
		"nuls between":   {"one\n\x00\x00\x00two\n", []string{"one", "two"}, 1},
		"nuls first":     {"\x00\x00one\ntwo\n", []string{"one", "two"}, 1},
		"nuls at end":    {"one\n\x00\x00", []string{"one"}, 0},
		"many nuls":      {"one\n" + strings.Repeat("\x00", 600<<10) + "two\n", []string{"one", "two"}, 3},
		"above a block":  {"one\n" + big + "\ntwo\n", []string{"one", big, "two"}, 0},
		"crlf above":     {big + "\r\ntwo\r\n", []string{big, "two"}, 0},
		"no end above":   {"one\n" + big, []string{"one"}, 0},
		"nothing":        {"", nil, 0},
		"only line ends": {"\n\n\n", nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "events.log")
			b.write("events.log", tc.text)
			b.once = true
			b.start(2).stop()
			b.want(tc.want...)
			if n := len(b.declared()); (n > 0) != (tc.gaps > 0) {
				t.Errorf("%d gaps: %v", n, b.declared())
			}
			// Another run finds nothing new, and what is missing at the end comes later.
			b.start(2).stop()
			b.want(tc.want...)
			b.add("events.log", "!\n")
			b.start(2).stop()
			last := "!"
			if i := strings.LastIndexByte(tc.text, '\n'); strings.Trim(tc.text[i+1:], "\x00") != "" {
				last = tc.text[i+1:] + "!"
			}
			b.want(append(tc.want, last)...)
		})
	}
}

func TestLongLine(t *testing.T) {
	long := strings.Repeat("x", 700<<10) + "y"
	for name, end := range map[string]string{"lf": "\n", "crlf": "\r\n"} {
		for where, max := range map[string]int{"within a block": 100, "above a block": 300 << 10} {
			t.Run(name+" "+where, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, "events.log")
				b.cfg.MaxLine = 100
				text := strings.Repeat("z", 200)
				if max > 100 {
					text = long
					b.cfg.MaxLine = 300 << 10
				}
				b.once = true
				b.write("events.log", "one"+end+text+end+"two"+end)
				b.start(1).stop()
				b.want("one", text[:max], "two")
				l := b.outputs["out0"].lines[1].long
				if l == nil || l.Length != int64(len(text)) || l.SHA256 != sha256.Sum256([]byte(text)) {
					t.Errorf("long = %+v", l)
				}
			})
		}
	}
}

// A line far above max_line that grows slowly is looked through once and
// holds nobody up.
func TestEndlessLine(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.cfg.MaxLine = 1000
	b.write("endless.log", "first\n")
	b.write("other.log", "")
	b.start(1)
	defer b.stop()
	part := strings.Repeat("e", 1<<20)
	for range 20 {
		b.add("endless.log", part)
	}
	b.add("other.log", "fine\n")
	b.want("first", "fine")
	b.add("endless.log", "\nlast\n")
	b.want("first", "fine", part[:1000], "last")
	for _, l := range b.outputs["out0"].lines {
		if l.long != nil && (l.long.Length != 20<<20 || l.long.SHA256 != sha256.Sum256([]byte(strings.Repeat(part, 20)))) {
			t.Errorf("long = %+v", l.long)
		}
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	b := newBench(t, "events.log*")
	b.start(3)
	defer func() { b.stop() }()
	b.add("events.log", "one\ntw")
	b.want("one")
	b.add("events.log", "o\n")
	b.want("one", "two")
	b.rename("events.log", "events.log.1")
	b.add("events.log.1", "three\nlast without end")
	b.add("events.log", "four\nhalf")
	b.want("one", "two", "three", "four", "last without end")
	pause(3 * b.tune.quiet)
	b.want("one", "two", "three", "four", "last without end")
	b.stop()
	b.start(3)
	b.add("events.log", "\n")
	b.want("one", "two", "three", "four", "last without end", "half")
	if g := b.declared(); len(g) > 0 {
		t.Errorf("gaps: %v", g)
	}
}

func TestStartAtEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log*")
	b.cfg.StartAt = "end"
	b.write("a.log", "old\nha")
	b.write("a.log.1", "older\n")
	b.once = true
	b.start(1).stop()
	b.want()
	b.add("a.log", "lf\nnew\n")
	b.write("b.log", "came later\n")
	b.start(1).stop()
	b.want("half", "new", "came later")
}

// TestStartAtEndAfterALoss: only what is there at the very first start is passed
// over, not what nobody knows of any more whether it was delivered.
func TestStartAtEndAfterALoss(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.cfg.StartAt, b.once = "end", true
	b.write("a.log", "old\n")
	b.start(1).stop()
	b.add("a.log", "new\n")
	for _, name := range []string{"checkpoint", "checkpoint.1"} {
		if err := os.WriteFile(filepath.Join(b.state, name), []byte("nonsense"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.start(1).stop()
	b.want("old", "new")
}

func TestOnceIsQuick(t *testing.T) {
	b := newBench(t, "*.log", "none/*.log")
	b.once = true
	b.write("a.log", "one\n")
	began := time.Now()
	b.start(4).stop()
	if d := time.Since(began); d > time.Second {
		t.Errorf("took %v", d)
	}
	b.want("one")
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root may read every file")
	}
	b := newBench(t, "*.log")
	b.write("a.log", "one\n")
	if err := os.Chmod(b.path("a.log"), 0); err != nil {
		t.Fatal(err)
	}
	b.start(1)
	defer b.stop()
	pause(3 * b.tune.scan)
	if err := os.Chmod(b.path("a.log"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.want("one")
}

func TestFolderComesLater(t *testing.T) {
	t.Parallel()
	b := newBench(t, "sub/events.log", "**/deep.log")
	b.start(1)
	defer b.stop()
	for range 2 {
		if err := os.MkdirAll(b.path("sub/a/b"), 0o755); err != nil {
			t.Fatal(err)
		}
		n := len(b.lines(0))
		b.write("sub/events.log", "one "+t.Name()+time.Now().String()+"\n")
		b.write("sub/a/b/deep.log", "deep"+time.Now().String()+"\n")
		await(t, "both lines", func() bool { return len(b.lines(0)) == n+2 })
		if err := os.RemoveAll(b.path("sub")); err != nil {
			t.Fatal(err)
		}
	}
}

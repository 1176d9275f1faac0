package file

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

// obedient is what a file never does, piped a pipe.
var (
	obedient = outputtest.Never{
		outputtest.Asked: local, outputtest.Refuses: local, outputtest.RejectsSome: takesAll, outputtest.RejectsAll: takesAll, outputtest.TooLarge: takesAll,
		outputtest.Fails: "TestAFullDisk", outputtest.Breaks: "TestAFullDisk", outputtest.TakesSome: "TestAFullDisk",
		outputtest.Slow: "a disk is as slow as it is", outputtest.Hangs: "no call of a disk can be given up",
	}
	piped = outputtest.Never{
		outputtest.Asked: local, outputtest.Refuses: local, outputtest.RejectsSome: takesAll, outputtest.RejectsAll: takesAll, outputtest.TooLarge: takesAll,
		outputtest.Syncs: "what has gone into a pipe cannot be called back",
		outputtest.Slow:  "a pipe's reader is not the output's to wait for", outputtest.Hangs: "no write to a pipe can be given up",
	}
)

const (
	local    = "it is of this machine, and opened at start"
	takesAll = "it takes every line"
)

func TestContractOfAFile(t *testing.T) {
	outputtest.Contract(t, obedient, func(t *testing.T) outputtest.Destination {
		return &folder{Config{Path: filepath.Join(t.TempDir(), "audit.ndjson")}}
	})
}

func TestContractOfARotatedFile(t *testing.T) {
	outputtest.Contract(t, obedient, func(t *testing.T) outputtest.Destination {
		return &folder{Config{Path: filepath.Join(t.TempDir(), "audit.ndjson"), Rotate: Rotate{Size: units.KiB}}}
	})
}

// folder is the destination of a file output.
type folder struct{ config Config }

func (f *folder) Open(ctx context.Context, env outputs.Env) (outputs.Output, error) {
	return f.config.Open(ctx, env)
}
func (f *folder) Templates() []filters.Template { return f.config.Templates() }

// Behave: a file does as it is told; that a disk is full is TestAFullDisk.
func (f *folder) Behave(b outputtest.Behaviour) bool { return b == outputtest.Accepts }

func (f *folder) Received(tb testing.TB) []string {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(filepath.Dir(f.config.Path), "audit-*"))
	if err != nil {
		tb.Fatal(err)
	}
	var all []byte
	for _, name := range append(names, f.config.Path) {
		b, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, b...)
	}
	return bodies(tb, all)
}

// bodies are whole lines.
func bodies(tb testing.TB, b []byte) []string {
	tb.Helper()
	if len(b) == 0 {
		return nil
	}
	if b[len(b)-1] != '\n' {
		tb.Fatalf("the last line is torn: %q", b[max(0, len(b)-60):])
	}
	return strings.Split(string(b[:len(b)-1]), "\n")
}

func TestContractOfStandardOutput(t *testing.T) {
	outputtest.Contract(t, piped, func(*testing.T) outputtest.Destination { return &pipe{} })
}

// pipe is the destination of standard output.
type pipe struct {
	got       bytes.Buffer
	behaviour outputtest.Behaviour
	stdout    outputs.Stdout
}

func (p *pipe) Open(ctx context.Context, env outputs.Env) (outputs.Output, error) {
	p.stdout.To = p
	env.Stdout = &p.stdout
	return (&Config{Path: "-"}).Open(ctx, env)
}
func (p *pipe) Templates() []filters.Template { return nil }

func (p *pipe) Behave(b outputtest.Behaviour) bool {
	switch b {
	case outputtest.Accepts, outputtest.Fails, outputtest.Breaks, outputtest.TakesSome:
		p.behaviour = b
		return true
	}
	return false
}

var errFull = errors.New("the pipe is full")

func (p *pipe) Write(b []byte) (int, error) {
	switch p.behaviour {
	case outputtest.Fails:
		return 0, errFull
	case outputtest.Breaks: // within the first line
		n, _ := p.got.Write(b[:min(len(b), 10)])
		return n, errFull
	case outputtest.TakesSome:
		n, _ := p.got.Write(b[:len(b)/2])
		return n, nil // a writer that says nothing about it
	}
	return p.got.Write(b)
}

func (p *pipe) Received(tb testing.TB) []string { return bodies(tb, p.got.Bytes()) }

// TestStandardOutputCutAnywhere cuts every write at every length: nothing is
// torn, doubled or lost.
func TestStandardOutputCutAnywhere(t *testing.T) {
	whole := &pipe{}
	records := outputtest.NewRecords(t)
	batch := records.Batch("a", "", "b")
	sent := 0
	for _, body := range batch.Bodies {
		sent += len(body) + 1
	}
	for first := range sent + 1 {
		for _, second := range []int{1, 100, sent} {
			for _, reload := range []bool{false, true} {
				p := &cut{left: []int{first, second}}
				env := outputs.Env{Stdout: &outputs.Stdout{To: p}}
				open := func() outputs.Output {
					out, err := (&Config{Path: "-"}).Open(t.Context(), env)
					if err != nil {
						t.Fatal(err)
					}
					return out
				}
				out, rest := open(), batch.Records
				for err := errFull; err != nil; {
					err = out.Write(t.Context(), rest)
					var partial *outputs.PartialError
					if errors.As(err, &partial) {
						rest = rest[partial.Retry[0]:]
					}
					if reload {
						out = open()
					}
				}
				if got := bodies(t, p.Bytes()); strings.Join(got, "\n") != strings.Join(batch.Bodies, "\n") {
					t.Fatalf("cut after %d and %d bytes, reload %v: %q", first, second, reload, got)
				}
			}
		}
	}
	// After a cut and a reload another batch comes: its lines are whole.
	whole.Behave(outputtest.Breaks)
	out, err := whole.Open(t.Context(), outputs.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Write(t.Context(), batch.Records); err == nil {
		t.Fatal("a cut line is no error")
	}
	whole.Behave(outputtest.Accepts)
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if out, err = whole.Open(t.Context(), outputs.Env{}); err != nil {
		t.Fatal(err)
	}
	next := records.Batch("next")
	if err := out.Write(t.Context(), next.Records); err != nil {
		t.Fatal(err)
	}
	if got := whole.Received(t); len(got) != 2 || got[1] != next.Bodies[0] {
		t.Errorf("%q; want the torn line and the next one", got)
	}
}

// cut takes so many bytes at each write, and everything when it is at its end.
type cut struct {
	bytes.Buffer
	left []int
}

func (c *cut) Write(b []byte) (int, error) {
	if len(c.left) == 0 {
		return c.Buffer.Write(b)
	}
	n, _ := c.Buffer.Write(b[:min(len(b), c.left[0])])
	c.left = c.left[1:]
	if n < len(b) {
		return n, errFull
	}
	return n, nil
}

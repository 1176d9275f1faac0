package file

import (
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"testing"

	"jupyter-events-agent/checkpoint"
)

// fill makes the state folder's disk full, as far as new streams go, while full is set.
func (b *bench) fill() (full *atomic.Bool) {
	full = &atomic.Bool{}
	b.tune.add = func(s *checkpoint.Store, files ...checkpoint.Stream) ([]checkpoint.Stream, error) {
		if full.Load() {
			return nil, fmt.Errorf("write the checkpoint: %w", &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC})
		}
		return s.Add(files...)
	}
	return full
}

// TestAFullStateFolder: files that are known go on, new ones wait, also rotated
// and deleted, and over a restart.
func TestAFullStateFolder(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	full := b.fill()
	b.write("old.log", "one\n")
	b.start(2)
	b.want("one")
	full.Store(true)
	b.write("new.log", "three\n")
	b.write("stays.log", "four\n")
	b.add("old.log", "two\n")
	b.want("one", "two")
	pause(2 * b.tune.scan)
	b.rename("new.log", "new.log.1")
	b.write("new.log", "five\n")
	pause(2 * b.tune.scan)
	if err := os.Remove(b.path("new.log.1")); err != nil {
		t.Fatal(err)
	}
	pause(2*b.tune.quiet + 2*b.tune.scan)
	b.add("new.log", "six\n")
	b.want("one", "two")
	full.Store(false)
	b.want("one", "two", "three", "four", "five", "six")
	full.Store(true)
	b.stop()

	b.add("old.log", "seven\n")
	b.write("newer.log", "eight\n")
	b.start(2)
	defer b.stop()
	b.want("one", "two", "three", "four", "five", "six", "seven")
	full.Store(false)
	b.want("one", "two", "three", "four", "five", "six", "seven", "eight")
	if gaps := b.declared(); len(gaps) > 0 {
		t.Errorf("gaps: %v", gaps)
	}
}

// TestAFullStateFolderAtTheEnd: what is passed over is what was there at the
// start, not what came until there was room.
func TestAFullStateFolderAtTheEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.cfg.StartAt = "end"
	full := b.fill()
	full.Store(true)
	b.write("a.log", "old\n")
	b.write("b.log", "old too\n")
	b.start(1)
	defer b.stop()
	<-b.run.in.first
	b.add("a.log", "new\n")
	b.write("b.log", "anew\n")
	b.write("c.log", "came later\n")
	pause(3 * b.tune.scan)
	full.Store(false)
	b.want("new", "anew", "came later")
}

// TestAFullStateFolderOnce: nothing is waited for, and nothing passed over in silence.
func TestAFullStateFolderOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.once = true
	b.fill().Store(true)
	b.write("a.log", "one\n")
	store, err := checkpoint.Open(b.state)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	in, err := b.cfg.open(b.env(store), b.tune)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	if err := in.Background(t.Context()); !checkpoint.Full(err) {
		t.Errorf("error %v", err)
	}
}

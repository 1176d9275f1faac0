package file

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
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

// TestWrittenAnewWhileItWaits: what was passed over at the start has gone with the
// file's contents; what is there now is read from its beginning, as much as there is.
func TestWrittenAnewWhileItWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.cfg.StartAt = "end"
	full := b.fill()
	full.Store(true)
	b.write("a.log", "old one\nold two\n")
	b.write("b.log", "old\n")
	b.write("c.log", "same\nold\nold\n")
	b.start(1)
	defer b.stop()
	<-b.run.in.first
	b.write("a.log", "new one\nnew two\nnew three\n")
	b.write("c.log", "same\n")
	b.add("b.log", "new four\n")
	pause(3 * b.tune.scan)
	b.add("c.log", "longer than what was there\n")
	pause(3 * b.tune.scan)
	full.Store(false)
	b.want("new one", "new two", "new three", "new four", "same", "longer than what was there")
	gaps := b.declared()
	slices.SortFunc(gaps, func(a, b inputs.Gap) int { return strings.Compare(a.Path, b.Path) })
	if len(gaps) != 2 || gaps[0].Path != b.path("a.log") || gaps[0].From != 16 || gaps[0].To != -1 || gaps[1].Path != b.path("c.log") {
		t.Errorf("gaps: %v", gaps)
	}
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

package file

import (
	"os"
	"path/filepath"
	"testing"

	"jupyter-events-agent/internal/units"
)

// again has the input go on under the bench's configuration.
func (b *bench) again() {
	b.t.Helper()
	r := b.halt()
	if !b.cfg.Keep(r.in, b.env(r.store)) {
		b.t.Fatal("it does not go on")
	}
	b.read(r.store, r.in, len(r.readers))
}

func (b *bench) remove(name string) {
	b.t.Helper()
	if err := os.Remove(b.path(name)); err != nil {
		b.t.Fatal(err)
	}
}

func TestKeepReadsOnInADeletedFile(t *testing.T) {
	b := newBench(t, "events.log")
	b.write("events.log", "1\n")
	b.start(1).want("1")
	b.add("events.log", "2\n") // it may be read before or after
	b.remove("events.log")
	b.cfg.MaxLine = units.MiB / 2
	b.again()
	b.want("1", "2")
	b.write("events.log", "3\n")
	b.want("1", "2", "3")
	b.again()
	b.add("events.log", "4\n")
	b.want("1", "2", "3", "4")
	b.stop()
	if gaps := b.declared(); len(gaps) > 0 {
		t.Errorf("gaps %v", gaps)
	}
}

func TestKeepWithOtherPaths(t *testing.T) {
	b := newBench(t, "a.log")
	b.write("a.log", "a1\n")
	b.write("b.log", "b1\n")
	b.write("b.log.1", "b0\n") // a generation that was there before anybody asked
	b.start(1).want("a1")
	b.cfg.Paths = []string{filepath.Join(b.dir, "b.log")}
	b.again()
	b.want("a1", "b1")
	b.add("a.log", "a2\n") // nobody asks for it
	b.add("b.log", "b2\n")
	b.want("a1", "b1", "b2")
	b.cfg.Paths = []string{filepath.Join(b.dir, "*.log")}
	b.again()
	b.want("a1", "b1", "b2", "a2")
	b.stop()
	if gaps := b.declared(); len(gaps) > 0 {
		t.Errorf("gaps %v", gaps)
	}
	b.start(1).want("a1", "b1", "b2", "a2")
	b.stop()
}

func TestKeepIsForFilesOnly(t *testing.T) {
	b := newBench(t, "a.log").start(1)
	defer b.stop()
	if (&Config{}).Keep(nil, b.env(b.run.store)) {
		t.Error("what is no input of this kind goes on as one")
	}
}

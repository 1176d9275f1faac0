package file

import (
	"os"
	"path/filepath"
	"testing"

	"jupyter-events-agent/checkpoint"
)

// TestGoneWhole: a log that was deleted while the agent ran is lost as far as it
// was not durably delivered, and the next start says no more than that.
func TestGoneWhole(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.write("stays.log", "stays\n")
	b.write("gone.log", "one\ntwo\n")
	b.start(2)
	b.want("stays", "one", "two")
	if err := os.Remove(b.path("gone.log")); err != nil {
		t.Fatal(err)
	}
	at := func() (st checkpoint.Stream) {
		for _, st = range b.run.store.Streams() {
			if filepath.Base(st.Path) == "gone.log" {
				return st
			}
		}
		t.Fatal("the stream is not known")
		return st
	}
	detached := func() bool {
		b.run.in.mu.Lock()
		defer b.run.in.mu.Unlock()
		return b.run.in.streams[at().ID].gen == nil
	}
	await(t, "the file to be given up", detached)
	pause(3 * b.tune.scan)
	if at().Identity.Inode == 0 {
		t.Error("what is not durable counts as delivered")
	}
	if err := b.run.store.Sync(); err != nil {
		t.Fatal(err)
	}
	await(t, "it to count as delivered", func() bool { return at().Identity.Inode == 0 })
	b.stop()
	b.start(2)
	<-b.run.in.first
	b.stop()
	if gaps := b.declared(); len(gaps) > 0 {
		t.Errorf("gaps: %v", gaps)
	}
	// It comes back, and goes on.
	b.write("gone.log", "one\ntwo\nthree\n")
	b.start(2)
	defer b.stop()
	b.want("stays", "one", "two", "three")
}

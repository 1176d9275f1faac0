package file

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// remembered are the logs of the streams that the store remembers, sorted.
func (b *bench) remembered() (names []string) {
	for _, st := range b.run.store.Streams() {
		name, _ := filepath.Rel(b.dir, st.Path)
		names = append(names, filepath.ToSlash(name))
	}
	slices.Sort(names)
	return names
}

// sync makes durable what was delivered.
func (b *bench) sync() {
	b.t.Helper()
	if err := b.run.store.Sync(); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) folder(name string) {
	b.t.Helper()
	if err := os.MkdirAll(b.path(name), 0o755); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) removeAll(name string) {
	b.t.Helper()
	if err := os.RemoveAll(b.path(name)); err != nil {
		b.t.Fatal(err)
	}
}

// TestForgetFolders: what was in a folder that was removed is forgotten, once it is
// delivered; what may come back is not.
func TestForgetFolders(t *testing.T) {
	t.Parallel()
	b := newBench(t, "homes/*/events.log")
	b.tune.forget = 200 * time.Millisecond
	var want []string
	for _, name := range []string{"removed", "emptied", "mounted", "stays"} {
		b.folder("homes/" + name)
		b.write("homes/"+name+"/events.log", name+"\n")
		want = append(want, name)
	}
	b.start(2)
	defer b.stop()
	b.want(want...)
	b.run.in.mu.Lock()
	for _, s := range b.run.in.streams {
		if filepath.Base(filepath.Dir(s.rec.Path)) == "mounted" {
			s.rec.Identity.Device++ // it was on a file system of its own
		}
	}
	b.run.in.mu.Unlock()
	b.removeAll("homes/removed")
	b.removeAll("homes/emptied/events.log")
	b.removeAll("homes/mounted")
	pause(b.tune.quiet + b.tune.forget + 5*b.tune.scan)
	if got := b.remembered(); len(got) != 4 {
		t.Errorf("what is not durable was forgotten: %v are known", got)
	}
	b.sync()
	left := []string{"homes/emptied/events.log", "homes/mounted/events.log", "homes/stays/events.log"}
	await(t, "the removed one to be forgotten", func() bool { return slices.Equal(b.remembered(), left) })
	pause(b.tune.forget + 5*b.tune.scan)
	if got := b.remembered(); !slices.Equal(got, left) {
		t.Errorf("%v are known, want %v", got, left)
	}
	// All of it away: it may come back.
	if err := os.Rename(b.path("homes"), b.path("away")); err != nil {
		t.Fatal(err)
	}
	b.sync()
	pause(b.tune.quiet + b.tune.forget + 5*b.tune.scan)
	b.sync()
	pause(b.tune.forget + 5*b.tune.scan)
	if got := b.remembered(); !slices.Equal(got, left) {
		t.Errorf("%v are known, want %v", got, left)
	}
	b.folder("homes") // no: it was removed, but what was on another file system
	await(t, "the others to be forgotten", func() bool { return slices.Equal(b.remembered(), left[1:2]) })
	if gaps := b.declared(); len(gaps) > 0 {
		t.Errorf("gaps: %v", gaps)
	}
	await(t, "only what may come back to be looked at", func() bool {
		b.run.in.mu.Lock()
		defer b.run.in.mu.Unlock()
		return len(b.run.in.folders) == 1
	})
}

// TestForgetIsNoSilence: a log whose folder was removed while the agent was down is
// declared before it is forgotten.
func TestForgetIsNoSilence(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*/events.log")
	b.tune.forget = 200 * time.Millisecond
	b.folder("ann")
	b.write("ann/events.log", "one\n")
	b.start(1)
	b.want("one")
	b.stop()
	b.add("ann/events.log", "two\n")
	b.removeAll("ann")
	b.start(1)
	defer b.stop()
	await(t, "it to be forgotten", func() bool { return len(b.remembered()) == 0 })
	if gaps := b.declared(); len(gaps) != 1 || gaps[0].From != 4 || gaps[0].To != -1 {
		t.Errorf("gaps: %v", gaps)
	}
}

// TestManyFoldersGo: a folder for each of many users, who come and go, leaves nothing.
func TestManyFoldersGo(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*/events.log")
	b.tune.forget = 200 * time.Millisecond
	b.start(1)
	defer b.stop()
	for round := range 3 {
		for i := range 50 {
			dir := fmt.Sprintf("user-%d-%d", round, i)
			b.folder(dir)
			b.write(dir+"/events.log", dir+"\n")
		}
		await(t, "the lines", func() bool { return len(b.lines(0)) == 50*(round+1) })
		b.sync()
		b.removeAll("")
		b.folder("")
		await(t, "all to be forgotten", func() bool { b.sync(); return len(b.remembered()) == 0 })
	}
	if gaps := b.declared(); len(gaps) > 0 {
		t.Errorf("gaps: %v", gaps)
	}
}

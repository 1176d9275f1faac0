package checkpoint

import (
	"math/rand/v2"
	"os"
	"testing"
)

// reopened is what is left after the process dies here: what is durable.
func reopened(t *testing.T, s *Store) *Store {
	t.Helper()
	s.lock.Close()
	return opened(t, s.dir)
}

func opened(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.lock.Close() })
	return s
}

func cursorOf(t *testing.T, s *Store, output string) *Cursor {
	t.Helper()
	c, err := s.Cursor(output)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func added(t *testing.T, s *Store, files ...Stream) []Stream {
	t.Helper()
	streams, err := s.Add(files...)
	if err != nil {
		t.Fatal(err)
	}
	return streams
}

func synced(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
}

func TestOffsetBeginsAtTheStreamsStart(t *testing.T) {
	s := opened(t, t.TempDir())
	st := added(t, s, Stream{Start: 700})[0]
	c := cursorOf(t, s, "audit")
	if got := c.Offset(st.ID); got != 700 {
		t.Errorf("a new output begins at %d, want 700", got)
	}
	c.Commit(Position{st.ID, 900})
	if got := c.Offset(st.ID); got != 900 {
		t.Errorf("after a commit it is at %d, want 900", got)
	}
	if got := cursorOf(t, s, "lake").Offset(st.ID); got != 700 {
		t.Errorf("another output is at %d, want 700", got)
	}
	if got := c.Offset(st.ID + 1); got != 0 {
		t.Errorf("a stream that is not known is at %d, want 0", got)
	}
}

func TestOnlyWhatWasSealedAndSyncedIsDurable(t *testing.T) {
	s := opened(t, t.TempDir())
	st := added(t, s, Stream{}, Stream{})
	a, b := st[0].ID, st[1].ID
	c := cursorOf(t, s, "audit")

	c.Commit(Position{a, 10}, Position{b, 20})
	c.Seal([]byte("state of 10 and 20"))
	c.Commit(Position{a, 11})
	synced(t, s)
	c.Commit(Position{b, 21})
	if c.Offset(a) != 11 || c.Offset(b) != 21 {
		t.Fatalf("the running agent is at %d and %d, want 11 and 21", c.Offset(a), c.Offset(b))
	}

	s = reopened(t, s)
	c = cursorOf(t, s, "audit")
	if c.Offset(a) != 10 || c.Offset(b) != 20 || string(c.State()) != "state of 10 and 20" {
		t.Fatalf("after a crash it is at %d and %d with %q, want 10 and 20 with their state", c.Offset(a), c.Offset(b), c.State())
	}

	// Sealed and not synced: the positions and the state of before, together.
	c.Commit(Position{a, 12})
	c.Seal([]byte("state of 12"))
	s = reopened(t, s)
	c = cursorOf(t, s, "audit")
	if c.Offset(a) != 10 || string(c.State()) != "state of 10 and 20" {
		t.Fatalf("after a crash it is at %d with %q, want 10 with its state", c.Offset(a), c.State())
	}
}

func TestSealWithoutNewsIsNoChange(t *testing.T) {
	s := opened(t, t.TempDir())
	st := added(t, s, Stream{})[0]
	c := cursorOf(t, s, "audit")
	c.Commit(Position{st.ID, 5})
	c.Seal([]byte("x"))
	synced(t, s)
	c.Commit(Position{st.ID, 6})
	if s.changed {
		t.Error("a commit alone changes nothing that may become durable")
	}
	c.Commit(Position{st.ID, 5})
	c.Seal([]byte("x"))
	if s.changed {
		t.Error("the same position and state are no change")
	}
}

// TestKept: whatever else cannot be made durable.
func TestKept(t *testing.T) {
	s := opened(t, t.TempDir())
	st := added(t, s, Stream{}, Stream{})
	c := cursorOf(t, s, "audit")
	want := func(kept bool, when string) {
		t.Helper()
		if c.Kept() != kept {
			t.Errorf("kept %v %s", !kept, when)
		}
	}
	want(true, "where there was never anything")
	c.Seal([]byte("x"))
	want(false, "with a state that was never written")
	synced(t, s)
	want(true, "after a Sync")
	c.Commit(Position{st[0].ID, 5})
	want(true, "with what is not sealed")
	c.Seal([]byte("x"))
	want(false, "with a position that was never written")
	synced(t, s)
	c.Commit(Position{st[0].ID, 6})
	c.Seal([]byte("x"))
	want(false, "with another position")
	synced(t, s)

	s = reopened(t, s)
	c, other := cursorOf(t, s, "audit"), cursorOf(t, s, "other")
	if err := os.RemoveAll(s.dir); err != nil { // nothing can be written
		t.Fatal(err)
	}
	if _, err := s.Add(Stream{Path: "new"}); err == nil {
		t.Fatal("was added")
	}
	other.Commit(Position{st[1].ID, 7})
	other.Seal([]byte("y"))
	c.Seal([]byte("x"))
	if !s.changed || s.Sync() == nil {
		t.Fatal("nothing was to be written, or it could be")
	}
	want(true, "where others have changed")
	if other.Kept() {
		t.Error("the other is kept")
	}
}

func TestTheLastCommitCounts(t *testing.T) {
	s := opened(t, t.TempDir())
	st := added(t, s, Stream{})[0]
	c := cursorOf(t, s, "audit")
	c.Commit(Position{st.ID, 50}, Position{st.ID, 40})
	c.Commit(Position{0, 1}, Position{st.ID, -1})
	if got := c.Offset(st.ID); got != 40 {
		t.Errorf("at %d, want 40", got)
	}
}

func TestManyStreamsInAnyOrder(t *testing.T) {
	s := opened(t, t.TempDir())
	streams := added(t, s, make([]Stream, 500)...)
	c := cursorOf(t, s, "audit")
	want := map[uint64]int64{}
	for round := range 3 {
		for _, i := range rand.Perm(len(streams)) {
			p := Position{streams[i].ID, int64(round*1000 + i)}
			c.Commit(p)
			want[p.Stream] = p.Offset
			if i%50 == 0 {
				c.Seal(nil)
			}
		}
	}
	c.Seal(nil)
	synced(t, s)
	c = cursorOf(t, reopened(t, s), "audit")
	for id, offset := range want {
		if got := c.Offset(id); got != offset {
			t.Fatalf("stream %d is at %d, want %d", id, got, offset)
		}
	}
}

func TestForgetDropsEveryPosition(t *testing.T) {
	s := opened(t, t.TempDir())
	streams := added(t, s, make([]Stream, 9)...)
	c := cursorOf(t, s, "audit")
	for i, st := range streams {
		c.Commit(Position{st.ID, int64(i + 1)})
	}
	s.Forget(streams[0].ID, streams[4].ID, streams[8].ID)
	c.Commit(Position{streams[5].ID, 600})
	c.Seal(nil)
	synced(t, s)
	s = reopened(t, s)
	c = cursorOf(t, s, "audit")
	for i, st := range streams {
		want := int64(i + 1)
		if i == 5 {
			want = 600
		}
		if i%4 == 0 {
			want = 0
		}
		if got := c.Offset(st.ID); got != want {
			t.Errorf("stream %d is at %d, want %d", i, got, want)
		}
		if _, ok := s.Find(st.ID); ok != (i%4 != 0) {
			t.Errorf("stream %d known: %v", i, ok)
		}
	}
}

func TestPositionsOfUnknownStreamsEndWithTheProcess(t *testing.T) {
	s := opened(t, t.TempDir())
	st := added(t, s, Stream{})[0]
	c := cursorOf(t, s, "audit")
	s.Forget(st.ID)
	c.Commit(Position{st.ID, 77}) // was under way when the stream was forgotten
	c.Seal([]byte("x"))
	synced(t, s)
	c = cursorOf(t, reopened(t, s), "audit")
	if got := c.Offset(st.ID); got != 0 {
		t.Errorf("at %d, want 0", got)
	}
}

func TestCommitDoesNotAllocate(t *testing.T) {
	s := opened(t, t.TempDir())
	streams := added(t, s, make([]Stream, 1000)...)
	c := cursorOf(t, s, "audit")
	ends := make([]Position, len(streams))
	for i, st := range streams {
		ends[i] = Position{st.ID, 1}
	}
	c.Commit(ends...)
	c.Seal(nil)
	if n := testing.AllocsPerRun(20, func() {
		for i := range ends {
			ends[i].Offset++
		}
		c.Commit(ends...)
		c.Seal(nil)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

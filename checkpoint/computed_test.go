package checkpoint

import (
	"os"
	"testing"
)

func TestDurableIsWhatTheLastSyncWrote(t *testing.T) {
	s := opened(t, t.TempDir())
	st := added(t, s, Stream{})[0]
	c := cursorOf(t, s, "audit")
	is := func(want int64) {
		t.Helper()
		got, ok := c.Durable(st.ID)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("durable is %d, %v; want %d", got, ok, want)
		}
	}
	is(-1)
	c.Commit(Position{st.ID, 10})
	is(-1)
	c.Seal(nil)
	is(-1)
	synced(t, s)
	is(10)
	c.Commit(Position{st.ID, 20})
	c.Seal(nil)
	c.Commit(Position{st.ID, 30})
	is(10)
	synced(t, s)
	is(20)
	s = reopened(t, s)
	c = cursorOf(t, s, "audit")
	is(20)
	c.Commit(Position{st.ID, 5}) // back
	c.Seal(nil)
	synced(t, s)
	is(5)
	s.Forget(st.ID)
	is(-1)
}

func TestDurableDoesNotRunAheadOfAFailedSync(t *testing.T) {
	s := opened(t, t.TempDir())
	st := added(t, s, Stream{})[0]
	c := cursorOf(t, s, "audit")
	c.Commit(Position{st.ID, 10})
	c.Seal(nil)
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(); err == nil {
		t.Fatal("written into a folder that is gone")
	}
	if got, ok := c.Durable(st.ID); ok {
		t.Errorf("durable is %d after a sync that failed", got)
	}
}

func TestKeepRemembersComputedStreams(t *testing.T) {
	s := opened(t, t.TempDir())
	added(t, s, Stream{}, Stream{}, Stream{})
	for _, id := range []uint64{1, 1 << 63, 77} {
		s.Keep(Stream{ID: id, Path: "kafka a/0", Start: -1})
	}
	c := cursorOf(t, s, "audit")
	if got := c.Offset(77); got != -1 {
		t.Errorf("a stream without position is at %d, want its start", got)
	}
	c.Commit(Position{77, 5})
	c.Seal(nil)
	synced(t, s)
	s = reopened(t, s)
	c = cursorOf(t, s, "audit")
	if st, ok := s.Find(77); !ok || st.Path != "kafka a/0" || st.Start != -1 || c.Offset(77) != 5 || len(s.Streams()) != 6 {
		t.Errorf("%+v, %v, at %d", st, ok, c.Offset(77))
	}
	s.changed = false
	s.Keep(Stream{ID: 77, Path: "kafka a/0", Start: -1})
	if s.changed {
		t.Error("what is known already is no change")
	}
	s.Keep(Stream{ID: 77, Path: "kafka b/0", Start: -1})
	if st, _ := s.Find(77); st.Path != "kafka b/0" || !s.changed || c.Offset(77) != 5 {
		t.Errorf("%+v, at %d", st, c.Offset(77))
	}
}

package pipeline

import (
	"testing"
	"testing/synctest"
	"time"

	"jupyter-events-agent/checkpoint"
)

// rotating wants a Sync after every 30 records. It sees that the rules of
// outputs.Syncer hold when Sync is called.
type rotating struct {
	synced
	t    *testing.T
	dir  string
	last string
	at   int // records at the last Sync
}

func (r *rotating) Due() bool { return len(r.taken())-r.at >= 30 }

func (r *rotating) Sync() ([]byte, error) {
	if len(r.syncs) > 0 {
		store, err := checkpoint.Read(r.dir)
		if err != nil {
			r.t.Fatal(err)
		}
		cursor, err := store.Cursor("a")
		if err != nil {
			r.t.Fatal(err)
		}
		if got := string(cursor.State()); got != r.last {
			r.t.Errorf("Sync is called while the state %q is durable and not the last, %q", got, r.last)
		}
	}
	state, err := r.synced.Sync()
	r.at, r.last = len(r.taken()), string(state)
	return state, err
}

func TestAnOutputThatIsDueIsSyncedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.add(1, events(1, 0, 300))
		x := newTest(t, in)
		out := &rotating{t: t, dir: x.dir}
		x.output("a", out, Batch{Events: 10, Age: time.Hour})
		x.start()
		synctest.Wait()
		if n := len(out.syncs); n != 1+300/30 {
			t.Errorf("%d syncs without waiting, want one at the start and one for every 30 of 300 records", n)
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		want(t, "a", out.taken(), 1, 300)
	})
}

// rotatingCells is a quarantine that wants a Sync after every 30 lines.
type rotatingCells struct {
	cells
	at int
}

func (c *rotatingCells) Due() bool { return len(c.lines)-c.at >= 30 }

func (c *rotatingCells) Sync() ([]byte, error) {
	c.at = len(c.lines)
	return c.cells.Sync()
}

func TestAQuarantineThatIsDueIsSyncedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.block = 1 << 10
		in.add(1, faulty(0, 300))
		x := newTest(t, in)
		store := &rotatingCells{}
		x.Quarantine = store
		x.output("a", &dest{}, Batch{})
		x.start()
		synctest.Wait()
		if store.syncs < 4 {
			t.Errorf("%d syncs without waiting, want one every few chunks", store.syncs)
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		store.want(t, 300)
	})
}

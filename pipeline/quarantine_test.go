package pipeline

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// cells is a quarantine in memory.
type cells struct {
	mu     sync.Mutex
	lines  []string // reason and line
	syncs  int
	fail   func() error
	broken error // of Sync
}

func (c *cells) Put(block *inputs.Block, line *inputs.Line, fault *schema.Fault) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		if err := c.fail(); err != nil {
			return err
		}
	}
	c.lines = append(c.lines, fmt.Sprintf("%s %s %s", block.Path, fault.Reason, line.Raw))
	return nil
}

func (c *cells) Sync() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.syncs++
	return fmt.Appendf(nil, "%d", len(c.lines)), c.broken
}

func (c *cells) synced() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.syncs
}

// faulty are lines of which every second is none.
func faulty(from, count int) string {
	var b strings.Builder
	for n := from; n < from+count; n++ {
		b.WriteString(event("taken", 1, n, "") + fmt.Sprintf("bad %d\n", n))
	}
	return b.String()
}

func (c *cells) want(t *testing.T, count int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.lines) != count {
		t.Errorf("%d lines in the quarantine, want %d", len(c.lines), count)
	}
	for n, line := range c.lines {
		if want := fmt.Sprintf("hub not_json bad %d", n); line != want {
			t.Fatalf("line %d in the quarantine is %q, want %q", n, line, want)
		}
	}
}

func TestQuarantineTakesEveryFaultOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		store := &cells{}
		in.add(1, faulty(0, 300))
		x := newTest(t, in)
		x.Quarantine = store
		a := &dest{}
		x.output("a", a, Batch{})
		x.start()
		synctest.Wait()
		store.want(t, 300)
		before := store.synced()
		pass(time.Minute)
		if n := store.synced() - before; n != 1 {
			t.Errorf("%d syncs of an idle quarantine, want one", n)
		}
		in.add(1, faulty(300, 50))
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		in.add(1, faulty(350, 50))
		in.once = true
		x.reopen(in)
		x.Quarantine = store
		x.output("a", a, Batch{})
		x.start()
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		store.want(t, 400)
		want(t, "a", a.taken(), 1, 400)
	})
}

func TestAFullQuarantineDelaysOnlyItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.add(1, faulty(0, 100))
		x := newTest(t, in)
		puts, full := 0, true
		store := &cells{fail: func() error {
			if puts++; puts > 7 && full {
				return errors.New("no space left on device")
			}
			return nil
		}}
		x.Quarantine = store
		a := &dest{}
		x.output("a", a, Batch{})
		x.start()
		pass(time.Hour)
		want(t, "a", a.taken(), 1, 100)
		store.want(t, 7)
		if !strings.Contains(x.log.String(), "cannot write to the quarantine") {
			t.Errorf("nothing is said:\n%s", x.log.String())
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		// What was stored before the stop is not stored again.
		full, in.once = false, true
		x.reopen(in)
		x.Quarantine = store
		x.start()
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		store.want(t, 100)
		snap := x.Stats.Snapshot()
		if len(snap.Outputs) != 1 || snap.Outputs[0].Name != QuarantineCursor || snap.Outputs[0].Records != 93 {
			t.Errorf("counted %+v", snap.Outputs)
		}
	})
}

func TestAQuarantineWhoseSyncFailsEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		x := newTest(t, in)
		store := &rotatingCells{}
		x.Quarantine = store
		x.start()
		synctest.Wait()
		store.broken = errors.New("input/output error")
		begin := time.Now()
		in.add(1, faulty(0, 300))
		err := x.end()
		if err == nil || !strings.Contains(err.Error(), "quarantine: make durable what was written: input/output error") {
			t.Errorf("error %v", err)
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("it took %v", d)
		}
	})
}

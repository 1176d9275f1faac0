package pipeline

import (
	"testing"
	"testing/synctest"
	"time"
)

// signing wants a Sync every quarter of an hour, whether or not anything comes.
type signing struct {
	synced
	times []time.Time
	last  int // how many Syncs there were when the last one was announced; -1: it was not
}

func (s *signing) Next() time.Time { return s.times[len(s.times)-1].Add(15 * time.Minute) }
func (s *signing) Last()           { s.last = len(s.times) }

func (s *signing) Sync() ([]byte, error) {
	s.times = append(s.times, time.Now())
	return s.synced.Sync()
}

func TestAnOutputThatSignsIsSyncedInTimeAndAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		x := newTest(t, in)
		out := &signing{last: -1}
		x.output("a", out, Batch{})
		x.start()
		pass(time.Hour + time.Minute)
		if n := len(out.times); n != 5 {
			t.Errorf("%d syncs in an hour without a line, want one at the start and one every quarter", n)
		}
		for i := range out.times[1:] {
			if d := out.times[i+1].Sub(out.times[i]); d < 15*time.Minute || d > 16*time.Minute {
				t.Errorf("%v between two syncs", d)
			}
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		if n := len(out.times); n != 6 || out.last != 5 {
			t.Errorf("%d syncs, the last announced after %d; want the sixth at the stop, announced", n, out.last)
		}
	})
}

func TestAnOutputThatSignsIsSyncedAtTheEndWithNothingOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.add(1, events(1, 0, 10))
		x := newTest(t, in)
		out := &signing{last: -1}
		x.output("a", out, Batch{})
		x.start()
		pass(5 * time.Second)
		before := len(out.times)
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		if len(out.times) != before+1 || out.last != before {
			t.Errorf("%d syncs, %d before the stop, announced after %d", len(out.times), before, out.last)
		}
		want(t, "a", out.taken(), 1, 10)
	})
}

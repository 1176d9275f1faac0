package pipeline

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// judging takes all records but those at fault, which it rejects where another
// one beside them shows that it takes some; else it is unclear.
func judging(bad ...int) *dest {
	return &dest{answer: func(_ context.Context, batch []rec) error {
		p, some := &outputs.PartialError{Err: outputs.Unclear(errDown)}, false
		for i, r := range batch {
			if slices.Contains(bad, r.N) {
				p.Retry = append(p.Retry, i)
			} else {
				some = true
			}
		}
		switch {
		case len(p.Retry) == 0:
			return nil
		case !some:
			return p.Err
		}
		for _, i := range p.Retry {
			p.Rejected = append(p.Rejected, outputs.Rejection{Index: i, Class: "bad"})
		}
		p.Retry, p.Err = nil, nil
		return p
	}}
}

// TestUnclearWaitsForCompany: a record of which it is unclear whether it is at
// fault waits until another one comes, and no longer.
func TestUnclearWaitsForCompany(t *testing.T) {
	for _, size := range []int{1, 2, 1000} {
		synctest.Test(t, func(t *testing.T) {
			in := newFeed(t, "hub")
			in.add(1, events(1, 0, 1))
			x := newTest(t, in)
			d, kept := judging(0), &bin{}
			x.output("a", d, Batch{Events: size})
			x.Outputs[0].Rejected = kept
			var seen []int
			x.Outputs[0].Look = func(records []filters.Record) { seen = append(seen, len(records)) }
			x.start()
			pass(time.Hour)
			if len(d.taken()) > 0 || len(kept.holds()) > 0 {
				t.Errorf("alone: %v taken, %v rejected", d.taken(), kept.holds())
			}
			in.add(1, "bad\n"+events(1, 1, 2))
			pass(time.Minute)
			in.add(1, events(1, 3, 5))
			pass(time.Minute)
			if got := fmt.Sprint(delivered(d), kept.holds()); got != "[1 2 3 4 5 6 7] [bad 0]" {
				t.Errorf("batches of %d: delivered and rejected %s", size, got)
			}
			if sum := sumOf(seen); sum != 8 {
				t.Errorf("batches of %d: %v records were looked at, want each of 8 once", size, seen)
			}
			out := x.Stats.Snapshot().Outputs[0]
			if out.Records != 7 || out.Rejected["bad"] != 1 || !out.Failing.IsZero() || out.Batch.Sum != 8 || out.Lag != 0 {
				t.Errorf("batches of %d: counted %+v", size, out)
			}
			if err := x.stop(); err != nil {
				t.Fatal(err)
			}
			// What joined is committed with the batch that it joined.
			x.reopen(in)
			again := judging()
			x.output("a", again, Batch{})
			x.start()
			pass(time.Minute)
			if err := x.stop(); err != nil || len(again.taken()) > 0 {
				t.Errorf("batches of %d: %v, and again %v", size, err, again.taken())
			}
		})
	}
}

// TestCompanyIsBounded: where nothing is clear for ever, no more joins than a batch
// holds, and all of it goes, once and in order, when the destination is mended.
func TestCompanyIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.add(1, events(1, 0, 3))
		x := newTest(t, in)
		most := 0
		var mended atomic.Bool
		d := &dest{answer: func(_ context.Context, batch []rec) error {
			if most = max(most, len(batch)); !mended.Load() {
				return outputs.Unclear(errDown)
			}
			return nil
		}}
		x.output("a", d, Batch{Events: 10})
		x.start()
		pass(time.Minute)
		for n := 3; n < 500; n += 7 {
			in.add(1, events(1, n, 7))
			pass(time.Minute)
		}
		mended.Store(true)
		pass(time.Minute)
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		if most != 3+7+7 {
			t.Errorf("up to %d records in a Write; want that 7 join, and then 7 more", most)
		}
		want(t, "a", d.taken(), 1, 500)
	})
}

// TestCompanyIsAsked: who takes a yes back while a record waits to join is asked
// like everybody else.
func TestCompanyIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, w := newFeed(t, "log"), &word{}
		x := newTest(t, f)
		w.say(nil, "ada", "bob")
		d := judging(0)
		x.asks(w, d, "deliver")
		f.add(1, about(0, "ada"))
		x.start()
		pass(time.Hour)
		f.add(1, about(1, "bob", "bob"))
		synctest.Wait()
		w.say(nil, "ada")
		pass(time.Minute)
		if len(d.taken()) > 0 || x.withheld() != 2 {
			t.Errorf("%v delivered, %d withheld", delivered(d), x.withheld())
		}
		f.add(1, about(3, "ada"))
		pass(time.Minute)
		if got := delivered(d); !slices.Equal(got, []int{3}) {
			t.Errorf("delivered %v", got)
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func sumOf(all []int) (sum int) {
	for _, n := range all {
		sum += n
	}
	return sum
}

package pipeline

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/schema"
)

func TestOnceDeliversEverythingAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.once = true
		for stream := range uint64(3) {
			in.add(stream+1, events(stream+1, 0, 2500)+"no JSON\n"+events(stream+1, 2500, 10)+event("left", stream+1, 9999, ""))
		}
		x := newTest(t, in)
		a, b := &dest{}, &synced{}
		x.output("a", a, Batch{})
		x.output("b", b, Batch{Events: 7, Age: time.Hour})
		x.start()
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		for stream := range uint64(3) {
			want(t, "a", a.taken(), stream+1, 2510)
			want(t, "b", b.taken(), stream+1, 2510)
		}
		for _, n := range b.batches[:len(b.batches)-1] {
			if n != 7 {
				t.Fatalf("batches of b: %v, want 7 in each: a chunk's end cuts none", b.batches)
			}
		}
		snap := x.Stats.Snapshot()
		if in := snap.Inputs[0]; in.Lines != 3*2512 || in.Faults[schema.NotJSON] != 3 || in.FaultSum() != 3 {
			t.Errorf("input counted %+v", in)
		}
		for _, out := range snap.Outputs {
			if out.Records != 3*2510 || out.Withheld != (filters.Withheld{filters.NotTaken: 3}) || out.Lag != 0 || out.Bytes == 0 {
				t.Errorf("output counted %+v", out)
			}
		}
	})
}

func TestWhatIsDeliveredIsNotDeliveredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.once = true
		in.add(1, events(1, 0, 100))
		x := newTest(t, in)
		a, b := &dest{}, &synced{}
		x.output("a", a, Batch{})
		x.output("b", b, Batch{})
		x.start()
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		in.add(1, "garbage\n"+event("left", 1, 0, "")) // nothing that they take: the cursors move all the same
		for range 2 {
			x.reopen(in)
			x.output("a", a, Batch{})
			x.output("b", b, Batch{})
			x.start()
			if err := x.end(); err != nil {
				t.Fatal(err)
			}
		}
		want(t, "a", a.taken(), 1, 100)
		want(t, "b", b.taken(), 1, 100)
		if n := x.Stats.Snapshot().Inputs[0].Lines; n != 0 {
			t.Errorf("the last run read %d lines again", n)
		}
	})
}

func TestBatchesGoByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		x := newTest(t, in)
		fast, slow := &dest{}, &dest{}
		x.output("fast", fast, Batch{})
		x.output("slow", slow, Batch{Age: time.Second})
		x.start()
		synctest.Wait()
		begin := time.Now()
		for n := range 5 {
			in.add(1, events(1, n, 1))
			pass(300 * time.Millisecond)
		}
		if w := fast.wrote(); len(w) != 5 || w[4].Sub(begin) != 1200*time.Millisecond {
			t.Errorf("age 0: writes at %v: want each event at once", w)
		}
		if w := slow.wrote(); len(w) != 1 || w[0].Sub(begin) != time.Second || len(slow.taken()) != 4 {
			t.Errorf("age 1s: writes at %v of %d records, want one of 4 after 1s", w, len(slow.taken()))
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		want(t, "slow", slow.taken(), 1, 5)
	})
}

func TestBatchesGoByBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.once = true
		in.add(1, event("taken", 1, 0, strings.Repeat("x", 3000))+events(1, 1, 50))
		x := newTest(t, in)
		a := &dest{}
		x.output("a", a, Batch{Bytes: 1500, Age: time.Hour})
		x.start()
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		want(t, "a", a.taken(), 1, 51)
		if a.batches[0] != 1 || a.batches[1] < 8 || a.batches[1] > 14 {
			t.Errorf("batches %v: want the large record alone, then about 1500 bytes each", a.batches)
		}
	})
}

func TestADeadOutputDelaysOnlyItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		x := newTest(t, in)
		dead := &dest{answer: func(ctx context.Context, _ []rec) error { <-ctx.Done(); return ctx.Err() }}
		alive := &dest{}
		x.output("dead", dead, Batch{Events: 10})
		x.output("alive", alive, Batch{})
		x.start()
		for n := range 100 {
			in.add(1, events(1, n*100, 100))
			synctest.Wait()
			if len(alive.taken()) < n*100 {
				t.Fatalf("the live output has %d of %d", len(alive.taken()), n*100)
			}
		}
		begin := time.Now()
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begin); d != x.Grace {
			t.Errorf("the stop took %v, want the grace", d)
		}
		want(t, "alive", alive.taken(), 1, 10000)
		want(t, "dead", dead.taken(), 1, 0)
		if !strings.Contains(x.log.String(), "next start sends it") {
			t.Errorf("the log does not say that something is left:\n%s", x.log.String())
		}
	})
}

func TestASlowOutputDelaysOnlyItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.once = true
		in.block = 256 << 10
		in.add(1, events(1, 0, 60000)) // more than the window holds
		x := newTest(t, in)
		var last time.Time
		fast := &dest{answer: func(context.Context, []rec) error { last = time.Now(); return nil }}
		slow := &dest{answer: func(context.Context, []rec) error { <-time.After(20 * time.Millisecond); return nil }}
		x.output("fast", fast, Batch{})
		x.output("slow", slow, Batch{})
		begin := time.Now()
		x.start()
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		if d := last.Sub(begin); d > 10*time.Millisecond {
			t.Errorf("the fast output took %v beside one of 20ms a batch", d)
		}
		want(t, "fast", fast.taken(), 1, 60000)
		want(t, "slow", slow.taken(), 1, 60000)
	})
}

func TestAnOutputThatTakesNothingMovesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		x := newTest(t, in)
		a := &dest{}
		x.output("a", a, Batch{Age: time.Hour})
		x.start()
		for n := range 100 {
			in.add(1, event("left", 1, n, ""))
			pass(100 * time.Millisecond)
		}
		if at, end := x.Outputs[0].Cursor.Offset(in.streams[0].id), int64(len(in.streams[0].text)); at < end*8/10 {
			t.Errorf("committed %d of %d", at, end)
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		if len(a.times) != 0 {
			t.Error("a batch without records was written")
		}
	})
}

func TestStopFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.add(1, events(1, 0, 30))
		x := newTest(t, in)
		var slow atomic.Bool
		a := &synced{dest: dest{answer: func(ctx context.Context, _ []rec) error {
			slow.Store(true)
			<-time.After(3 * time.Second)
			return ctx.Err()
		}}}
		x.output("a", a, Batch{Events: 20, Age: time.Hour})
		x.start()
		synctest.Wait()
		if !slow.Load() {
			t.Fatal("nothing is being written")
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		want(t, "a", a.taken(), 1, 30)
		x.reopen(in)
		x.output("a", a, Batch{})
		if cursor := x.Outputs[0].Cursor; cursor.Offset(in.streams[0].id) != int64(len(in.streams[0].text)) || string(cursor.State()) != "30" {
			t.Errorf("after the stop: offset %d, state %q", cursor.Offset(in.streams[0].id), cursor.State())
		}
		x.Store.Close()
	})
}

func TestStopWhileDownIsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.add(1, events(1, 0, 30))
		x := newTest(t, in)
		a := &dest{answer: func(context.Context, []rec) error { return errDown }}
		x.output("a", a, Batch{})
		x.start()
		pass(10 * time.Minute)
		tried, begin := len(a.wrote()), time.Now()
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		if d, n := time.Since(begin), len(a.times)-tried; d > time.Second || n != 1 {
			t.Errorf("the stop took %v and %d attempts, want one more attempt at once", d, n)
		}
	})
}

func TestOnceWithADestinationThatStaysAway(t *testing.T) {
	for name, answer := range map[string]func(context.Context, []rec) error{
		"refuses": func(context.Context, []rec) error { return errDown },
		"hangs":   func(ctx context.Context, _ []rec) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := newFeed(t, "hub")
				in.once = true
				in.add(1, events(1, 0, 5000))
				x := newTest(t, in)
				x.Timeout = time.Minute
				alive := &dest{answer: func(context.Context, []rec) error { <-time.After(30 * time.Second); return nil }}
				x.output("lake", &dest{answer: answer}, Batch{})
				x.output("alive", alive, Batch{})
				x.start()
				err := x.end()
				if err == nil || !strings.Contains(err.Error(), "output lake: no delivery for 1m0s") || !strings.Contains(err.Error(), "--timeout") {
					t.Errorf("error %v: want the output's name and what to do", err)
				}
				want(t, "alive", alive.taken(), 1, 5000)
			})
		})
	}
}

func TestWhatEndsTheRun(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*test, *feed, *synced)
		want string
	}{
		"an input's own work": {func(_ *test, in *feed, _ *synced) { in.ended <- errors.New("no such folder") }, "input hub: no such folder"},
		"a sync": {func(_ *test, in *feed, out *synced) {
			out.fail = errors.New("input/output error")
			in.add(1, events(1, 0, 1))
		}, "output a: make durable what was written: input/output error"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := newFeed(t, "hub")
				x := newTest(t, in)
				out := &synced{}
				x.output("a", out, Batch{})
				x.start()
				synctest.Wait()
				c.do(x, in, out)
				if err := x.end(); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want %q", err, c.want)
				}
			})
		})
	}
}

func TestSyncOnceASecondAndWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		x := newTest(t, in)
		a := &synced{}
		x.output("a", a, Batch{})
		x.start()
		synctest.Wait()
		begin := time.Now()
		for n := range 100 {
			in.add(1, events(1, n, 1))
			pass(50 * time.Millisecond)
		}
		pass(time.Hour)
		n := len(a.syncs)
		if n < 5 || n > 8 {
			t.Errorf("%d syncs over 5 busy seconds and an idle hour", n)
		}
		if last := a.syncs[n-1].Sub(begin); last > 6*time.Second {
			t.Errorf("the last sync came after %v: want within a second of the last write", last)
		}
		if string(x.Outputs[0].Cursor.State()) != "100" {
			t.Errorf("sealed state %q", x.Outputs[0].Cursor.State())
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAFileThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.add(1, events(1, 0, 10))
		in.fail(1, errors.New("input/output error"))
		x := newTest(t, in)
		a := &dest{}
		x.output("a", a, Batch{})
		x.start()
		synctest.Wait()
		for n := range 100 {
			in.add(2, events(2, n, 1))
			pass(time.Second)
			if len(a.taken()) != n+1 {
				t.Fatalf("the healthy file is delayed: %d of %d", len(a.taken()), n+1)
			}
		}
		if n := in.reads.Load(); n > 130 {
			t.Errorf("%d reads in 100 s: it spins", n)
		}
		if n := strings.Count(x.log.String(), "cannot read"); n < 1 || n > 3 {
			t.Errorf("said %d times:\n%s", n, x.log.String())
		}
		in.fail(1, nil)
		pass(time.Minute)
		want(t, "a", a.taken(), 1, 10)
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// nothingThere is a stream that Next offers and Read finds nothing in.
type nothingThere struct{ reads atomic.Int64 }

func (n *nothingThere) Read(context.Context, checkpoint.Position, *inputs.Block) error {
	n.reads.Add(1)
	return inputs.ErrNothing
}

type offering struct {
	feedReader
	nothing nothingThere
}

func (o *offering) Next(ctx context.Context) (inputs.Place, error) {
	return inputs.Place{At: checkpoint.Position{Stream: 7}, From: &o.nothing}, nil
}

func TestNothingToReadDoesNotSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		r := &offering{feedReader: feedReader{feed: in}}
		f := &follow{
			walker: (&source{stats: &inputStats{}}).walker(&reach{}, &work{}), reader: r, window: newWindow(windowBytes),
			sink: newLane(taken(), Batch{}, 1), stats: (&Stats{}).output("out", 1), log: newTest(t).Log,
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		f.run(ctx)
		if n := r.nothing.reads.Load(); n > 1000 {
			t.Errorf("%d reads in 10 s", n)
		}
	})
}

var _ outputs.Syncer = (*synced)(nil)

// TestSlowIsNotAway: a destination that takes a record at a time, with an error
// each time, has not stayed away.
func TestSlowIsNotAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.once = true
		x := newTest(t, in)
		x.Timeout = 10 * time.Second
		out := &dest{answer: func(_ context.Context, b []rec) error {
			if len(b) == 1 {
				return nil
			}
			p := &outputs.PartialError{Err: errors.New("too many at a time")}
			for i := 1; i < len(b); i++ {
				p.Retry = append(p.Retry, i)
			}
			return p
		}}
		x.output("a", out, Batch{})
		in.add(1, events(1, 0, 500))
		x.start()
		if err := x.end(); err != nil {
			t.Error(err)
		}
		if n := len(out.taken()); n != 500 {
			t.Errorf("%d of 500 delivered", n)
		}
		if at := out.wrote(); at[len(at)-1].Sub(at[0]) < x.Timeout {
			t.Error("it was over before the destination could have been taken for one that is away")
		}
	})
}

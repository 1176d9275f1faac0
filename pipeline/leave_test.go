package pipeline

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"jupyter-events-agent/outputs"
)

// left is a test that runs and is left when leave is called.
func left(t *testing.T, d *dest) (x *test, f *feed, leave func()) {
	f = newFeed(t, "hub")
	x = newTest(t, f)
	x.output("out", d, Batch{Events: 10, Age: 10 * time.Millisecond})
	ch := make(chan struct{})
	x.Leave = ch
	return x, f, func() { close(ch) }
}

func TestLeavingEndsAtTheBorderOfABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		word := make(chan struct{})
		d := &dest{answer: func(context.Context, []rec) error { <-word; return nil }}
		x, f, leave := left(t, d)
		x.start()
		f.add(1, events(1, 0, 35))
		pass(time.Second)
		leave()
		pass(time.Second)
		close(word)
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		want(t, "while it was left", d.taken(), 1, 10)
		if n := len(d.wrote()); n != 1 {
			t.Errorf("%d writes: what was made and not being written was sent", n)
		}
		x.reopen(f)
		x.output("out", d, Batch{Events: 10})
		x.start()
		pass(time.Second)
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		want(t, "after that", d.taken(), 1, 35)
	})
}

func TestLeavingTriesNothingOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dest{answer: func(context.Context, []rec) error { return errDown }}
		x, f, leave := left(t, d)
		x.start()
		f.add(1, events(1, 0, 5))
		pass(time.Minute)
		before := len(d.wrote())
		start := time.Now()
		leave()
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		if n := len(d.wrote()); n != before || time.Since(start) > time.Second {
			t.Errorf("%d more writes in %v", n-before, time.Since(start))
		}
	})
}

func TestLeavingDoesNotWaitForWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dest{answer: func(ctx context.Context, _ []rec) error { <-ctx.Done(); return ctx.Err() }}
		x, f, leave := left(t, d)
		x.start()
		f.add(1, events(1, 0, 5))
		pass(time.Minute)
		start := time.Now()
		leave()
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != leaveWithin {
			t.Errorf("it took %v, want %v", took, leaveWithin)
		}
	})
}

// TestLeavingAPartOfABatch: what was not taken comes again, and with it, as
// docs/guarantees.md says, what was.
func TestLeavingAPartOfABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dest{answer: func(_ context.Context, batch []rec) error {
			if len(batch) == 10 {
				return &outputs.PartialError{Retry: []int{5, 6, 7, 8, 9}, Err: errDown}
			}
			return errDown
		}}
		x, f, leave := left(t, d)
		x.start()
		f.add(1, events(1, 0, 10))
		pass(time.Second)
		want(t, "before", d.taken(), 1, 5)
		leave()
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		d.answer = nil
		x.reopen(f)
		x.output("out", d, Batch{Events: 10})
		x.start()
		pass(time.Second)
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		want(t, "after", d.taken()[5:], 1, 10)
	})
}

func TestPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Pulse{}
		one, other := p.work(), p.work()
		one.begin()
		other.begin()
		other.end()
		pass(time.Second)
		if !p.Moves(time.Second) || p.Moves(time.Second-1) {
			t.Error("a second of work is not a second")
		}
		one.end()
		pass(time.Hour)
		if !p.Moves(time.Second) {
			t.Error("who waits does not move")
		}
		one.begin()
		p.clear()
		pass(time.Hour)
		if !p.Moves(time.Second) {
			t.Error("a run that is over is asked")
		}
	})
}

// TestADestinationThatHangsIsNoHang: what waits for something outside moves.
func TestADestinationThatHangsIsNoHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dest{answer: func(ctx context.Context, _ []rec) error { <-ctx.Done(); return ctx.Err() }}
		x, f, _ := left(t, d)
		x.Pulse = &Pulse{}
		x.start()
		f.add(1, events(1, 0, 500))
		pass(time.Hour)
		if !x.Pulse.Moves(time.Second) {
			t.Error("a destination that hangs stops the pulse")
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestReloadsFasterThanAge: a batch that waits for longer than until the next reload
// goes all the same, at the time at which it would have gone.
func TestReloadsFasterThanAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const age = 10 * time.Second
		d := &dest{}
		x, f, _ := left(t, d)
		stats := x.Stats
		again := func() (leave func()) {
			x.Outputs, x.Stats = nil, stats
			x.output("out", d, Batch{Events: 1000, Age: age})
			ch := make(chan struct{})
			x.Leave = ch
			x.start()
			return func() { close(ch) }
		}
		leave := again()
		turn := func(d time.Duration) {
			pass(d)
			leave()
			if err := x.end(); err != nil {
				t.Fatal(err)
			}
			x.reopen(f)
			leave = again()
		}
		turn(time.Hour)
		f.add(1, events(1, 0, 10))
		f.add(2, event("left", 2, 0, "")) // which the output does not take
		for range 19 {
			turn(age / 20)
		}
		pass(age/20 - time.Millisecond)
		if n := len(d.taken()); n > 0 {
			t.Errorf("%d records before their time", n)
		}
		pass(2 * time.Millisecond)
		want(t, "in time", d.taken(), 1, 10)
		// What is delivered is not owed: the next batch waits for its own time.
		turn(time.Second)
		f.add(1, events(1, 10, 1))
		pass(age - time.Millisecond)
		want(t, "before its time", d.taken(), 1, 10)
		pass(2 * time.Millisecond)
		want(t, "in its time", d.taken(), 1, 11)
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
	})
}

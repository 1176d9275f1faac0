package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func newSaver(sync func() error) *saver {
	return &saver{sync: sync, wake: make(chan struct{}, 1), health: health{log: slog.New(slog.DiscardHandler)}}
}

func TestSavesAtMostOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		saves := 0
		s := newSaver(func() error { saves++; return nil })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.run(ctx, Retry{}) }()
		var ticket uint64
		for range 1000 {
			ticket = s.ask()
			pass(10 * time.Millisecond)
		}
		pass(time.Hour)
		if saves < 10 || saves > 11 {
			t.Errorf("%d saves in 10 busy seconds and an idle hour", saves)
		}
		if !s.durable(ticket) {
			t.Error("the last that was asked for is not saved")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		// Who saves a ticket that is durable already costs nothing.
		before := saves
		if err := s.save(ticket); err != nil || saves != before {
			t.Errorf("%v, %d more saves", err, saves-before)
		}
		if err := s.save(s.ask()); err != nil || saves != before+1 {
			t.Errorf("%v, %d more saves, want one", err, saves-before)
		}
	})
}

func TestAStateFolderThatCannotBeWritten(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		fatal bool
	}{
		"full":      {fmt.Errorf("write the checkpoint: %w", &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}), false},
		"read-only": {fmt.Errorf("write the checkpoint: %w", &os.PathError{Op: "open", Path: "x", Err: syscall.EROFS}), true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mended atomic.Bool
				s := newSaver(func() error {
					if mended.Load() {
						return nil
					}
					return c.err
				})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan error, 1)
				go func() { done <- s.run(ctx, Retry{First: 200 * time.Millisecond, Max: 30 * time.Second}) }()
				ticket, begin := s.ask(), time.Now()
				pass(time.Hour)
				synctest.Wait()
				if c.fatal {
					if err := <-done; !errors.Is(err, c.err) || time.Since(begin) < helpless {
						t.Errorf("ended with %v after %v", err, time.Since(begin))
					}
					return
				}
				mended.Store(true)
				pass(time.Minute)
				if !s.durable(ticket) {
					t.Error("the disk has room again and nothing is saved")
				}
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestBeginningWaitsForAFullDisk: as a run does that goes on; a stop ends it.
func TestBeginningWaitsForAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTest(t)
		defer x.Store.Close()
		cursor, err := x.Store.Cursor("a")
		if err != nil {
			t.Fatal(err)
		}
		var full atomic.Bool
		full.Store(true)
		r := &run{Spec: x.Spec, saver: newSaver(func() error {
			if full.Load() {
				return fmt.Errorf("write the checkpoint: %w", syscall.ENOSPC)
			}
			return nil
		})}
		stop, cancel := context.WithCancel(t.Context())
		defer cancel()
		begun := make(chan error)
		begin := func() {
			tries := r.attempts("output a", noBegin, "output", "a", stop, stop)
			s := seal{cursor: cursor, saver: r.saver}
			begun <- s.begin(func() ([]byte, error) { return []byte("state"), nil }, &tries, &outputStats{})
		}
		go begin()
		pass(time.Hour)
		select {
		case err := <-begun:
			t.Fatalf("ended while the disk was full: %v", err)
		default:
		}
		full.Store(false)
		if err := <-begun; err != nil {
			t.Error(err)
		}
		full.Store(true)
		go begin()
		pass(time.Minute)
		cancel()
		if err := <-begun; !errors.Is(err, errStopped) {
			t.Errorf("stopped with %v", err)
		}
	})
}

// TestAStartWithAFullDisk: who finds everything as the last run left it goes on with
// what is known, and who is new waits, says so, and begins when there is room.
func TestAStartWithAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.add(1, events(1, 0, 10)+"bad\n")
		x := newTest(t, in)
		known, rejecting, fresh := &synced{}, &dest{}, &synced{}
		store, kept := &cells{}, &bin{}
		configure := func() {
			x.Quarantine = store
			x.output("known", known, Batch{})
			x.output("rejecting", rejecting, Batch{})
			x.Outputs[1].Rejected = kept
		}
		configure()
		x.start()
		pass(time.Minute)
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}

		x.reopen(in)
		configure()
		x.output("fresh", fresh, Batch{})
		x.Outputs[2].Rejected = &bin{}
		in.add(1, events(1, 10, 10)+"bad\n")
		x.log.Reset()
		var full atomic.Bool
		full.Store(true)
		save := newSaver(func() error {
			if full.Load() {
				return fmt.Errorf("write the checkpoint: %w", syscall.ENOSPC)
			}
			return x.Store.Sync()
		})
		x.Pulse = &Pulse{}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- (&run{Spec: x.Spec, window: newWindow(windowBytes), saver: save}).run(ctx) }()
		pass(time.Minute)
		want(t, "known", known.taken(), 1, 20)
		want(t, "rejecting", rejecting.taken(), 1, 20)
		want(t, "fresh", fresh.taken(), 1, 0)
		if len(store.lines) != 2 {
			t.Errorf("quarantine: %q", store.lines)
		}
		for _, out := range x.Stats.Snapshot().Outputs {
			if waits := out.Name == "fresh"; waits != !out.Failing.IsZero() || waits != strings.Contains(out.Error, "waits to begin") {
				t.Errorf("%s: failing since %v: %q", out.Name, out.Failing, out.Error)
			}
		}
		if log := x.log.String(); strings.Count(log, noBegin) != 1 || strings.Contains(log, "rejected") {
			t.Errorf("the log:\n%s", log)
		}
		full.Store(false)
		pass(time.Minute)
		want(t, "fresh", fresh.taken(), 1, 20)
		if out := x.Stats.Snapshot().Outputs[2]; !out.Failing.IsZero() {
			t.Errorf("failing since %v", out.Failing)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := x.Store.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestNoSyncBeforeTheLastStateIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTest(t)
		defer x.Store.Close()
		cursor, err := x.Store.Cursor("a")
		if err != nil {
			t.Fatal(err)
		}
		full := errors.New("no space left on device")
		s := seal{cursor: cursor, saver: newSaver(func() error { return full })}
		syncs := 0
		sync := func() ([]byte, error) { syncs++; return nil, nil }
		if err := s.sync(sync); err != nil {
			t.Fatal(err)
		}
		s.mark()
		pass(time.Minute)
		if s.due(time.Now()) || s.now(sync) != nil || s.end(sync) == nil || syncs != 1 {
			t.Errorf("%d syncs while the first one's state is not durable", syncs)
		}
		full = nil
		if err := s.saver.save(s.ticket); err != nil {
			t.Fatal(err)
		}
		pass(saveEvery)
		if !s.due(time.Now()) {
			t.Error("not due once it is durable")
		}
		if err := s.end(sync); err != nil || syncs != 2 {
			t.Errorf("%v, %d syncs", err, syncs)
		}
	})
}

// busybody is a dest with work beside its own.
type busybody struct {
	dest
	began, ended int
	fails        int
}

func (b *busybody) Background(ctx context.Context) error {
	b.began++
	if b.began <= b.fails {
		return errors.New("cannot compress")
	}
	<-ctx.Done()
	b.ended++
	return ctx.Err()
}

func TestBackgroundIsStartedBegunAgainAndJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.add(1, events(1, 0, 10))
		x := newTest(t, in)
		out := &busybody{fails: 2}
		x.output("a", out, Batch{})
		x.start()
		pass(time.Minute)
		if out.began != 3 {
			t.Errorf("begun %d times, want again after each failure", out.began)
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		if out.ended != 1 {
			t.Error("not joined")
		}
		if n := strings.Count(x.log.String(), "cannot compress"); n != 1 {
			t.Errorf("said %d times:\n%s", n, x.log.String())
		}
		want(t, "a", out.taken(), 1, 10)
	})
}

func TestSeveralInputs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newFeed(t, "hub"), newFeed(t, "user")
		a.add(1, events(1, 0, 3000)+"bad\n")
		b.add(2, "bad\nbad\n"+events(2, 0, 3000))
		x := newTest(t, a, b)
		slow := &dest{answer: func(context.Context, []rec) error { <-time.After(time.Second); return nil }}
		fast := &synced{}
		store := &cells{}
		x.Quarantine = store
		x.output("slow", slow, Batch{Events: 100, Age: time.Hour})
		x.output("fast", fast, Batch{Age: 10 * time.Millisecond})
		x.start()
		pass(100 * time.Second)
		for stream := range uint64(2) {
			want(t, "slow", slow.taken(), stream+1, 3000)
			want(t, "fast", fast.taken(), stream+1, 3000)
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		if len(store.lines) != 3 {
			t.Errorf("quarantine: %q", store.lines)
		}
		snap := x.Stats.Snapshot()
		if snap.Inputs[0].FaultSum() != 1 || snap.Inputs[1].FaultSum() != 2 || snap.Outputs[0].Lag != 0 {
			t.Errorf("counted %+v", snap)
		}
	})
}

func TestLinesCountOnceHoweverOftenTheyAreRead(t *testing.T) {
	r := newRig(t, 0) // keeps nothing: every consumer reads
	r.add(1, strings.Repeat(events(1, 0, 20)+"bad\n", 100))
	end := int64(len(r.feed.streams[0].text))
	first, late := r.source.walker(&reach{}, &work{}), r.source.walker(&reach{}, &work{})
	r.walk(t, first, 1, nil)
	r.feed.block = 1000 // other chunks
	r.walk(t, late, 1, nil)
	if s := r.source.stats.snapshot(); s.Lines != 2100 || s.FaultSum() != 100 || s.Bytes != end {
		t.Errorf("counted %d lines, %d faults, %d bytes", s.Lines, s.FaultSum(), s.Bytes)
	}
}

package pipeline

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/backoff"
)

// sink is what a follow puts chunks into: an output's lane, or the quarantine.
type sink interface {
	put(ctx context.Context, who *walker, c *chunk) error
	pause()  // nothing to read
	resume() // again something
	leave()  // the follow has come to its end
}

// follow is one consumer's way through one input.
type follow struct {
	*walker
	reader inputs.Reader
	window *window
	sink   sink
	retry  Retry
	stats  *outputStats
	log    *slog.Logger // with the input and the consumer

	sick    map[uint64]*sickness // streams that cannot be read, by their number
	next    sickness             // of Next
	barren  uint64               // the first stream since the last progress that gave nothing
	turns   int                  // places since the last progress
	counted time.Time            // when the lag was
	putting int64                // bytes of the chunk that is being put into the sink
}

const lagEvery = 100 * time.Millisecond

// sickness is a failure to read that may pass.
type sickness struct {
	backoff backoff.Backoff
	health  health
	until   time.Time
}

// How long a follow rests when a whole round of what is ready gave nothing: a
// file that cannot be read, or half a line. A round is over when its first
// stream comes again, or after so many others.
const (
	rest  = 25 * time.Millisecond
	round = 4096
)

// run follows until ctx is done, or until the end of all in once mode.
func (f *follow) run(ctx context.Context) {
	defer f.sink.leave()
	defer f.window.quit(f.walker)
	f.still = f.measure
	for ctx.Err() == nil {
		place, err := f.reader.Next(noWait)
		if err != nil && !errors.Is(err, io.EOF) {
			// Nothing is ready, which the batch may want to know.
			f.measure()
			f.sink.pause()
			place, err = f.reader.Next(ctx)
			f.sink.resume()
		}
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, io.EOF):
			f.stats.behind(f.source.index, 0)
			return
		case err != nil:
			f.failed(&f.next, "cannot find what to read", err)
			f.pause(ctx, time.Until(f.next.until))
			continue
		}
		f.next.health.well()
		if !f.turn(ctx, place) {
			return
		}
		if now := time.Now(); now.Sub(f.counted) > lagEvery {
			f.counted = now
			f.measure()
		}
	}
}

// measure notes how much is there that nobody has read for this consumer. What
// is being put into the sink counts there.
func (f *follow) measure() { f.stats.behind(f.source.index, max(0, f.reader.Lag()-f.putting)) }

// noWait is a context that is done: Next then only looks.
var noWait = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// turn reads one chunk and puts it into the sink. false: the sink takes nothing
// any more.
func (f *follow) turn(ctx context.Context, p inputs.Place) bool {
	sick := f.sick[p.At.Stream]
	if sick != nil && time.Now().Before(sick.until) {
		f.nothing(ctx, p.At.Stream)
		return true
	}
	c, err := f.window.get(ctx, f.walker, p)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return false
	default:
		if !errors.Is(err, inputs.ErrNothing) && !errors.Is(err, inputs.ErrGone) {
			f.unread(p.At.Stream, err)
		}
		f.nothing(ctx, p.At.Stream)
		return true
	}
	if sick != nil {
		sick.health.well()
		delete(f.sick, p.At.Stream)
	}
	f.turns = 0
	defer f.window.release(c)
	f.putting = bytesAfter(&c.block, c.block.At.Offset)
	err = f.sink.put(ctx, f.walker, c)
	f.putting = 0
	if err != nil {
		return false
	}
	f.reader.Advance(checkpoint.Position{Stream: p.At.Stream, Offset: c.block.End})
	return true
}

// unread notes that a stream cannot be read: it is left alone for a while, the
// others go on.
func (f *follow) unread(stream uint64, err error) {
	if f.sick == nil {
		f.sick = map[uint64]*sickness{}
	}
	if len(f.sick) > round { // of streams that never came again
		clear(f.sick)
	}
	s := f.sick[stream]
	if s == nil {
		s = &sickness{}
		f.sick[stream] = s
	}
	f.failed(s, "cannot read", err)
}

func (f *follow) failed(s *sickness, what string, err error) {
	if s.health.log == nil {
		s.health.log, s.health.what = f.log, what
		s.backoff = backoff.Backoff{First: f.retry.First, Max: f.retry.Max}
	}
	now := time.Now()
	if s.health.failed(now, err).Equal(now) {
		s.backoff.Reset()
	}
	s.until = now.Add(s.backoff.Next())
}

// nothing notes a place that gave nothing, and rests where all do.
func (f *follow) nothing(ctx context.Context, stream uint64) {
	f.turns++
	switch {
	case f.turns == 1:
		f.barren = stream
	case f.turns > round || stream == f.barren:
		f.turns = 0
		f.pause(ctx, rest)
	}
}

// pause waits, with nothing to put into the sink.
func (f *follow) pause(ctx context.Context, d time.Duration) {
	f.sink.pause()
	defer f.sink.resume()
	_ = wait(ctx, nil, max(d, time.Millisecond))
}

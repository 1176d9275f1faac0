package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"jupyter-events-agent/internal/backoff"
)

// errStopped: the stop came before it was done. Nothing is lost, since nothing
// was committed: the next run does it.
var errStopped = errors.New("stopped")

// errAway: the destination stayed away for longer than it may.
var errAway = errors.New("bring its destination back and run again, nothing is lost; or allow more with --timeout")

// attempts is one consumer's way of trying again. Not for several goroutines.
type attempts struct {
	name    string // of the consumer
	backoff backoff.Backoff
	health  health
	limit   time.Duration   // how long nothing may go out; 0: for ever
	since   time.Time       // nothing has gone out; zero: something has
	stop    context.Context // done: what has failed already is tried once more
	hard    context.Context // done: nothing is tried any more
	left    *atomic.Bool    // with stop: nothing is tried once more
	last    bool            // this is the attempt once more
}

// again notes an attempt that began at began and failed. nil: it is time to
// try again; else trying is over.
func (a *attempts) again(began time.Time, err error) error {
	if a.over() {
		return errStopped
	}
	a.health.failed(began, err)
	if a.since.IsZero() {
		a.since = began
	}
	if a.last {
		return errStopped
	}
	pause := a.backoff.Next()
	if a.limit > 0 {
		left := a.limit - time.Since(a.since)
		if left <= 0 {
			return fmt.Errorf("%s: no delivery for %v: %w: %w", a.name, a.limit, err, errAway)
		}
		pause = min(pause, left)
	}
	if a.stop.Err() == nil {
		a.last = wait(a.stop, nil, pause) != nil
		if a.last && a.left.Load() {
			return errStopped
		}
		return nil
	}
	if wait(a.hard, nil, pause) != nil {
		return errStopped
	}
	return nil
}

// over says that nothing is tried any more.
func (a *attempts) over() bool { return a.left.Load() || a.hard.Err() != nil }

// progress notes that the destination is there, though not everything worked.
func (a *attempts) progress() {
	a.backoff.Reset()
	a.since = time.Time{}
}

// well notes that it worked.
func (a *attempts) well() {
	a.progress()
	a.health.well()
	a.last = false
}

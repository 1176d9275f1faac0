// Package backoff says how long to wait before trying again.
//
// In come the first and the longest wait; out come waits that double with
// jitter, so that many outputs that failed together do not return together.
// It touches nothing but the clock.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff is the waits of one row of failures. Not for several goroutines.
type Backoff struct {
	First time.Duration // of the first wait; 0 is taken as a millisecond
	Max   time.Duration // no wait is longer; below First it is taken as First
	step  time.Duration // before jitter; 0 at the start of a row
}

// Next is how long to wait now: between half of a step and all of it, where
// the step is First, then doubles up to Max.
func (b *Backoff) Next() time.Duration {
	first := max(b.First, time.Millisecond)
	switch {
	case b.step == 0:
		b.step = first
	default:
		b.step = min(b.step*2, max(b.Max, first))
	}
	half := b.step / 2
	return half + rand.N(b.step-half+1)
}

// Reset ends the row: the next wait is a first one.
func (b *Backoff) Reset() { b.step = 0 }

// Wait waits as long as Next says, or until ctx is done, whose error it then
// returns.
func (b *Backoff) Wait(ctx context.Context) error {
	t := time.NewTimer(b.Next())
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

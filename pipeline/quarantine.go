package pipeline

import (
	"context"
	"errors"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/outputs"
)

// QuarantineCursor is the name of the quarantine's cursor and of its counters.
// No output can have it: their names hold no parentheses.
const QuarantineCursor = "(quarantine)"

// hold is the quarantine's end: it takes the faults of chunks, one chunk at a
// time, and what follow and ship are for an output it is in one.
type hold struct {
	store    Quarantine
	rotating outputs.Rotating // nil: no Sync is ever urgent
	readers  []inputs.Reader  // by input
	stats    *outputStats
	reach    reach
	wake     chan struct{} // capacity 1: the first commit since the last sync, or the end

	// turn is the lock of the rest. A channel, since trying again may wait long.
	turn     chan struct{}
	begins   attempts // to begin
	attempts attempts
	seal     seal
	open     int   // follows that have not come to their end
	err      error // why nothing is taken any more
}

func (h *hold) lock()   { h.turn <- struct{}{} }
func (h *hold) unlock() { <-h.turn }

// put stores the chunk's faults and commits the chunk; where storing fails for
// good, what comes before the fault that it failed with.
func (h *hold) put(_ context.Context, who *walker, c *chunk) error {
	who.parked.Store(true)
	defer who.parked.Store(false)
	h.lock()
	defer h.unlock()
	h.reach.begin()
	defer h.reach.end()
	if h.err != nil {
		return h.err
	}
	end := checkpoint.Position{Stream: c.block.At.Stream, Offset: c.block.End}
	var stored, bytes int64
	for _, f := range c.faults {
		line := &c.block.Lines[f.line]
		if h.err = h.try(func() error { return h.store.Put(&c.block, line, f.fault) }); h.err != nil {
			end.Offset = line.At.Offset
			break
		}
		stored++
		bytes += int64(len(line.Raw))
	}
	failed := h.try(func() error { return h.readers[who.source.index].Commit(h.attempts.hard, end) })
	if h.err == nil {
		h.err = failed
	}
	if stored > 0 {
		h.stats.add(func(o *OutputStats) {
			o.Records += stored
			o.Bytes += bytes
			o.Batches++
		})
	}
	if !h.seal.dirty {
		h.seal.mark()
		poke(h.wake)
	}
	if h.err == nil && h.rotating != nil && h.rotating.Due() {
		h.err = h.seal.now(h.store.Sync)
	}
	return h.err
}

// try does something until it succeeds or trying is over.
func (h *hold) try(do func() error) error {
	for {
		began := time.Now()
		err := do()
		if err == nil {
			h.attempts.well()
			return nil
		}
		h.stats.add(func(o *OutputStats) { o.Retries++ })
		if err := h.attempts.again(began, err); err != nil {
			return err
		}
	}
}

func (h *hold) pause()  {}
func (h *hold) resume() {}

func (h *hold) leave() {
	h.lock()
	h.open--
	h.unlock()
	poke(h.wake)
}

// run syncs until every follow has come to its end, or something ends it.
func (h *hold) run() error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	h.err = h.seal.begin(h.store.Sync, &h.begins, h.stats)
	h.unlock()
	for {
		after, over, err := h.look()
		if err != nil || over {
			return err
		}
		timer.Reset(max(after, time.Millisecond))
		select {
		case <-h.wake:
		case <-timer.C:
		}
	}
}

// look syncs where it is time to, and says when to look again.
func (h *hold) look() (after time.Duration, over bool, err error) {
	h.lock()
	defer h.unlock()
	now := time.Now()
	if h.err == nil && h.seal.due(now) {
		h.err = h.seal.sync(h.store.Sync)
	}
	if h.open > 0 && h.err == nil {
		if !h.seal.dirty {
			return time.Hour, false, nil
		}
		return h.seal.at.Sub(now), false, nil
	}
	err = h.err
	if errors.Is(err, errStopped) {
		err = nil
	}
	return 0, true, errors.Join(err, h.seal.end(h.store.Sync))
}

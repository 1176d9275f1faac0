package pipeline

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/internal/backoff"
)

// saveEvery is the least time between two checkpoints while lines come in,
// and how long what a Syncer has written may be not yet durable.
const saveEvery = time.Second

// helpless is how long the checkpoint may fail before the run ends. A full disk
// is waited for as long as it takes: delivery goes on meanwhile, and a crash
// then sends again what came since the last checkpoint.
const helpless = 30 * time.Second

// saver makes durable what cursors have sealed.
type saver struct {
	sync   func() error // of the checkpoint's Store
	asked  atomic.Uint64
	saved  atomic.Uint64
	wake   chan struct{} // capacity 1
	mu     sync.Mutex    // one save at a time
	health health
}

// ask wants durable what has been sealed before; the ticket says when it is.
func (s *saver) ask() (ticket uint64) {
	ticket = s.asked.Add(1)
	poke(s.wake)
	return ticket
}

func (s *saver) durable(ticket uint64) bool { return s.saved.Load() >= ticket }

// save makes the ticket durable now.
func (s *saver) save(ticket uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.durable(ticket) {
		return nil
	}
	all := s.asked.Load()
	if err := s.sync(); err != nil {
		return err
	}
	s.saved.Store(all)
	return nil
}

// run saves what is asked for until ctx is done. Its error means that the
// state folder cannot be written.
func (s *saver) run(ctx context.Context, retry Retry) error {
	again := backoff.Backoff{First: retry.First, Max: min(retry.Max, helpless/3)}
	for {
		if wait(ctx, s.wake, 0) != nil {
			return nil
		}
		for {
			began := time.Now()
			err := s.save(s.asked.Load())
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return nil // the save at the end says it
			}
			since := s.health.failed(began, err)
			if !checkpoint.Full(err) && time.Since(since) > helpless {
				return err
			}
			if again.Wait(ctx) != nil {
				return nil
			}
		}
		s.health.well()
		again.Reset()
		if wait(ctx, nil, saveEvery) != nil {
			return nil
		}
	}
}

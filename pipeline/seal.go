package pipeline

import (
	"fmt"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/outputs"
)

// seal is a consumer's part in making durable what was written: an output's or
// the quarantine's.
type seal struct {
	name   string
	cursor *checkpoint.Cursor
	saver  *saver
	signs  outputs.Signing // nil: a sync is due only where something was committed
	dirty  bool            // something was committed since the last sync
	at     time.Time       // when the next sync is due, if dirty
	ticket uint64          // of the last state
}

// mark notes that something was committed.
func (s *seal) mark() {
	if !s.dirty {
		s.dirty, s.at = true, time.Now().Add(saveEvery)
	}
}

// due says whether it is time for a sync. There is none before the state of
// the last is durable.
func (s *seal) due(now time.Time) bool {
	if s.signs != nil && !now.Before(s.signs.Next()) && !s.dirty {
		s.dirty, s.at = true, now
	}
	if !s.dirty || now.Before(s.at) {
		return false
	}
	if !s.saver.durable(s.ticket) {
		s.at = now.Add(saveEvery / 10)
		return false
	}
	return true
}

// sync seals the state that sync returns. An error ends the consumer: what was
// written since the last one may be lost, and only a restart knows.
func (s *seal) sync(sync func() ([]byte, error)) error {
	s.dirty = false
	state, err := sync()
	if err != nil {
		return fmt.Errorf("%s: make durable what was written: %w: see its disk, then start again", s.name, err)
	}
	s.cursor.Seal(state)
	s.ticket = s.saver.ask()
	return nil
}

// now syncs before it is due. Where the state of the last sync cannot be made
// durable it leaves it to the next time that is; the saver says why.
func (s *seal) now(sync func() ([]byte, error)) error {
	if s.saver.save(s.ticket) != nil {
		return nil
	}
	return s.sync(sync)
}

// begin makes the first state durable, before anything is written. Where that
// cannot be kept as the disk is full it waits, unless that very state is durable
// already, as after a stop or a crash: a restart would then go back to it.
func (s *seal) begin(sync func() ([]byte, error), tries *attempts, stats *outputStats) error {
	if err := s.sync(sync); err != nil {
		return err
	}
	for {
		began := time.Now()
		err := s.saver.save(s.ticket)
		if err == nil || checkpoint.Full(err) && s.cursor.Kept() {
			tries.well()
			stats.well()
			return nil
		}
		if !checkpoint.Full(err) {
			return err
		}
		stats.failed(began, fmt.Errorf("waits to begin: %w", err))
		if err := tries.again(began, err); err != nil {
			return err
		}
	}
}

// next is when a sync is due that nothing else wakes up for; zero for never.
func (s *seal) next() time.Time {
	switch {
	case s.dirty:
		return s.at
	case s.signs != nil:
		return s.signs.Next()
	}
	return time.Time{}
}

// end seals what there is; the checkpoint at the end of the run makes it durable.
func (s *seal) end(sync func() ([]byte, error)) error {
	if s.signs != nil {
		s.signs.Last()
		s.dirty = true
	}
	if !s.dirty {
		return nil
	}
	if err := s.saver.save(s.ticket); err != nil {
		return err
	}
	return s.sync(sync)
}

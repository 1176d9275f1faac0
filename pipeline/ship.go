package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/outputs"
)

// ship writes one output's batches and commits what is delivered.
type ship struct {
	name     string
	out      outputs.Output
	syncer   outputs.Syncer   // nil: what is written is durable
	rotating outputs.Rotating // nil: no Sync is ever urgent
	rejects  *rejects         // nil: rejected records are only counted
	asking   *asking          // nil: nobody is asked
	tokens   Tokens           // nil: records hold none
	lane     *lane
	cursor   *checkpoint.Cursor
	readers  []inputs.Reader // by input
	saver    *saver
	stats    *outputStats
	log      *slog.Logger
	reach    *reach
	look     func([]filters.Record) // nil: nobody looks

	begins   attempts // to begin
	attempts attempts
	seal     seal
	timer    *time.Timer
	batches  []*batch // that are being delivered: one, and what has joined it
}

// run ships until nothing comes any more or the stop's grace is over. Its error
// is one that ends this output.
func (s *ship) run() error {
	s.timer = time.NewTimer(time.Hour)
	defer s.timer.Stop()
	if err := s.begin(); errors.Is(err, errStopped) {
		return nil
	} else if err != nil {
		return err
	}
	err := s.loop()
	if errors.Is(err, errStopped) {
		if !s.attempts.left.Load() { // else it goes on at once
			s.log.Warn("stopped before everything was delivered: the next start sends it", "output", s.name)
		}
		err = nil
	}
	if s.syncer != nil {
		err = errors.Join(err, s.seal.end(s.syncer.Sync))
	}
	return err
}

// begin makes durable how this run found what was written before.
func (s *ship) begin() error {
	if s.rejects != nil {
		if err := s.rejects.seal.begin(s.rejects.store.Sync, &s.begins, s.stats); err != nil {
			return err
		}
	}
	if s.syncer != nil {
		return s.seal.begin(s.syncer.Sync, &s.begins, s.stats)
	}
	return nil
}

func (s *ship) loop() error {
	for {
		if s.attempts.left.Load() {
			s.stats.owed = s.lane.left(nil)
			return errStopped
		}
		now := time.Now()
		if s.seal.due(now) {
			if err := s.seal.sync(s.syncer.Sync); err != nil {
				return err
			}
			now = time.Now()
		}
		b, after, over := s.lane.take(now)
		switch {
		case over:
			return nil
		case b != nil:
			s.stats.rest(false)
			s.reach.begin()
			err := s.deliver(b)
			s.reach.end()
			if err != nil {
				s.stats.owed = s.lane.left(b)
			}
			for _, b := range s.batches {
				s.lane.done(b)
			}
			clear(s.batches) // those that joined are let go of
			if err != nil {
				return err
			}
		default:
			s.stats.rest(after == 0)
			s.sleep(now, after)
		}
	}
}

// sleep waits until there is something to look at.
func (s *ship) sleep(now time.Time, after time.Duration) {
	if at := s.seal.next(); !at.IsZero() && (after == 0 || at.Sub(now) < after) {
		after = max(at.Sub(now), time.Millisecond)
	}
	if after == 0 {
		<-s.lane.wake
		return
	}
	s.timer.Reset(after)
	select {
	case <-s.lane.wake:
	case <-s.timer.C:
	}
}

// deliver writes a batch, with what joins it, and commits all of it.
func (s *ship) deliver(b *batch) error {
	s.batches = append(s.batches[:0], b)
	if len(b.records) > 0 {
		if err := s.keepTokens(); err != nil {
			return err
		}
		if err := s.send(b.records, false); err != nil {
			return err
		}
		s.stats.add(func(o *OutputStats) {
			for _, b := range s.batches {
				o.Batch.add(float64(len(b.records)))
				o.Delivery.took(time.Since(b.since))
			}
		})
		if s.rejects != nil {
			if err := s.rejects.settle(); err != nil {
				return err
			}
		}
	}
	for _, b := range s.batches {
		if err := s.commit(b); err != nil {
			return err
		}
	}
	s.well()
	for _, b := range s.batches {
		if withheld := b.arena.Withheld(); withheld.Sum() > 0 {
			s.stats.add(func(o *OutputStats) { o.Withheld.Add(withheld) })
		}
	}
	if s.syncer != nil {
		s.seal.mark()
		if s.rotating != nil && s.rotating.Due() {
			return s.seal.now(s.syncer.Sync)
		}
		return nil
	}
	s.cursor.Seal(nil)
	s.saver.ask()
	return nil
}

// commit notes how far a batch that is delivered came.
func (s *ship) commit(b *batch) error {
	for input, ends := range b.ends {
		if len(ends) == 0 {
			continue
		}
		for {
			began := time.Now()
			err := s.readers[input].Commit(s.attempts.hard, ends...)
			if err == nil {
				break
			}
			if err := s.attempts.again(began, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// send writes records until the destination has taken or refused every one. Before
// each attempt those go whose persons do not say yes any more. seen: who looks has
// seen them.
func (s *ship) send(records []filters.Record, seen bool) error {
	for ; ; seen = true {
		if s.attempts.left.Load() {
			return errStopped
		}
		if records = s.still(records); len(records) == 0 {
			s.well()
			return nil
		}
		if !seen && s.look != nil {
			s.look(records)
		}
		began := time.Now()
		err := s.write(records)
		s.stats.add(func(o *OutputStats) { o.Write.took(time.Since(began)) })
		var partial *outputs.PartialError
		switch {
		case err == nil:
			s.delivered(len(records), recordBytes(records))
			s.well()
			return nil
		case errors.As(err, &partial):
			was := len(records)
			rest, failed := s.part(records, partial)
			if failed != nil {
				return failed
			}
			if records = rest; len(records) == 0 {
				s.well()
				return nil
			}
			if len(records) < was {
				s.attempts.progress()
			}
		case errors.Is(err, outputs.ErrTooLarge) && len(records) > 1:
			half := len(records) / 2
			if err := s.send(records[:half], true); err != nil {
				return err
			}
			records = records[half:]
			continue
		case errors.Is(err, outputs.ErrTooLarge):
			s.well()
			return s.rejected(classTooLarge, records, err)
		case outputs.IsPermanent(err):
			s.well()
			return s.rejected(classPermanent, records, err)
		}
		s.stats.failed(began, err)
		if err := s.attempts.again(began, err); err != nil {
			return err
		}
		if outputs.IsUnclear(err) {
			if records, err = s.join(records); err != nil {
				return err
			}
		}
	}
}

func (s *ship) well() {
	s.attempts.well()
	s.stats.well()
}

// write is one attempt. Where failing has a limit so has each attempt: a
// destination that never answers is away as well.
func (s *ship) write(records []filters.Record) error {
	if s.attempts.limit == 0 {
		return s.out.Write(s.attempts.hard, records)
	}
	ctx, cancel := context.WithTimeout(s.attempts.hard, s.attempts.limit)
	defer cancel()
	return s.out.Write(ctx, records)
}

func (s *ship) delivered(records int, bytes int64) {
	s.stats.add(func(o *OutputStats) {
		o.Records += int64(records)
		o.Bytes += bytes
		o.Batches++
	})
}

func recordBytes(records []filters.Record) (n int64) {
	for i := range records {
		n += int64(len(records[i].JSON()))
	}
	return n
}

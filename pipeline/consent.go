package pipeline

import (
	"log/slog"
	"sync"
	"time"

	"jupyter-events-agent/filters"
)

// Consent is what people have said of an output that they opt in to. Look reads
// that again where it has changed; its error says that nobody's word is known,
// so that nobody has said yes. For several goroutines.
type Consent interface{ Look() error }

// Tokens keeps the tokens that records hold. Commit makes durable all that were
// given so far. For several goroutines.
type Tokens interface{ Commit() error }

// asking is an output's Consent while it runs.
type asking struct {
	consent Consent
	log     *slog.Logger

	mu    sync.Mutex
	since time.Time // since when it cannot be read
	next  time.Time // when that is said again
}

// newAsking is nil for an output that asks nobody.
func newAsking(c Consent, log *slog.Logger) *asking {
	if c == nil {
		return nil
	}
	return &asking{consent: c, log: log}
}

// look reads again what people have said, and says loudly where it cannot: what
// comes meanwhile does not go out, also later.
func (a *asking) look() {
	if a == nil {
		return
	}
	err := a.consent.Look()
	a.mu.Lock()
	defer a.mu.Unlock()
	switch now := time.Now(); {
	case err == nil && !a.since.IsZero():
		a.log.Info("over: it is not known who has said yes", "after", now.Sub(a.since).Round(time.Millisecond))
		a.since, a.next = time.Time{}, time.Time{}
	case err != nil && !now.Before(a.next):
		if a.since.IsZero() {
			a.since = now
		}
		a.next = now.Add(sayAgain)
		a.log.Error("it is not known who has said yes, so nobody has: events about persons are withheld, for good", "error", err)
	}
}

// still are the records whose persons all say yes at this moment, in order, at
// the front of the same memory, and counts the others.
func (s *ship) still(records []filters.Record) []filters.Record {
	if s.asking == nil {
		return records
	}
	s.asking.look()
	kept := 0
	for i := range records {
		if !s.lane.filter.Consented(&records[i]) {
			continue
		}
		if kept != i {
			records[kept] = records[i]
		}
		kept++
	}
	if withdrawn := len(records) - kept; withdrawn > 0 {
		s.stats.add(func(o *OutputStats) { o.Withheld[filters.Unconsented] += int64(withdrawn) })
	}
	return records[:kept]
}

// keepTokens makes durable the tokens that the batch holds, before it goes.
func (s *ship) keepTokens() error {
	for s.tokens != nil {
		began := time.Now()
		err := s.tokens.Commit()
		if err == nil {
			return nil
		}
		s.stats.failed(began, err)
		if err := s.attempts.again(began, err); err != nil {
			return err
		}
	}
	return nil
}

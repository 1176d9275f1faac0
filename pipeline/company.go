package pipeline

import (
	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
)

// Where it is unclear whether some records or their destination are at fault, those
// that come after them show it: a batch which is sent again only as it is would wait
// for ever. So they join it. None that was sent before could stand in for them: its
// person may have said no since.

// join takes the batch that is being filled as well, for who has others already; nil
// where no record is in it, or where those that joined are as much as a batch holds.
// done is for each.
func (l *lane) join(have []*batch) *batch {
	records, bytes := 0, int64(0)
	for _, b := range have[1:] {
		records, bytes = records+len(b.records), bytes+b.bytes
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.filling
	if len(b.records) == 0 || records >= l.limits.Events || bytes >= l.limits.Bytes {
		return nil
	}
	l.filling = &batch{ends: make([][]checkpoint.Position, len(b.ends))}
	poke(l.room)
	return b
}

// join has what came since sent with the records, behind them.
func (s *ship) join(records []filters.Record) ([]filters.Record, error) {
	b := s.lane.join(s.batches)
	if b == nil {
		return records, nil
	}
	s.batches = append(s.batches, b)
	if err := s.keepTokens(); err != nil {
		return nil, err
	}
	came := s.still(b.records)
	if s.look != nil && len(came) > 0 {
		s.look(came)
	}
	// In memory of its own: behind the records may stand others of their batch.
	return append(records[:len(records):len(records)], came...), nil
}

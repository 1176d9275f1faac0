package pipeline

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// outputStats are an output's counters while they change.
type outputStats struct {
	mu sync.Mutex
	OutputStats
	lag   []atomic.Int64 // by input: bytes not read
	way   *atomic.Int64  // bytes read and not delivered; nil: this consumer does not know
	idle  atomic.Bool    // nothing is on its way to the destination
	owed  time.Time      // since when the oldest event waits that the run has left; its ship's, between runs
	whole atomic.Int64   // when all that was known to be there had been delivered, in Unix nanoseconds
}

// add counts under the lock: once a chunk or a batch, never once an event.
func (s *outputStats) add(count func(*OutputStats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count(&s.OutputStats)
}

// again begins another run with so many inputs.
func (s *outputStats) again(inputs int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag, s.Failing = make([]atomic.Int64, inputs), time.Time{}
	s.idle.Store(false)
}

// on says where it stands how much is on its way.
func (s *outputStats) on(way *atomic.Int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.way = way
}

// failed notes that the destination did not take what it got, since began.
func (s *outputStats) failed(began time.Time, err error) {
	s.add(func(o *OutputStats) {
		o.Retries++
		o.Error = err.Error()
		if o.Failing.IsZero() {
			o.Failing = began
		}
	})
}

// well notes that it took it.
func (s *outputStats) well() { s.add(func(o *OutputStats) { o.Failing = time.Time{} }) }

// rest notes whether anything is on its way.
func (s *outputStats) rest(idle bool) {
	if s.idle.Swap(idle) != idle {
		s.whole.Store(time.Now().UnixNano())
	}
}

// behind notes how far the output's way through an input is behind.
func (s *outputStats) behind(input int, bytes int64) {
	if s.lag[input].Swap(bytes) == 0 && bytes > 0 && s.idle.Load() {
		s.whole.Store(time.Now().UnixNano())
	}
}

func (s *outputStats) snapshot() OutputStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := s.OutputStats
	snap.Rejected = maps.Clone(s.Rejected)
	snap.Batch, snap.Write, snap.Delivery = s.Batch.clone(), s.Write.clone(), s.Delivery.clone()
	for i := range s.lag {
		snap.Lag += s.lag[i].Load()
	}
	if s.way != nil {
		snap.Lag += s.way.Load()
	}
	if snap.Lag > 0 || !s.idle.Load() {
		snap.Behind = max(0, time.Duration(time.Now().UnixNano()-s.whole.Load()))
	}
	return snap
}

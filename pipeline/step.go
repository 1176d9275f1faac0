package pipeline

import (
	"context"
	"sync/atomic"
	"time"

	"jupyter-events-agent/schema"
)

// Consumers that walk in step cost one check a chunk; one that is left behind
// checks everything again for itself, which costs the others the processor. So
// who reads ahead waits before it pushes out what another has yet to take: for
// one that only wants the processor until it had it, which brings all of them
// forward; for one whose destination is slow no longer than checking took, so
// that it slows nobody to less than half of his speed, nor by more than
// maxCredit at a time; for one whose destination is away not at all. Who is not
// waited for any more is out of step, on its own, until it comes to where the
// others are.
const (
	maxCredit = 250 * time.Millisecond
	lively    = 100 * time.Millisecond // the longest that one who only wants the processor takes none of the chunks
	slice     = 5 * time.Millisecond   // how often who waits looks what the others do
)

// walker is one consumer's way through one input.
type walker struct {
	source *source
	no     int         // the consumer's number
	parked atomic.Bool // waits for its destination
	reach  *reach      // of its destination; shared by the consumer's ways
	still  func()      // called now and then while it is parked; nil for nothing
	work   *work

	// Under the window's lock:
	owed int       // chunks in the window that it has yet to take
	seen time.Time // when it last took one, or got the first that it has yet to take
}

// source is one input as the window sees it.
type source struct {
	index   int
	checker *schema.Checker
	stats   *inputStats

	// Under the window's lock:
	inStep  set           // the consumers that live on what is in the window
	credit  time.Duration // how long slow ones may be waited for
	walkers []*walker     // by consumer
}

// reach is whether a destination takes what it gets.
type reach struct{ since atomic.Int64 } // when its delivery under way began, in Unix nanoseconds; 0: none

func (r *reach) begin() { r.since.Store(time.Now().UnixNano()) }
func (r *reach) end()   { r.since.Store(0) }

// away says that a delivery takes so long that the destination fails or hangs.
func (r *reach) away() bool {
	since := r.since.Load()
	return since != 0 && time.Now().UnixNano()-since > int64(lively)
}

// walker is a new consumer's way, in step from the start.
func (s *source) walker(r *reach, at *work) *walker {
	w := &walker{source: s, no: len(s.walkers), reach: r, work: at, seen: time.Now()}
	s.walkers = append(s.walkers, w)
	s.inStep.add(w.no)
	return w
}

// owe notes which consumers in step have yet to take a new chunk.
func (s *source) owe(c *chunk, now time.Time) {
	c.waited.copy(s.inStep)
	c.waited.remove(c.builder)
	for _, w := range s.walkers {
		if !c.waited.has(w.no) {
			continue
		}
		if w.owed++; w.owed == 1 {
			w.seen = now
		}
	}
}

// running says that one of them only wants the processor.
func (s *source) running(late set) bool {
	now := time.Now()
	for _, w := range s.walkers {
		if late.has(w.no) && !w.parked.Load() && now.Sub(w.seen) < lively+time.Duration(len(s.walkers))*time.Millisecond {
			return true
		}
	}
	return false
}

// slow says that one of them waits for a destination that is there.
func (s *source) slow(late set) bool {
	for _, w := range s.walkers {
		if late.has(w.no) && !w.reach.away() {
			return true
		}
	}
	return false
}

// linger waits until a chunk has been taken by all, and says how long.
func (w *window) linger(ctx context.Context, most time.Duration) (time.Duration, error) {
	if w.taken == nil {
		w.taken = make(chan struct{})
	}
	taken := w.taken
	w.mu.Unlock()
	start := time.Now()
	err := wait(ctx, taken, most)
	w.mu.Lock()
	return time.Since(start), err
}

// leave puts those who have yet to take the chunk out of step.
func (w *window) leave(c *chunk) {
	late := c.waited
	c.waited = nil
	c.source.inStep.without(late)
	for _, walker := range c.source.walkers {
		if late.has(walker.no) {
			walker.owed = 0
		}
	}
	for _, other := range w.chunks {
		if other.source == c.source {
			other.waited.without(late)
		}
	}
	w.signal()
}

// quit says that the consumer takes nothing of this input any more.
func (w *window) quit(who *walker) {
	w.mu.Lock()
	defer w.mu.Unlock()
	who.source.inStep.remove(who.no)
	for _, c := range w.chunks {
		if c.source == who.source {
			c.waited.remove(who.no)
		}
	}
	w.signal()
}

func (w *window) signal() {
	if w.taken != nil {
		close(w.taken)
		w.taken = nil
	}
}

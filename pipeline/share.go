package pipeline

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// windowBytes is what all chunks may take together.
const windowBytes = 8 << 20

// Consumers that walk in step cost one check a chunk; one that is left behind
// checks everything again for itself, which costs the others the processor. So
// who reads ahead waits before it pushes out what another has yet to take: for
// one that only wants the processor until it had it, which brings all of them
// forward; for one whose destination is slow no longer than checking took, so
// that it slows nobody to less than half of his speed, nor by more than
// maxCredit at a time. Who is not waited for any more is out of step, on its
// own, until it comes to where the others are.
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
	seen   time.Time   // when it last took a chunk of those in step; under the window's lock
}

// window is the checked chunks that consumers share: the first to ask for a
// place reads and checks it, the others take the same chunk. It holds no more
// than its limit but for chunks that are referred to, at most one by each
// consumer of each input. A place that has fallen out is read again.
type window struct {
	limit int64

	mu      sync.Mutex
	chunks  map[key]*chunk
	flights map[key]*flight
	idle    ring // chunks that nobody refers to, the longest unused first
	spare   [classes][]*chunk
	size    int64          // of all chunks
	usual   [classes]int64 // what a chunk of the class takes: lately the most
	taken   chan struct{}  // closed when a chunk has been taken by all; nil: nobody waits for it

	reads, hits int64
}

// key is a place: an offset of a stream, as one input reads it.
type key struct {
	input int
	at    checkpoint.Position
}

// flight is one reading and checking on its way.
type flight struct{ done chan struct{} } // nil: nobody waits for it

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

// walker is a new consumer's way, in step from the start.
func (s *source) walker() *walker {
	w := &walker{source: s, no: len(s.walkers), seen: time.Now()}
	s.walkers = append(s.walkers, w)
	s.inStep.add(w.no)
	return w
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

func newWindow(limit int64) *window {
	return &window{limit: limit, usual: classSize, chunks: map[key]*chunk{}, flights: map[key]*flight{}}
}

// get returns the checked chunk at the place, to be released after use. The
// error is that of the reading or of ctx.
func (w *window) get(ctx context.Context, who *walker, p inputs.Place) (*chunk, error) {
	k := key{who.source.index, p.At}
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		if c := w.chunks[k]; c != nil {
			w.hit(c, who)
			return c, nil
		}
		f := w.flights[k]
		if f == nil {
			break
		}
		// Another is at it. Should that fail, everybody tries for himself: an
		// error belongs to one context.
		if f.done == nil {
			f.done = make(chan struct{})
		}
		w.mu.Unlock()
		err := wait(ctx, f.done, 0)
		w.mu.Lock()
		if err != nil {
			return nil, err
		}
	}
	f := &flight{}
	w.flights[k] = f
	c, err := w.read(ctx, who, p)
	delete(w.flights, k)
	if f.done != nil {
		close(f.done)
	}
	if err == nil {
		c.key, c.refs = k, 1
		w.chunks[k] = c
	}
	w.trim()
	return c, err
}

// hit lets the consumer take a chunk of the window.
func (w *window) hit(c *chunk, who *walker) {
	w.hits++
	if c.refs++; c.refs == 1 {
		w.idle.remove(c)
	}
	switch in := &who.source.inStep; {
	case c.front:
		in.add(who.no)
		who.seen = time.Now()
	case in.has(who.no): // so who read it has caught up
		in.add(c.builder)
	}
	if c.waited.remove(who.no) && c.waited.empty() {
		w.signal()
	}
}

// release gives back what get returned.
func (w *window) release(c *chunk) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.refs--; c.refs == 0 {
		w.idle.push(c)
		w.trim()
	}
}

// read makes a new chunk. It holds the lock when called and when it returns,
// not while it reads and checks.
func (w *window) read(ctx context.Context, who *walker, p inputs.Place) (*chunk, error) {
	src := who.source
	c, err := w.take(ctx, src, classes-1)
	if err != nil {
		return nil, err
	}
	w.reads++
	w.mu.Unlock()
	start := time.Now()
	err = p.From.Read(ctx, p.At, &c.block)
	if err == nil && c.block.End <= p.At.Offset {
		err = inputs.ErrNothing // or it would be asked for again for ever
	}
	w.mu.Lock()
	if err != nil {
		w.keep(c)
		return nil, err
	}
	if n := lineBytes(&c.block); classOf(n) < classes-1 {
		short, err := w.take(ctx, src, classOf(n))
		if err != nil {
			w.keep(c)
			return nil, err
		}
		short.copy(&c.block, n)
		w.keep(c)
		c = short
	}
	w.mu.Unlock()
	c.check(src.checker)
	src.stats.count(c)
	now := time.Now()
	w.mu.Lock()
	src.credit = min(src.credit+now.Sub(start), maxCredit)
	w.account(c)
	c.source, c.builder = src, who.no
	if c.front = src.inStep.has(who.no) || src.inStep.empty(); c.front {
		who.seen = now
		src.inStep.add(who.no)
		c.waited.copy(src.inStep)
		c.waited.remove(who.no)
	}
	return c, nil
}

// leave puts those who have yet to take the chunk out of step.
func (w *window) leave(c *chunk) {
	late := c.waited
	c.waited = nil
	c.source.inStep.without(late)
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

// take returns an empty chunk of the class: a spare one, a new one while there
// is room, else the one that was longest unused. It waits where that would
// push out one that others have yet to take, see maxCredit. It holds the lock
// when called and when it returns.
func (w *window) take(ctx context.Context, src *source, class int) (*chunk, error) {
	for {
		if n := len(w.spare[class]); n > 0 {
			c := w.spare[class][n-1]
			w.spare[class] = w.spare[class][:n-1]
			return c, nil
		}
		c := w.idle.oldest()
		switch {
		case c == nil || w.size+w.usual[class] <= w.limit:
			c = &chunk{class: class, size: w.usual[class]} // until it is known
			w.size += c.size
			return c, nil
		case c.waited.empty():
			w.evict(c)
			if c.class == class && w.size <= w.limit {
				return c, nil
			}
			w.size -= c.size
		case c.source.running(c.waited):
			if _, err := w.linger(ctx, slice); err != nil {
				return nil, err
			}
		case src.credit > 0:
			d, err := w.linger(ctx, min(src.credit, slice))
			if err != nil {
				return nil, err
			}
			src.credit -= d
		default:
			w.leave(c)
		}
	}
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

// spares is how many unused chunks of a class are kept.
const spares = 4

// keep holds an unused chunk for later.
func (w *window) keep(c *chunk) {
	c.reset()
	if len(w.spare[c.class]) == spares {
		w.size -= c.size
		return
	}
	w.account(c)
	w.spare[c.class] = append(w.spare[c.class], c)
}

// evict takes an idle chunk out of the window; its memory is the caller's.
func (w *window) evict(c *chunk) {
	w.idle.remove(c)
	delete(w.chunks, c.key)
	c.reset()
	c.source, c.waited = nil, c.waited[:0]
}

// account counts the chunk's memory as it is now.
func (w *window) account(c *chunk) {
	size := c.bytes()
	w.size += size - c.size
	c.size = size
	w.usual[c.class] = max(size, w.usual[c.class]-w.usual[c.class]/64)
}

// trim gives memory back where a chunk took more than chunks of its class do:
// idle chunks first, then spare ones. What others have yet to take stays while
// that is at most an eighth above the limit; the next take waits for them.
func (w *window) trim() {
	for w.size > w.limit {
		c := w.idle.oldest()
		if c == nil {
			break
		}
		if !c.waited.empty() {
			if w.size <= w.limit+w.limit/8 {
				return
			}
			w.leave(c)
		}
		w.evict(c)
		w.size -= c.size
	}
	for class := classes - 1; class >= 0 && w.size > w.limit; class-- {
		for _, c := range w.spare[class] {
			w.size -= c.size
		}
		clear(w.spare[class])
		w.spare[class] = w.spare[class][:0]
	}
}

// wait returns when ch is closed or the time is over (0: never), or with the
// error of ctx.
func wait(ctx context.Context, ch <-chan struct{}, most time.Duration) error {
	var over <-chan time.Time
	if most > 0 {
		t := time.NewTimer(most)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-ch:
		return nil
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

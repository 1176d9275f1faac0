package pipeline

import (
	"context"
	"sync"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// windowBytes is what all chunks may take together.
const windowBytes = 8 << 20

// window is the checked chunks that consumers share: the first to ask for a
// place reads and checks it, the others take the same chunk. It holds no more
// than its limit, or, where many hold on to chunks (those whose destinations are
// away, at most one for each consumer of each input), those and half of it, so
// that the others still have a window. A place that has fallen out is read again.
type window struct {
	limit int64

	mu      sync.Mutex
	chunks  map[key]*chunk
	flights map[key]*flight
	idle    ring // chunks that nobody refers to, the longest unused first
	spare   [classes][]*chunk
	size    int64          // of all chunks
	held    int64          // of those that somebody refers to
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
		w.held += c.size
	}
	w.trim()
	return c, err
}

// hit lets the consumer take a chunk of the window.
func (w *window) hit(c *chunk, who *walker) {
	w.hits++
	if c.refs++; c.refs == 1 {
		w.idle.remove(c)
		w.held += c.size
	}
	switch in := &who.source.inStep; {
	case c.front:
		in.add(who.no)
		who.seen = time.Now()
	case in.has(who.no): // so who read it has caught up
		in.add(c.builder)
	}
	if c.waited.remove(who.no) {
		who.owed--
		if c.waited.empty() {
			w.signal()
		}
	}
}

// release gives back what get returned.
func (w *window) release(c *chunk) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.refs--; c.refs == 0 {
		w.held -= c.size
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
	who.work.begin()
	c.check(src.checker)
	who.work.end()
	src.stats.count(c)
	now := time.Now()
	w.mu.Lock()
	src.credit = min(src.credit+now.Sub(start), maxCredit)
	w.account(c)
	w.usual[c.class] = max(c.size, w.usual[c.class]-w.usual[c.class]/64)
	c.source, c.builder = src, who.no
	if c.front = src.inStep.has(who.no) || src.inStep.empty(); c.front {
		who.seen = now
		src.inStep.add(who.no)
		src.owe(c, now)
	}
	return c, nil
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

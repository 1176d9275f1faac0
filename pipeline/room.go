package pipeline

import "context"

// bound is what all chunks may take together now.
func (w *window) bound() int64 { return max(w.limit, w.held+w.limit/2) }

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
		case c == nil || w.size+w.usual[class] <= w.bound():
			c = &chunk{class: class, size: w.usual[class]} // until it is known
			w.size += c.size
			return c, nil
		case c.waited.empty():
			w.evict(c)
			if c.class == class && w.size <= w.bound() {
				return c, nil
			}
			w.size -= c.size
		case c.source.running(c.waited):
			if _, err := w.linger(ctx, slice); err != nil {
				return nil, err
			}
		case src.credit > 0 && c.source.slow(c.waited):
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
}

// trim gives memory back where a chunk took more than chunks of its class do:
// idle chunks first, then spare ones. What others have yet to take stays while
// that is at most an eighth above the limit; the next take waits for them.
func (w *window) trim() {
	for w.size > w.bound() {
		c := w.idle.oldest()
		if c == nil {
			break
		}
		if !c.waited.empty() {
			if w.size <= w.bound()+w.limit/8 {
				return
			}
			w.leave(c)
		}
		w.evict(c)
		w.size -= c.size
	}
	for class := classes - 1; class >= 0 && w.size > w.bound(); class-- {
		for _, c := range w.spare[class] {
			w.size -= c.size
		}
		clear(w.spare[class])
		w.spare[class] = w.spare[class][:0]
	}
}

// ring is the chunks that nobody refers to, in the order in which they were
// released.
type ring struct{ first, last *chunk }

func (r *ring) push(c *chunk) {
	c.prev, c.next = r.last, nil
	if r.last != nil {
		r.last.next = c
	} else {
		r.first = c
	}
	r.last = c
}

func (r *ring) remove(c *chunk) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		r.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		r.last = c.prev
	}
	c.prev, c.next = nil, nil
}

// look is how many of the oldest chunks oldest looks at.
const look = 64

// oldest is the chunk to give up first: of those that were released first one
// that everybody in step has taken, else the very first; nil where there is none.
func (r *ring) oldest() *chunk {
	c := r.first
	for range look {
		if c == nil {
			break
		}
		if c.waited.empty() {
			return c
		}
		c = c.next
	}
	return r.first
}

package pipeline

// set is a set of consumers by their numbers.
type set []uint64

func (s set) has(i int) bool { return i/64 < len(s) && s[i/64]&(1<<(i%64)) != 0 }

func (s *set) add(i int) {
	for len(*s) <= i/64 {
		*s = append(*s, 0)
	}
	(*s)[i/64] |= 1 << (i % 64)
}

// remove reports whether i was in the set.
func (s set) remove(i int) bool {
	if !s.has(i) {
		return false
	}
	s[i/64] &^= 1 << (i % 64)
	return true
}

func (s set) without(others set) {
	for i := range min(len(s), len(others)) {
		s[i] &^= others[i]
	}
}

func (s set) empty() bool {
	for _, word := range s {
		if word != 0 {
			return false
		}
	}
	return true
}

func (s *set) copy(from set) { *s = append((*s)[:0], from...) }

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

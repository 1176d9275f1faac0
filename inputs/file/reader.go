package file

import (
	"context"
	"io"
	"math/bits"
	"sync"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// reader is one output's way through the files of an input.
type reader struct {
	in       *Input
	consumer string
	cursor   *checkpoint.Cursor
	wake     chan struct{} // capacity 1: something may be ready

	mu      sync.Mutex
	streams []*stream // by slot; nil: free
	offsets []int64   // by slot: what is read
	ready   []uint64  // a bit a slot: may have something to read
	turn    int       // the slot from which to look next
	last    *stream   // of the last place
	zip     *stream   // the one compressed file that it is in: one after the other
}

// put gives the reader a stream that begins for it at off.
func (r *reader) put(s *stream, off int64) {
	r.mu.Lock()
	for len(r.streams) <= s.slot {
		r.streams = append(r.streams, nil)
		r.offsets = append(r.offsets, 0)
	}
	for len(r.ready)*64 <= s.slot {
		r.ready = append(r.ready, 0)
	}
	r.streams[s.slot], r.offsets[s.slot] = s, off
	r.mu.Unlock()
}

func (r *reader) drop(s *stream) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.slot < len(r.streams) && r.streams[s.slot] == s {
		r.streams[s.slot] = nil
		r.ready[s.slot/64] &^= 1 << (s.slot % 64)
	}
}

// offset is how far this reader has read a stream.
func (r *reader) offset(s *stream) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.offsets[s.slot]
}

// mark says that a stream may have something to read.
func (r *reader) mark(s *stream) {
	r.mu.Lock()
	r.ready[s.slot/64] |= 1 << (s.slot % 64)
	r.mu.Unlock()
}

func (r *reader) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Next is inputs.Reader: ready files in turn, in the order of their slots.
func (r *reader) Next(ctx context.Context) (inputs.Place, error) {
	for {
		settled := r.in.settled() // before looking, since settling marks
		if p, ok := r.pick(); ok {
			return p, nil
		}
		if settled && r.in.env.Once {
			return inputs.Place{}, io.EOF
		}
		if err := ctx.Err(); err != nil {
			return inputs.Place{}, err
		}
		select {
		case <-r.wake:
		case <-ctx.Done():
		}
	}
}

// pick finds the next ready stream. Marks of streams that turn out not to be
// ready are taken away; growth comes after the mark, so none is missed.
func (r *reader) pick() (inputs.Place, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.find(r.turn, len(r.ready)*64); i >= 0 {
		return r.serve(i), true
	}
	if i := r.find(0, r.turn); i >= 0 {
		return r.serve(i), true
	}
	r.turn = 0 // readers that have read everything begin the next round together
	return inputs.Place{}, false
}

func (r *reader) find(from, to int) int {
	for w := from / 64; w < len(r.ready) && w*64 < to; w++ {
		set := r.ready[w]
		if w == from/64 {
			set &= ^uint64(0) << (from % 64)
		}
		for ; set != 0; set &= set - 1 {
			i := w*64 + bits.TrailingZeros64(set)
			if i >= to {
				return -1
			}
			s := r.streams[i]
			if s == nil || !s.wants(r.offsets[i]) {
				r.ready[w] &^= 1 << (i % 64)
				continue
			}
			if r.early(s) || r.busy(s) {
				continue
			}
			return i
		}
	}
	return -1
}

// early says that the generation before has lines left. That one is ready
// then, so it is what is read instead.
func (r *reader) early(s *stream) bool {
	before := s.after.Load()
	return before != nil && before.slot < len(r.streams) && r.streams[before.slot] == before && before.wants(r.offsets[before.slot])
}

// busy keeps a compressed file waiting while another one is being read.
func (r *reader) busy(s *stream) bool {
	if !s.zipped() {
		return false
	}
	if z := r.zip; z != nil && z != s && r.streams[z.slot] == z && r.ready[z.slot/64]&(1<<(z.slot%64)) != 0 && z.wants(r.offsets[z.slot]) {
		return true
	}
	r.zip = s
	return false
}

func (r *reader) serve(i int) inputs.Place {
	s := r.streams[i]
	r.turn, r.last = i+1, s
	return inputs.Place{At: checkpoint.Position{Stream: s.id, Offset: r.offsets[i]}, From: s}
}

// Advance is inputs.Reader.
func (r *reader) Advance(to checkpoint.Position) {
	r.mu.Lock()
	s := r.last
	if s == nil || s.id != to.Stream || s.slot >= len(r.streams) || r.streams[s.slot] != s {
		s = nil
		for _, other := range r.streams {
			if other != nil && other.id == to.Stream {
				s = other
			}
		}
	}
	if s != nil && to.Offset > r.offsets[s.slot] {
		r.offsets[s.slot] = to.Offset
	}
	r.mu.Unlock()
}

// Commit is inputs.Reader.
func (r *reader) Commit(_ context.Context, ends ...checkpoint.Position) error {
	r.cursor.Commit(ends...)
	return nil
}

// Lag is inputs.Reader.
func (r *reader) Lag() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lag int64
	for i, s := range r.streams {
		if s != nil {
			lag += s.behind(r.offsets[i])
		}
	}
	return lag
}

// Close is inputs.Reader.
func (r *reader) Close() error {
	r.in.leave(r)
	return nil
}

package checkpoint

import (
	"bytes"
	"cmp"
	"slices"
)

// Cursor is how far one output has delivered each stream. Safe for use by
// several goroutines.
type Cursor struct {
	store  *Store
	output string
	state  []byte  // as sealed
	kept   []byte  // as the last Sync wrote it
	places []place // by stream
	moved  []int   // indices of places that were committed since the last Seal
}

// place is one stream's position.
type place struct {
	stream            uint64
	committed, sealed int64
	durable           int64 // what the last Sync wrote
	saved             bool  // sealed is a position and not just the zero
	written           bool  // durable is a position
	moved             bool  // its index is in Cursor.moved
}

// Cursor is the cursor of the output of that name, new where there was none.
// The same name gives the same Cursor. Cursors of outputs that are no longer
// configured stay, in case they come back.
func (s *Store) Cursor(output string) (*Cursor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	return s.cursor(output), nil
}

func (s *Store) cursor(output string) *Cursor {
	c := s.cursors[output]
	if c == nil {
		c = &Cursor{store: s, output: output}
		s.cursors[output] = c
	}
	return c
}

// Name is that of its output.
func (c *Cursor) Name() string { return c.output }

// Offset is how far the stream is delivered by what was committed; the
// stream's Start where nothing was.
func (c *Cursor) Offset(stream uint64) int64 {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	if i, ok := c.find(stream); ok {
		return c.places[i].committed
	}
	if i, ok := c.store.find(stream); ok {
		return c.store.streams[i].Start
	}
	return 0
}

// Durable is how far the stream is delivered by what the last Sync made
// durable; false where that holds nothing of it.
func (c *Cursor) Durable(stream uint64) (offset int64, ok bool) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	if i, found := c.find(stream); found && c.places[i].written {
		return c.places[i].durable, true
	}
	return 0, false
}

// Kept says that what Seal said last is durable, whatever else is not yet: with
// the disk full, what is sealed as it was found at the start.
func (c *Cursor) Kept() bool {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	return bytes.Equal(c.state, c.kept) && !slices.ContainsFunc(c.places, func(p place) bool {
		return p.saved && !(p.written && p.durable == p.sealed)
	})
}

// wrote notes what Sync has written.
func (c *Cursor) wrote(saved savedCursor) {
	c.kept = saved.state
	for _, p := range saved.positions {
		if i, ok := c.find(p.Stream); ok {
			c.places[i].durable, c.places[i].written = p.Offset, true
		}
	}
}

// Commit notes in memory that everything before these positions is delivered.
// It becomes durable by Seal and then Store.Sync. The last Commit of a stream
// counts, also where it goes back. It does not allocate for streams that it
// has seen before.
func (c *Cursor) Commit(ends ...Position) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	for _, end := range ends {
		if end.Stream == 0 || end.Offset < 0 {
			continue
		}
		i, ok := c.find(end.Stream)
		if !ok {
			c.insert(i, end.Stream)
		}
		p := &c.places[i]
		p.committed = end.Offset
		if !p.moved {
			p.moved = true
			c.moved = append(c.moved, i)
		}
	}
}

// insert makes room for a new stream at i.
func (c *Cursor) insert(i int, stream uint64) {
	c.places = slices.Insert(c.places, i, place{stream: stream})
	for m := range c.moved {
		if c.moved[m] >= i {
			c.moved[m]++
		}
	}
}

// Seal says that what was committed so far may become durable, together with
// the output's state (outputs.Syncer; nil for outputs that have none). What is
// committed after Seal waits for the next one, so state and positions always
// belong together. The state is copied.
func (c *Cursor) Seal(state []byte) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	for _, i := range c.moved {
		p := &c.places[i]
		p.moved = false
		if !p.saved || p.sealed != p.committed {
			p.sealed, p.saved = p.committed, true
			c.store.changed = true
		}
	}
	c.moved = c.moved[:0]
	if !bytes.Equal(c.state, state) {
		c.state = slices.Clone(state)
		c.store.changed = true
	}
}

// State is the output's state of the checkpoint that was loaded, or of the
// last Seal; nil for none. It is not to be changed.
func (c *Cursor) State() []byte {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	return c.state
}

func (c *Cursor) find(stream uint64) (int, bool) {
	return slices.BinarySearchFunc(c.places, stream, func(p place, id uint64) int { return cmp.Compare(p.stream, id) })
}

// forget drops the places of streams for which gone holds; it reports
// whether a durable one was among them.
func (c *Cursor) forget(gone func(uint64) bool) (durable bool) {
	c.places = slices.DeleteFunc(c.places, func(p place) bool {
		if !gone(p.stream) {
			return false
		}
		durable = durable || p.saved
		return true
	})
	c.moved = c.moved[:0]
	for i := range c.places {
		if c.places[i].moved {
			c.moved = append(c.moved, i)
		}
	}
	return durable
}

// saved is what of the cursor may become durable; it shares the state.
func (c *Cursor) saved() savedCursor {
	s := savedCursor{name: c.output, state: c.state}
	for _, p := range c.places {
		if p.saved {
			s.positions = append(s.positions, Position{Stream: p.stream, Offset: p.sealed})
		}
	}
	return s
}

// restore fills a new cursor.
func (c *Cursor) restore(s savedCursor, known func(uint64) bool) {
	c.state, c.kept = s.state, s.state
	for _, p := range s.positions {
		if known(p.Stream) {
			c.places = append(c.places, place{
				stream: p.Stream, committed: p.Offset, sealed: p.Offset, saved: true, durable: p.Offset, written: true,
			})
		}
	}
}

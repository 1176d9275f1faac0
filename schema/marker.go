package schema

import (
	"math/bits"
	"regexp"

	"jupyter-events-agent/internal/jsonscan"
)

// marker finds the place of every token of an event. Immutable.
type marker struct {
	nodes []node // by PlaceID
	cells []cell // the tables of all nodes, one after another
}

// node is what stands directly below one place.
type node struct {
	first  uint32 // of its table in cells
	mask   uint16 // length of its table - 1; a power of two
	places []PlaceID
	items  PlaceID // every item from len(places) on
	open   *open   // nil: only the members of the table have places
}

// cell is one member; name 0 is an empty cell and leads to Undeclared.
type cell struct {
	name  uint16
	place PlaceID
}

// open finds the place of members that no schema names: by the set of
// patterns that match, one bit each.
type open struct {
	patterns []*regexp.Regexp
	places   map[uint64]PlaceID
	beyond   PlaceID // of sets of patterns that places has not; Undeclared where it has all
}

// mark writes the place of every token into the tape. Members flagged Off,
// and all that is below Undeclared, keep the 0 that the scan gave them.
func (m *marker) mark(line []byte, tape []jsonscan.Token) {
	tape[0].Place = Root
	if tape[0].Kind == jsonscan.Object {
		m.object(line, tape, 0)
	}
}

// object marks the members of the object at i, whose place is known. Depth is
// bounded by the scan.
func (m *marker) object(line []byte, tape []jsonscan.Token, i uint32) {
	n := &m.nodes[tape[i].Place]
	table := m.cells[n.first : n.first+uint32(n.mask)+1]
	end := tape[i].Next
	for i++; i < end; {
		t := &tape[i]
		if t.Flags&jsonscan.Off == 0 {
			at := t.Name & n.mask
			c := table[at]
			for c.name != t.Name && c.name != 0 {
				at = (at + 1) & n.mask
				c = table[at]
			}
			t.Place = c.place
			if c.name == 0 && n.open != nil {
				t.Place = m.unnamed(line, t, n.open)
			}
			if t.Kind >= jsonscan.Array && t.Place != Undeclared {
				m.below(line, tape, i)
			}
		}
		i = t.Next
	}
}

func (m *marker) below(line []byte, tape []jsonscan.Token, i uint32) {
	if tape[i].Kind == jsonscan.Object {
		m.object(line, tape, i)
		return
	}
	n := &m.nodes[tape[i].Place]
	end := tape[i].Next
	for position := 0; i+1 < end; position++ {
		t := &tape[i+1]
		t.Place = n.items
		if position < len(n.places) {
			t.Place = n.places[position]
		}
		if t.Kind >= jsonscan.Array && t.Place != Undeclared {
			m.below(line, tape, i+1)
		}
		i = t.Next - 1
	}
}

// unnamed is the place of a member that the table does not have.
func (m *marker) unnamed(line []byte, t *jsonscan.Token, o *open) PlaceID {
	var set uint64
	if len(o.patterns) > 0 {
		name := t.Key(line)
		if t.Flags&jsonscan.KeyEscaped != 0 {
			name = jsonscan.AppendText(nil, name)
		} else {
			name = name[1 : len(name)-1]
		}
		for i, p := range o.patterns {
			if p.Match(name) {
				set |= 1 << i
			}
		}
	}
	return o.matching(set)
}

// matching is the place of members that match exactly these patterns.
func (o *open) matching(set uint64) PlaceID {
	place, apart := o.places[set]
	if !apart && set != 0 {
		return o.beyond
	}
	return place
}

// table appends the table of one node's members.
func (m *marker) table(n *node, members []cell) {
	size := 1
	if len(members) > 0 {
		size = min(1<<bits.Len(uint(len(members)*2-1)), 1<<16) // there are fewer names
	}
	n.first, n.mask = uint32(len(m.cells)), uint16(size-1)
	m.cells = append(m.cells, make([]cell, size)...)
	table := m.cells[n.first:]
	for _, c := range members {
		at := c.name & n.mask
		for table[at].name != 0 {
			at = (at + 1) & n.mask
		}
		table[at] = c
	}
}

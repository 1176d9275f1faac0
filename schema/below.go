package schema

import (
	"math/bits"
	"regexp"
)

// Below is what stands directly below a place, by what leads there: the same as
// marking finds in an event.
type Below struct {
	Names    map[string]PlaceID // members that the schema speaks of by name
	Patterns []*regexp.Regexp   // for the names of others, sorted by text
	Sets     map[uint64]PlaceID // others, by the patterns that match, a bit each
	Beyond   PlaceID            // others that match more patterns than any of Sets
	Tuple    []PlaceID          // items by position
	Items    PlaceID            // every other item
}

// Below is what stands directly below the place. Undeclared holds nothing.
func (s *Schema) Below(of PlaceID) *Below {
	n := &s.marker.nodes[of]
	b := &Below{Names: map[string]PlaceID{}, Tuple: n.places, Items: n.items}
	for _, c := range s.marker.cells[n.first : n.first+uint32(n.mask)+1] {
		if c.name != 0 {
			b.Names[s.names.Name(c.name)] = c.place
		}
	}
	if n.open != nil {
		b.Patterns, b.Sets, b.Beyond = n.open.patterns, n.open.places, n.open.beyond
	}
	return b
}

// Member is where a member of that name stands.
func (b *Below) Member(name string) PlaceID {
	if id, known := b.Names[name]; known {
		return id
	}
	var set uint64
	for i, p := range b.Patterns {
		if p.MatchString(name) {
			set |= 1 << i
		}
	}
	return (&open{places: b.Sets, beyond: b.Beyond}).matching(set)
}

// Item is where the item at the position stands.
func (b *Below) Item(position int) PlaceID {
	if position < len(b.Tuple) {
		return b.Tuple[position]
	}
	return b.Items
}

// Most is how many patterns a name may match at once and still be told apart; a
// name that matches more is at Beyond.
func (b *Below) Most() (n int) {
	for set := range b.Sets {
		n = max(n, bits.OnesCount64(set))
	}
	return n
}

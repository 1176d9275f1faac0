package filters

import (
	"math/bits"
	"regexp"
	"slices"

	"jupyter-events-agent/schema"
)

// unnamed are the places, before and after, of members that neither schema names:
// one pair for every way in which a name may match the patterns of both. That no
// name may match some of them together is not looked at.
func unnamed(before, after *schema.Below) (pairs [][2]schema.PlaceID) {
	shared := map[int]int{} // by index in before, that of the same pattern in after
	for i, p := range before.Patterns {
		if j := slices.IndexFunc(after.Patterns, func(q *regexp.Regexp) bool { return q.String() == p.String() }); j >= 0 {
			shared[i] = j
		}
	}
	for _, x := range matches(before) {
		for _, y := range matches(after) {
			if together(x, y, shared, before, after) {
				pairs = append(pairs, [2]schema.PlaceID{x.id, y.id})
			}
		}
	}
	return pairs
}

// match is which patterns a name matches, and where the member stands then.
type match struct {
	set  uint64
	more bool // more patterns than are told apart
	id   schema.PlaceID
}

// matches are all that are told apart below a place.
func matches(b *schema.Below) []match {
	all := []match{{id: b.Sets[0]}}
	for set, id := range b.Sets {
		if set != 0 {
			all = append(all, match{set: set, id: id})
		}
	}
	if b.Most() < len(b.Patterns) {
		all = append(all, match{more: true, id: b.Beyond})
	}
	return all
}

// together says whether a name may match x of the patterns before and y of those after.
func together(x, y match, shared map[int]int, before, after *schema.Below) bool {
	var mine, its uint64 // of x and y what both know
	for i, j := range shared {
		mine |= x.set & (1 << i)
		its |= y.set & (1 << j)
		if !x.more && !y.more && x.set>>i&1 != y.set>>j&1 {
			return false
		}
	}
	switch {
	case x.more && y.more:
		return true
	case x.more:
		return bits.OnesCount64(its)+len(before.Patterns)-len(shared) > before.Most()
	case y.more:
		return bits.OnesCount64(mine)+len(after.Patterns)-len(shared) > after.Most()
	}
	return true
}

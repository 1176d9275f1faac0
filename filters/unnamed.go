package filters

import (
	"maps"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"jupyter-events-agent/schema"
)

// unnamed are the places, before and after, of members that neither schema names:
// one pair for every way in which a name may match the patterns of both. That no
// name may match some of them together is looked at only where they say how it
// begins.
func unnamed(before, after *schema.Below) (pairs [][2]schema.PlaceID) {
	x, y := newMatching(before), newMatching(after)
	for i, p := range before.Patterns {
		if j := slices.IndexFunc(after.Patterns, func(q *regexp.Regexp) bool { return q.String() == p.String() }); j >= 0 {
			x.shared, y.shared = append(x.shared, i), append(y.shared, j)
		}
	}
	known := map[[2]schema.PlaceID]bool{}
	add := func(ids ...schema.PlaceID) {
		if pair := [2]schema.PlaceID(ids); !known[pair] {
			known[pair] = true
			pairs = append(pairs, pair)
		}
	}
	beginnings := slices.Concat([]string{""}, x.beginnings, y.beginnings)
	slices.Sort(beginnings)
	for _, begins := range slices.Compact(beginnings) { // as far as a pattern asks how a name does
		mine, its := x.alike(begins), y.alike(begins)
		for _, common := range slices.Sorted(maps.Keys(mine)) {
			for _, m := range mine[common] {
				for _, o := range its[common] {
					add(m, o)
				}
				if y.more(begins, common) {
					add(m, y.Beyond)
				}
			}
		}
		for _, common := range slices.Sorted(maps.Keys(its)) {
			for _, o := range its[common] {
				if x.more(begins, common) {
					add(x.Beyond, o)
				}
			}
		}
		if x.more(begins, math.MaxUint64) && y.more(begins, math.MaxUint64) { // of all shared patterns
			add(x.Beyond, y.Beyond)
		}
	}
	return pairs
}

// matching is how names match the patterns below a place.
type matching struct {
	*schema.Below
	most       int      // patterns that are told apart
	beginnings []string // of the names that each matches, as far as it says
	shared     []int    // indexes of the patterns that the other side has too
}

func newMatching(b *schema.Below) *matching {
	m := &matching{Below: b, most: b.Most()}
	for _, p := range b.Patterns {
		m.beginnings = append(m.beginnings, beginning(p))
	}
	return m
}

// alike are the places of names that begin like this, by which of the shared
// patterns they match, a bit each.
func (m *matching) alike(begins string) map[uint64][]schema.PlaceID {
	all := map[uint64][]schema.PlaceID{0: {m.Sets[0]}}
	for _, set := range slices.Sorted(maps.Keys(m.Sets)) {
		var common uint64
		for k, i := range m.shared {
			common |= set >> i & 1 << k
		}
		fits := set != 0
		for i, b := range m.beginnings {
			fits = fits && (set>>i&1 == 0 || strings.HasPrefix(begins, b))
		}
		if fits {
			all[common] = append(all[common], m.Sets[set])
		}
	}
	return all
}

// more says whether a name that begins like this, and of the shared patterns
// matches no more than these, may match more than are told apart.
func (m *matching) more(begins string, common uint64) bool {
	n := 0
	for i, b := range m.beginnings {
		k := slices.Index(m.shared, i)
		if (k < 0 || common>>k&1 == 1) && strings.HasPrefix(begins, b) {
			n++
		}
	}
	return n > m.most
}

// beginning is what every name that the pattern matches begins with.
func beginning(p *regexp.Regexp) string {
	re, err := syntax.Parse(p.String(), syntax.Perl)
	if err != nil || re.Op != syntax.OpConcat || re.Sub[0].Op != syntax.OpBeginText || re.Sub[1].Op != syntax.OpLiteral || re.Sub[1].Flags&syntax.FoldCase != 0 {
		return ""
	}
	return string(re.Sub[1].Rune)
}

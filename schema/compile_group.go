package schema

import (
	"maps"
	"slices"
)

// way is one way in which a schema describes a place.
type way struct {
	at    *loc
	force force
}

// force is what a way does to its place: each does what those after it do too.
type force uint8

const (
	asserting    force = iota // says which values are valid there
	declaring                 // declares the place; the validator does not know of it
	categorising              // adds categories
)

func (w way) conditional() bool { return w.force == categorising }

// below is the force of what stands in the schema.
func (w way) below() force { return max(w.force, w.at.beside) }

// group is all that describes one place: the ways, with those that they
// apply to the same value, and the steps of overlays that lead here.
type group struct {
	ways []way
	over []*overnode
}

// text is what the ways say for people: the first that says anything,
// unconditional ones before others.
func (g *group) text() string {
	var best *way
	for i := range g.ways {
		w := &g.ways[i]
		if w.at.text != "" && (best == nil || best.conditional() && !w.conditional() || best.conditional() == w.conditional() && w.at.n < best.at.n) {
			best = w
		}
	}
	if best == nil {
		return ""
	}
	return best.at.text
}

// description is what describes one member or item.
type description struct {
	group
	called   string // the last step of the place's identity
	declared bool   // by a way that declares, or an overlay
	named    bool   // the schema or an overlay names the member
	vague    bool   // as of Place
}

// describe adds one way that leads to the place.
func (d *description) describe(to *loc, by force) {
	if to == nil {
		return
	}
	d.ways = append(d.ways, way{to, by})
	d.declared = d.declared || by < categorising
}

// cover adds one step of overlays that leads to the place; it declares it
// where a pointer ends here.
func (d *description) cover(o *overnode) {
	if o == nil {
		return
	}
	d.over = append(d.over, o)
	d.declared = d.declared || len(o.says) > 0
}

// whole adds the ways that ways apply to the same value: allOf and $ref as
// they are, the others conditionally. A reference that leads back is followed
// once.
func (b *builder) whole(ways []way) []way {
	forces := map[*loc]force{}
	for stack := slices.Clone(ways); len(stack) > 0; {
		w := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if before, seen := forces[w.at]; seen && before <= w.force {
			continue
		}
		b.work++
		forces[w.at] = w.force
		if w.at.refs != nil {
			stack = append(stack, way{w.at.refs, w.force})
		}
		for _, l := range w.at.allOf {
			stack = append(stack, way{l, w.below()})
		}
		for _, l := range w.at.conditional {
			stack = append(stack, way{l, categorising})
		}
	}
	all := make([]way, 0, len(forces))
	for l, by := range forces {
		all = append(all, way{l, by})
	}
	slices.SortFunc(all, func(a, b way) int { return a.at.n - b.at.n })
	return all
}

// memberNames are the names that anything says something about, sorted.
func (g *group) memberNames() []string {
	names := map[string]bool{}
	for _, w := range g.ways {
		for name := range w.at.properties {
			names[name] = true
		}
	}
	for _, o := range g.over {
		for name := range o.members {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// member is what describes the member of that name.
func (g *group) member(name string) description {
	d := description{called: calledMember(name)}
	for _, w := range g.ways {
		to := w.at.properties[name]
		d.describe(to, w.below())
		d.named = d.named || to != nil && !w.conditional()
		d.unnamed(w, to != nil, func(p *pattern) bool { return p.re.MatchString(name) })
	}
	for _, o := range g.over {
		to := o.members[name]
		d.cover(to)
		d.named = d.named || to != nil && len(to.says) > 0
		d.cover(o.star)
	}
	return d
}

// unnamed adds what one way says of a member besides naming it.
func (d *description) unnamed(w way, known bool, matches func(*pattern) bool) {
	for i := range w.at.patterns {
		if p := &w.at.patterns[i]; matches(p) {
			d.describe(p.to, w.below())
			known = true
		}
	}
	if !known {
		d.describe(w.at.additional, w.below())
		d.describe(w.at.unevaluated, categorising)
	}
}

// matching is what describes members that nothing names and that match
// exactly these patterns; none: additional members.
func (g *group) matching(patterns []string) description {
	d := description{called: calledMatching(patterns)}
	for _, w := range g.ways {
		d.unnamed(w, false, func(p *pattern) bool { return slices.Contains(patterns, p.text) })
	}
	for _, o := range g.over {
		d.cover(o.star)
	}
	return d
}

// beyond is what describes members that nothing names and that match more
// patterns than are told apart: whatever any pattern says adds its categories,
// and only an overlay declares.
func (g *group) beyond() description {
	d := description{called: calledBeyond, vague: true}
	for _, w := range g.ways {
		for _, p := range w.at.patterns {
			d.describe(p.to, categorising)
		}
		d.describe(w.at.additional, categorising)
		d.describe(w.at.unevaluated, categorising)
	}
	for _, o := range g.over {
		d.cover(o.star)
	}
	return d
}

// patterns are the different patterns for member names, sorted.
func (g *group) patterns() []pattern {
	var all []pattern
	for _, w := range g.ways {
		for _, p := range w.at.patterns {
			if !slices.ContainsFunc(all, func(q pattern) bool { return q.text == p.text }) {
				all = append(all, p)
			}
		}
	}
	slices.SortFunc(all, func(a, b pattern) int {
		if a.text < b.text {
			return -1
		}
		return 1
	})
	return all
}

// positions is how many items are described by their position.
func (g *group) positions() int {
	n := 0
	for _, w := range g.ways {
		n = max(n, len(w.at.tuple))
	}
	for _, o := range g.over {
		for token := range o.members {
			if i, ok := index(token); ok && i < maxPositions {
				n = max(n, i+1)
			}
		}
	}
	return n
}

// item is what describes the item at a position; those beyond positions are
// all described alike.
func (g *group) item(position int, token string) description {
	d := description{called: token}
	for _, w := range g.ways {
		inTuple := position < len(w.at.tuple)
		if inTuple {
			by := w.below()
			if w.at.all {
				by = max(by, declaring)
			}
			d.describe(w.at.tuple[position], by)
		}
		if !inTuple || w.at.all {
			d.describe(w.at.items, w.below())
		}
		for _, l := range w.at.anyItem {
			d.describe(l, categorising)
		}
	}
	for _, o := range g.over {
		d.cover(o.members[token])
		d.cover(o.star)
	}
	return d
}

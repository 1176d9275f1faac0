package schema

import "slices"

// limit is which values may stand somewhere, as far as it is known.
type limit struct {
	types           TypeSet
	closed          bool
	values          []string // where closed, as compact JSON: all that may stand there, and perhaps others
	least, greatest bool     // a number among them has a least value, a greatest one
}

// limiting finds the limits of values, each schema's once.
type limiting struct {
	*builder
	known map[limited]limit
}

// limited is a schema that is applied to a value of one of the types.
type limited struct {
	at     *loc
	within TypeSet
}

// limit is what the ways, which hold all that is applied to one value, leave of
// values of some types.
func (b *limiting) limit(ways []way, within TypeSet) limit {
	l := limit{types: within}
	for _, w := range ways {
		if w.conditional {
			continue
		}
		l.types &= w.at.types
		l.least, l.greatest = l.least || w.at.least, l.greatest || w.at.greatest
		if w.at.listed {
			l.close(w.at.enum)
		}
	}
	for before := TypeSet(0); before != l.types; { // one choice may leave less of another
		before = l.types
		for _, w := range ways {
			if w.conditional {
				continue
			}
			for _, branches := range w.at.choices {
				l.choose(b, branches)
			}
		}
	}
	if simple := BooleanType | NullType; !l.closed && l.types&^simple == 0 {
		var all []string
		if l.types&BooleanType != 0 {
			all = append(all, "true", "false")
		}
		if l.types&NullType != 0 {
			all = append(all, "null")
		}
		l.close(all)
	}
	if l.types&(IntegerType|NumberType) == 0 {
		l.least, l.greatest = true, true
	}
	return l
}

// close leaves only these values.
func (l *limit) close(values []string) {
	if l.closed {
		l.values = slices.DeleteFunc(l.values, func(v string) bool { return !slices.Contains(values, v) })
		return
	}
	l.closed, l.values = true, slices.Clone(values)
}

// choose leaves what at least one of the branches does.
func (l *limit) choose(b *limiting, branches []*loc) {
	some := limit{closed: true, least: true, greatest: true}
	for _, at := range branches {
		one := b.branch(at, l.types)
		if one.types == 0 {
			continue // no value can take it
		}
		some.types |= one.types
		some.closed = some.closed && one.closed
		some.least, some.greatest = some.least && one.least, some.greatest && one.greatest
		for _, v := range one.values {
			if !slices.Contains(some.values, v) {
				some.values = append(some.values, v)
			}
		}
	}
	l.types = some.types
	l.least, l.greatest = l.least || some.least, l.greatest || some.greatest
	if some.closed {
		l.close(some.values)
	}
}

// branch is the limit of one schema. One that leads back to itself, by no step
// into the event, limits nothing.
func (b *limiting) branch(at *loc, within TypeSet) limit {
	k := limited{at, within}
	if l, known := b.known[k]; known {
		return l
	}
	b.known[k] = limit{types: within}
	l := b.limit(b.whole([]way{{at, false}}), within)
	b.known[k] = l
	return l
}

// choices closes or bounds a place of which branches say which values it may have.
func (b *builder) choices(p *Place, g *group) {
	if p.Closed || p.Bounded || !slices.ContainsFunc(g.ways, func(w way) bool { return !w.conditional && len(w.at.choices) > 0 }) {
		return
	}
	l := (&limiting{b, map[limited]limit{}}).limit(g.ways, p.Types)
	if l.closed && len(l.values) > 0 {
		p.Closed, p.Enum = true, l.values
	}
	p.Bounded = l.least && l.greatest && l.types&IntegerType != 0 && l.types&^(IntegerType|NullType) == 0
}

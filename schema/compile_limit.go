package schema

import "slices"

// Bounds of finding out what anyOf and oneOf leave. Beyond them a place is not
// closed, and nothing is refused.
const (
	maxLimiting = 2_000_000 // steps for one schema
	maxChoices  = 1000      // anyOf and oneOf within one another
	maxChosen   = 4096      // values of several branches
)

// limit is which values may stand somewhere, as far as it is known.
type limit struct {
	types           TypeSet
	closed          bool
	values          []string // where closed, as compact JSON: all that may stand there, and perhaps others. Shared
	least, greatest bool     // a number among them has a least value, a greatest one
}

// limiting finds the limits of values for all places of one schema: what each
// anyOf and oneOf leaves once.
type limiting struct {
	known       map[limited]limit
	work, depth int
}

// limited is an anyOf or oneOf, by the first of its branches, that is applied to
// a value of one of the types.
type limited struct {
	branches **loc
	within   TypeSet
}

// asserted is what types, enum, const and bounds of schemas leave of values of
// some types.
func (b *limiting) asserted(all []*loc, within TypeSet) limit {
	l := limit{types: within}
	for _, at := range all {
		l.types &= at.types
		l.least, l.greatest = l.least || at.least, l.greatest || at.greatest
		if at.listed {
			b.close(&l, at.enum)
		}
	}
	return l
}

// chosen is what the anyOf and oneOf of the schemas, which hold all that is
// applied to one value, leave of a limit.
func (b *limiting) chosen(l limit, all []*loc) limit {
	for before := TypeSet(0); before != l.types; { // one choice may leave less of another
		before = l.types
		for _, at := range all {
			for _, branches := range at.choices {
				l.types = b.some(branches, l.types).types
			}
		}
	}
	for _, at := range all {
		for _, branches := range at.choices {
			some := b.some(branches, l.types)
			l.least, l.greatest = l.least || some.least, l.greatest || some.greatest
			if some.closed {
				b.close(&l, some.values)
			}
		}
	}
	if simple := BooleanType | NullType; !l.closed && l.types&^simple == 0 {
		var values []string
		if l.types&BooleanType != 0 {
			values = append(values, "true", "false")
		}
		if l.types&NullType != 0 {
			values = append(values, "null")
		}
		b.close(&l, values)
	}
	if l.types&(IntegerType|NumberType) == 0 {
		l.least, l.greatest = true, true
	}
	return l
}

// close leaves only these values.
func (b *limiting) close(l *limit, values []string) {
	if !l.closed {
		l.closed, l.values = true, values
		return
	}
	if b.work += len(l.values) + len(values); b.work > maxLimiting {
		return // it is closed all the same
	}
	both, left := map[string]bool{}, []string{}
	for _, v := range values {
		both[v] = true
	}
	for _, v := range l.values {
		if both[v] {
			left = append(left, v)
		}
	}
	l.values = left
}

// some is what at least one of the branches leaves of values of some types.
// Branches that lead back to themselves, by no step into the event, limit nothing.
func (b *limiting) some(branches []*loc, within TypeSet) limit {
	k := limited{&branches[0], within}
	if l, known := b.known[k]; known {
		return l
	}
	b.known[k] = limit{types: within}
	if b.depth >= maxChoices {
		return b.known[k]
	}
	b.depth++
	defer func() { b.depth-- }()
	some := limit{closed: true, least: true, greatest: true}
	listed := map[string]bool{}
	for _, at := range branches {
		all := b.applied(at)
		one := b.chosen(b.asserted(all, within), all)
		if b.work += 1 + len(one.values); b.work > maxLimiting {
			return b.known[k]
		}
		if one.types == 0 {
			continue // no value can take it
		}
		some.types |= one.types
		some.least, some.greatest = some.least && one.least, some.greatest && one.greatest
		if some.closed = some.closed && one.closed && len(one.values) <= maxChosen; !some.closed {
			continue
		}
		for _, v := range one.values {
			if !listed[v] {
				listed[v] = true
				some.values = append(some.values, v)
			}
		}
		some.closed = len(some.values) <= maxChosen
	}
	if !some.closed {
		some.values = nil
	}
	b.known[k] = some
	return some
}

// applied are the schemas that one applies to the same value in any case, in the
// order of their numbers; only some where that takes too many steps.
func (b *limiting) applied(at *loc) []*loc {
	all := []*loc{at}
	seen := map[*loc]bool{at: true}
	add := func(l *loc) {
		if l != nil && !seen[l] && b.work <= maxLimiting {
			b.work++
			seen[l] = true
			all = append(all, l)
		}
	}
	for i := 0; i < len(all); i++ {
		add(all[i].refs)
		if all[i].beside == asserting {
			for _, l := range all[i].allOf {
				add(l)
			}
		}
	}
	slices.SortFunc(all, func(x, y *loc) int { return x.n - y.n })
	return all
}

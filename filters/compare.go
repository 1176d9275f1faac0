package filters

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"jupyter-events-agent/schema"
)

// comparing is one Diff.
type comparing struct {
	before, after Fed
	changes       []Change
	codes         []scoped
}

// walk is one schema's part of it: all values that an event may hold, as both
// policies see them.
type walk struct {
	*comparing
	id, version string
	seen        map[pair]bool
	todo        []pair // of seen, what is below is still to be compared
}

// pair is one value, before and after.
type pair struct{ was, is here }

// mostPairs is how many pairs of one schema are compared: twice as many as there
// are places at most. Two schemas that refer to themselves, or have patterns of
// which every one may meet every other, can give a great many more.
const mostPairs = 1 << 17

func (w *walk) add(property string, from, to fact, let bool) {
	w.changes = append(w.changes, from.change(w.id, w.version, property, to, let))
}

// values compares all that an event may hold, those near the root first.
func (w *walk) values(was, is here) {
	w.seen, w.todo = map[pair]bool{}, []pair{{was, is}}
	for i := 0; i < len(w.todo) && len(w.seen) <= mostPairs; i++ {
		w.inside(w.todo[i].was, w.todo[i].is)
	}
	if len(w.seen) > mostPairs {
		w.add("(properties)", fact{}, fact{reason: fmt.Sprintf("there are more than %d pairs of places that a value may have had and has now, and no more are compared: change the schema in smaller steps", mostPairs)}, true)
	}
}

// inside compares what stands directly below a value.
func (w *walk) inside(was, is here) {
	b, a := was.below(), is.below()
	names := append(slices.Collect(maps.Keys(b.Names)), slices.Collect(maps.Keys(a.Names))...)
	slices.Sort(names)
	top := max(was.id, is.id) <= schema.Root
	for _, name := range slices.Compact(names) {
		from, to := was.member(b.Member(name)), is.member(a.Member(name))
		if top && schema.Reserved(name) {
			from.verdict, to.verdict = denied, denied // the agent's own, under every policy
		}
		w.visit(from, to)
	}
	for _, ids := range unnamed(b, a) {
		w.visit(was.member(ids[0]), is.member(ids[1]))
	}
	for i := range max(len(b.Tuple), len(a.Tuple)) + 1 {
		w.visit(was.item(b.Item(i)), is.item(a.Item(i)))
	}
}

// visit compares one value, and notes it for what it holds.
func (w *walk) visit(was, is here) {
	if was.id == schema.Undeclared && is.id == schema.Undeclared {
		return // an item is as its array, and a member as facts say; what is below nothing is as what it is in
	}
	p := pair{was, is}
	if w.seen[p] || len(w.seen) > mostPairs {
		return
	}
	w.seen[p] = true
	w.todo = append(w.todo, p)
	name := cmp.Or(is.identity(), was.identity())
	from, to := was.fact(), is.fact()
	if was.named() && !is.named() { // what is of no schema any more is called as it was
		if name = was.identity(); is.id != schema.Undeclared {
			to.reason += "; it is described as " + is.identity() + " now"
		}
	}
	switch {
	case !is.within(&was):
		w.letOut(name, from, to)
	case !was.within(&is):
		w.heldBack(name, from, to)
	default:
		w.recoded(name, from, to)
	}
	w.code(name, from, to)
	w.drops(name, &was, &is)
	w.asked(name, &was, &is)
}

// drops compares whether the presence of a value drops the event.
func (w *walk) drops(name string, was, is *here) {
	if was.plan == nil || is.plan == nil || was.drops == is.drops {
		return
	}
	u, other := was, is
	from, to := fact{word: "dropped"}, fact{word: "sent", reason: "drop_events_with looked at it, and does not any more"}
	if is.drops {
		u, other = is, was
		from, to = fact{word: "sent"}, fact{word: "dropped", reason: "drop_events_with looks at it"}
	}
	if !u.dropping(u.id) {
		return // it is what holds it, and has been said
	}
	for _, c := range u.filter.rules.dropsOf(u.plan.added(&u.plan.schema.Places()[u.id])) {
		if slices.Contains(other.filter.rules.drops, c) {
			continue
		}
		// The policy's own word has changed: one line for all the places.
		to.reason = fmt.Sprintf("policy.drop_events_with names %s", c)
		if was.drops {
			to.reason = "policy.drop_events_with does not name it any more"
		}
		w.add("(events that hold "+c+")", from, to, was.drops)
		return
	}
	w.add("(events that hold "+name+")", from, to, was.drops)
}

// asked compares whether a value says whom the event is about.
func (w *walk) asked(name string, was, is *here) {
	if was.plan != nil && is.plan != nil {
		w.person(name, was.person, is.person)
	}
}

// person compares it, where both policies ask.
func (w *walk) person(name string, was, is bool) {
	asked, asks := w.before.Filter.consent, w.after.Filter.consent
	if asked == nil || asks == nil || was == is {
		return
	}
	property := "(events about whom " + name + " names)"
	if was {
		w.add(property, fact{word: "asked"}, fact{word: "not asked", reason: "consent: it has the category user-identifier no more"}, true)
		return
	}
	to := fact{word: "asked", reason: "consent: whom it names must have said yes"}
	if !asked.deliver {
		to.reason += "; without it an event may have been about nobody, and such did not go out"
	}
	w.add(property, fact{word: "not asked"}, to, !asked.deliver)
}

package filters

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// recoded notes where a value that is coded under both policies has other codes
// after. A longer epoch is a widening besides: who is the same shows for longer.
func (w *walk) recoded(property string, from, to fact) {
	if !to.coded() {
		return
	}
	c := from.change(w.id, w.version, property, to, false)
	c.Recoded, c.Reason = true, ""
	if from.denied != to.denied {
		c.Reason = "it is made with the categories that are denied, which are others"
	}
	if to.action == pseudonymized && w.epochs(&c) || c.Reason != "" {
		w.changes = append(w.changes, c)
	}
}

// epochs compares what pseudonyms are made with; false where that is the same.
func (w *walk) epochs(c *Change) bool {
	was, is := w.before.Filter.pseudonyms, w.after.Filter.pseudonyms
	longer := slices.Index(epochWords, is.word()) - slices.Index(epochWords, was.word())
	switch {
	case longer > 0:
		c.LetOut, c.Reason = true, "pseudonyms.epoch: codes are made anew less often, so who is the same shows for longer"
	case is.begins() < was.begins():
		c.LetOut, c.Reason = true, "there is a key for epochs that had none: what went without a code has one"
	case w.after.Filter.lasts(w.before.Filter):
		c.LetOut, c.Reason = true, "one key counts for longer, so who is the same shows for longer"
	case longer < 0:
		c.Reason = "pseudonyms.epoch: codes are made anew more often"
	case c.Reason != "":
		return true
	case slices.Equal(was.Keys, is.Keys):
		return false
	default:
		c.Reason = "pseudonyms.key_file holds other keys"
		if len(is.Keys) > len(was.Keys) && slices.Equal(was.Keys, is.Keys[:len(was.Keys)]) {
			c.Reason = "pseudonyms.key_file has a key more, for the epochs that begin after it was made"
		}
		return true
	}
	if longer != 0 {
		c.Before, c.After = c.Before+", epoch "+was.word(), c.After+", epoch "+is.word()
	}
	return true
}

// begins is when the first epoch that has a key begins, in microseconds since 1970.
func (p *Pseudonyms) begins() int64 {
	for _, k := range p.Keys {
		t := time.UnixMicro(k.Since).UTC()
		for i := range time.Month(13) { // of a year's, the next begins then at the latest
			at := max(k.Since, time.Date(t.Year(), t.Month()+i, 1, 0, 0, 0, 0, time.UTC).UnixMicro())
			if _, ok := p.epoch(at, true); ok {
				return at
			}
		}
	}
	return math.MaxInt64
}

// lasts says whether a value has the same pseudonym at two times that had not the
// same under was. Keys count by times as policy.time has rounded them, so it is
// looked before and after each begins to count by any of them.
func (f *Filter) lasts(was *Filter) bool {
	before := map[madeWith]madeWith{}
	for _, k := range slices.Concat(was.pseudonyms.Keys, f.pseudonyms.Keys) {
		for p, length := range lengths {
			at := precision(p).micros(k.Since + length - 1) // up, not down
			for _, at := range []int64{at - 1, at} {
				is, has := f.madeWith(at)
				had, _ := was.madeWith(at)
				if first, known := before[is]; has && known && first != had {
					return true
				}
				before[is] = had
			}
		}
	}
	return false
}

// madeWith is what pseudonyms of one place and time are made with.
type madeWith struct {
	number int32 // of the epoch
	secret [32]byte
}

// madeWith is false where there is no key for the time.
func (f *Filter) madeWith(micros int64) (m madeWith, ok bool) {
	e, ok := f.pseudonyms.epoch(f.time.micros(micros), true)
	if ok {
		m = madeWith{e.number, f.pseudonyms.Keys[e.key].Secret}
	}
	return m, ok
}

// ever says whether the same value has the same code at all times.
func (p *Pseudonyms) ever() bool { return p.months() == 0 && len(p.Keys) == 1 && p.Keys[0].Since <= 0 }

// word is the epoch's in the configuration.
func (p *Pseudonyms) word() string { return cmp.Or(p.Epoch, epochWords[0]) }

// letOut notes what is newly let out.
func (w *walk) letOut(property string, from, to fact) {
	c := from.change(w.id, w.version, property, to, true)
	if from.action == pseudonymized && to.action == tokenized {
		c.Before, c.Recoded = c.Before+", epoch "+w.before.Filter.pseudonyms.word(), true
		c.Reason += "; a token stays the same, and a pseudonym changes with its epoch and key, so who is the same shows for longer"
	}
	w.changes = append(w.changes, c)
}

// heldBack notes what is newly held back; other codes for the same are not: a
// token for a pseudonym that stays the same as well.
func (w *walk) heldBack(property string, from, to fact) {
	c := from.change(w.id, w.version, property, to, false)
	c.Recoded = from.coded() && to.coded()
	w.changes = append(w.changes, c)
}

// coded says whether a code goes out for the value.
func (f *fact) coded() bool { return f.action == tokenized || f.action == pseudonymized }

// scope is within what one sees which values are the same; "" for nothing.
func (f *fact) scope() string {
	switch {
	case f.verdict == open:
		return "plain"
	case !f.coded():
		return ""
	}
	return f.action.String() + " " + f.denied
}

// scoped is a place whose values go out as codes after.
type scoped struct {
	place   [3]string // schema, version, property
	was, is string    // its scopes
}

// code notes one.
func (w *walk) code(property string, from, to fact) {
	if to.coded() {
		w.codes = append(w.codes, scoped{[3]string{w.id, w.version, property}, from.scope(), to.scope()})
	}
}

// linked finds values that have the same codes after and had not before: that
// two of them are the same is newly let out, whatever each was alone.
func (c *comparing) linked() {
	slices.SortFunc(c.codes, func(a, b scoped) int { return slices.Compare(a.place[:], b.place[:]) })
	type group struct{ first, other *scoped } // the first of those that have the same codes after, and the first that had others
	groups := map[string]*group{}
	for i := range c.codes {
		s := &c.codes[i]
		g := groups[s.is]
		switch {
		case g == nil:
			groups[s.is] = &group{first: s}
		case g.other == nil && s.was != g.first.was:
			g.other = s
		}
	}
	said := map[[3]string][]*Change{}
	for i := range c.changes {
		s := &c.changes[i]
		place := [3]string{s.Schema, s.Version, s.Property}
		said[place] = append(said[place], s)
	}
	for _, s := range c.codes {
		o := groups[s.is].first
		if o.was == s.was {
			o = groups[s.is].other
		}
		if o != nil {
			link(said[s.place], "its codes are those of "+strings.TrimSpace(o.place[2]+" of "+o.place[0]+" "+o.place[1])+" now, so that two are the same shows")
		}
	}
}

// link has what has been said of a place say that it is let out.
func link(said []*Change, reason string) {
	for _, s := range said {
		if !s.LetOut {
			s.LetOut, s.Reason = true, s.Reason+"; "+reason
		}
	}
}

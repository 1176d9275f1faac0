package filters

import (
	"cmp"
	"slices"
	"strings"
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
	case is.sooner(was):
		c.LetOut, c.Reason = true, "pseudonyms.key_file has a key for earlier events: what went without a code has one"
	case is.lasts(was):
		c.LetOut, c.Reason = true, "pseudonyms.key_file has one key for longer, and there are no epochs, so who is the same shows for longer"
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

// sooner says whether there are codes for events that was had none for.
func (p *Pseudonyms) sooner(was *Pseudonyms) bool {
	return len(p.Keys) > 0 && (len(was.Keys) == 0 || p.Keys[0].Since < was.Keys[0].Since)
}

// lasts says whether without epochs a key counts at a time when was had one end.
func (p *Pseudonyms) lasts(was *Pseudonyms) bool {
	return p.months() == 0 && slices.ContainsFunc(was.Keys, func(k PseudonymKey) bool {
		return len(p.Keys) > 0 && k.Since > p.Keys[0].Since && !slices.ContainsFunc(p.Keys, func(own PseudonymKey) bool { return own.Since == k.Since })
	})
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

// coded says whether a code goes out for the value.
func (f *fact) coded() bool {
	return f.verdict == changed && (f.action == tokenized || f.action == pseudonymized)
}

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
	id, version, property string
	from, to              fact
}

// code notes one.
func (w *walk) code(property string, from, to fact) {
	if to.coded() {
		w.codes = append(w.codes, scoped{w.id, w.version, property, from, to})
	}
}

// linked finds values that have the same codes after and had not before: that
// two of them are the same is newly let out, whatever each was alone.
func (c *comparing) linked() {
	groups := map[string][]scoped{}
	for _, s := range c.codes {
		groups[s.to.scope()] = append(groups[s.to.scope()], s)
	}
	for _, group := range groups {
		first := group[0].from.scope()
		if first != "" && !slices.ContainsFunc(group, func(s scoped) bool { return s.from.scope() != first }) {
			continue
		}
		for _, s := range group {
			i := slices.IndexFunc(group, func(o scoped) bool { return o.property != s.property || o.id != s.id || o.version != s.version })
			if i >= 0 && s.from.scope() != s.to.scope() {
				o := group[i]
				c.link(&s, "its codes are those of "+strings.TrimSpace(o.property+" of "+o.id+" "+o.version)+" now, so that two are the same shows")
			}
		}
	}
}

// link has what has been said of the place say that it is let out.
func (c *comparing) link(s *scoped, reason string) {
	for i := range c.changes {
		said := &c.changes[i]
		if said.Schema != s.id || said.Version != s.version || said.Property != s.property || said.LetOut {
			continue
		}
		said.LetOut = true
		said.Reason += "; " + reason
	}
}

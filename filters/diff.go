package filters

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"jupyter-events-agent/schema"
)

// Change is one thing that an output receives under one policy and not, or not
// so much of it, under another.
type Change struct {
	Schema   string `json:"schema"`
	Version  string `json:"version"`
	Property string `json:"property"` // schema.Place.Identity; in brackets what is no property: "(events)"
	LetOut   bool   `json:"let_out"`  // newly let out, or not known not to be; false: newly held back
	// Recoded: the same as before, by other codes, so that what was delivered and what comes
	// cannot be matched. With LetOut as well: and more of what comes can be matched.
	Recoded bool   `json:"recoded,omitempty"`
	Before  string `json:"before"` // as Row.Verdict, with what "truncated" and "sent" leave; "unknown" where there was no such property
	After   string `json:"after"`
	Reason  string `json:"reason"` // why it is so after; where it is gone, why it was so before
}

// Fed is an output with what feeds it.
type Fed struct {
	Filter *Filter           // nil: there is no such output
	Inputs []*schema.Checker // empty: there are none yet, and every schema counts as coming
	Reads  []string          // by index of Inputs: changes with where it reads, and what of it; empty for none said
}

// Diff says what an output receives under after and not under before, or the
// other way round, sorted by schema, version and property. The two may have been
// compiled against different schemas. Where nothing is said to be let out, no
// event gives a record under after that shows more than the one under before.
func Diff(before, after Fed) []Change {
	c := comparing{before: before, after: after}
	was, is := before.plans(), after.plans()
	both := maps.Clone(was)
	maps.Copy(both, is)
	for k := range both {
		w := walk{comparing: &c, id: k[0], version: k[1]}
		w.facts(before.facts(was[k]), after.facts(is[k]))
		w.values(before.Filter.event(was[k]), after.Filter.event(is[k]))
		if was[k] != nil && is[k] != nil {
			w.consents()
			if !is[k].schema.NoWider(was[k].schema) {
				w.add("(events that were not valid)", fact{word: "fault"}, fact{word: "sent", reason: "the schema says otherwise what is valid, and it cannot be told that it takes no more than it did"}, true)
			}
		}
	}
	c.paths()
	c.linked()
	slices.SortFunc(c.changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Property, b.Property),
			cmp.Compare(a.Before, b.Before), cmp.Compare(a.After, b.After), cmp.Compare(a.Reason, b.Reason))
	})
	return slices.Compact(c.changes)
}

// plans are those of the schemas that come to the output, by id and version.
func (f *Fed) plans() map[[2]string]*plan {
	all := map[[2]string]*plan{}
	if f.Filter == nil {
		return all
	}
	for _, p := range f.Filter.plans {
		if p != nil && f.Filter.Gets(f.Inputs, p.schema) {
			all[[2]string{p.schema.ID(), p.schema.Version()}] = p
		}
	}
	return all
}

// flat is what becomes of something that is no property.
type flat struct {
	fact
	shows int    // the more, the more of it
	reads string // of an input
}

// facts are what an output gets of the events of a schema beside their properties.
func (f *Fed) facts(p *plan) map[string]flat {
	all := map[string]flat{}
	if p == nil {
		return all
	}
	g := f.Filter
	sent := func(what, reason, reads string) { all[what] = flat{fact{word: "sent", reason: reason}, 1, reads} }
	for _, i := range g.From(f.Inputs, p.schema) {
		reads := ""
		if i < len(f.Reads) {
			reads = f.Reads[i]
		}
		sent("(events of input "+f.Inputs[i].Input()+")", "the input may bring such events, and the output takes them", reads)
	}
	if len(f.Inputs) == 0 {
		sent("(events)", "the output takes events of this schema", "")
		if !g.trusted {
			sent("(events of untrusted inputs)", "without policy.trusted_only events of every input are taken", "")
		}
	}
	for _, id := range p.schema.IDs()[1:] {
		sent("(events that name it "+id+")", "the schema goes by this id too", "")
	}
	all["(time)"] = flat{fact{word: precisionWords[g.time], reason: "policy.time"}, 1 + int(day-g.time), ""}
	switch {
	case g.rules.everything:
		sent("(undeclared members)", `categories = ["*"] lets out undeclared members too`, "")
		sent("(undeclared top-level members)", `categories = ["*"] lets out undeclared members too`, "")
	case g.rules.inherit:
		sent("(undeclared members)", `undeclared = "inherit" lets them follow their parent`, "")
	}
	if g.numbered {
		sent("(event id)", "metadata or a template has it, or the destination always gets it", "")
	}
	for i, word := range metadataWords {
		switch {
		case g.metadata&(1<<i) == 0 || word == "id":
		case word == "source":
			sent("(name of the input)", "metadata has source", "")
		default:
			sent("("+word+", of metadata)", "metadata has "+word, "")
		}
	}
	return all
}

// facts compares them.
func (w *walk) facts(was, is map[string]flat) {
	both := maps.Clone(was)
	maps.Copy(both, is)
	for what := range both {
		switch from, to := was[what], is[what]; {
		case from.shows != to.shows:
			w.add(what, from.fact, to.fact, to.shows > from.shows)
		case from.reads != to.reads:
			to.reason = "where the input reads, or what of it, is not what it was, so other events may come"
			w.add(what, from.fact, to.fact, true)
		}
	}
}

// consents compares whether persons are asked.
func (w *walk) consents() {
	was, is := w.before.Filter.consent, w.after.Filter.consent
	words := map[bool]fact{false: {word: "dropped"}, true: {word: "sent"}}
	compare := func(what string, from, to bool, reason string) {
		if from != to {
			after := words[to]
			after.reason = reason
			w.add(what, words[from], after, to)
		}
	}
	reason := `consent = "file" asks them`
	if is == nil {
		reason = `without consent = "file" nobody is asked`
	}
	compare("(events about persons who have not said yes)", was == nil, is == nil, reason)
	compare("(events about nobody)", was == nil || was.deliver, is == nil || is.deliver, "without_subject")
}

// paths compares the fields of the paths of inputs' files, by input and name.
func (c *comparing) paths() {
	was, is := c.before.fields(), c.after.fields()
	both := maps.Clone(was)
	maps.Copy(both, is)
	for k := range both {
		w := walk{comparing: c, id: "of input " + k[0]}
		name := "/" + pathName + "/" + k[1]
		from, to := was[k], is[k]
		switch {
		case !to.form.within(from.form, c.before.Filter):
			w.letOut(name, from.fact, to.fact)
		case !from.form.within(to.form, c.after.Filter):
			w.heldBack(name, from.fact, to.fact)
		default:
			w.recoded(name, from.fact, to.fact)
		}
		w.code(name, from.fact, to.fact)
		if c.before.Filter == nil || c.after.Filter == nil {
			continue
		}
		if from.drops != to.drops {
			words := map[bool]fact{false: {word: "sent"}, true: {word: "dropped", reason: "drop_events_with looks at it"}}
			w.add("(events that hold "+name+")", words[from.drops], words[to.drops], from.drops)
		}
		w.person(name, from.person, to.person)
	}
}

// pathFact is what a field of an input's paths is to an output.
type pathFact struct {
	fact
	drops, person bool
}

// fields are those of the inputs' paths that the output takes events of.
func (f *Fed) fields() map[[2]string]pathFact {
	all := map[[2]string]pathFact{}
	if f.Filter == nil {
		return all
	}
	for _, p := range f.Filter.reachable() {
		for i, r := range p.rows(f.Filter.rules) {
			field := &p.fields[i]
			of := pathFact{drops: field.drops, person: f.Filter.consent != nil && f.Filter.consent.fields[p.source.Index][i]}
			of.fact = fact{form{field.verdict, field.action}, worded(&r), r.Reason, strings.Join(f.Filter.rules.missing(r.Categories), " ")}
			all[[2]string{p.source.Input, field.name}] = of
		}
	}
	return all
}

package filters

import (
	"cmp"
	"fmt"
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
	Property string `json:"property"` // pointer into the event; in brackets what is no property: "(events)"
	LetOut   bool   `json:"let_out"`  // newly let out; false: newly held back
	// Recoded: the same as before, by other codes, so that what was delivered and what comes
	// cannot be matched. With LetOut as well: and more of what comes can be matched.
	Recoded bool   `json:"recoded,omitempty"`
	Before  string `json:"before"` // as Row.Verdict, with what "truncated" leaves; "unknown" where there was no such property
	After   string `json:"after"`
	Reason  string `json:"reason"` // why it is so after; where it is gone, why it was so before
}

// Diff says what an output receives under after and not under before, or the
// other way round, sorted by schema, version and property. nil stands for no
// such output. The two may have been compiled against different schemas.
func Diff(before, after *Filter) []Change {
	was, is := before.facts(), after.facts()
	var changes []Change
	add := func(k factKey, from, to fact) {
		let := to.shows >= from.shows && !(from.verdict == "truncated to hour" && to.verdict == "truncated to day")
		c := Change{Schema: k.schema, Version: k.version, Property: k.property, LetOut: let, Before: from.verdict, After: to.verdict, Reason: to.reason}
		if to == (fact{}) {
			c.Reason = from.reason
		}
		c.Before, c.After = cmp.Or(c.Before, "unknown"), cmp.Or(c.After, "unknown")
		changes = append(changes, c)
	}
	for k, from := range was {
		to := is[k]
		if from.shows != to.shows || from.shows > 0 && from.verdict != to.verdict {
			add(k, from, to)
		} else if c, is := recoded(k, from, to, before, after); is {
			changes = append(changes, c)
		}
	}
	for k, to := range is {
		if _, known := was[k]; !known && to.shows > 0 {
			add(k, fact{}, to)
		}
	}
	changes = append(changes, dropDiff(before, after)...)
	changes = append(changes, consentDiff(before, after)...)
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Property, b.Property), cmp.Compare(a.Before, b.Before))
	})
	return changes
}

// factKey is what two policies are compared by.
type factKey struct {
	schema, version, property, declared string
	n                                   int // of several that are called so, as patterns are
}

// fact is what becomes of something, and how much that shows of it.
type fact struct {
	shows           int
	verdict, reason string
	denied          string // of codes: the categories that they are made with
}

// shows says how much of a value a verdict of Row lets out: 0 nothing, and of
// whether it was there nothing either.
func shows(verdict string) int {
	switch verdict {
	case "denied", "null", "masked":
		return 0
	case "empty array":
		return 1
	case "token":
		return 2
	case "sent":
		return 4
	}
	return 3 // other changed values
}

// facts are all that the output receives, and what it is denied.
func (f *Filter) facts() map[factKey]fact {
	all := map[factKey]fact{}
	if f == nil {
		return all
	}
	for _, r := range f.Explain() {
		if r.Input != "" {
			r.Schema = "of input " + r.Input
		}
		k := factKey{r.Schema, r.Version, r.Property, r.Declared, 0}
		for _, again := all[k]; again; _, again = all[k] {
			k.n++
		}
		verdict := r.Verdict
		if verdict == "truncated" {
			verdict += strings.TrimPrefix(r.Action, "truncate") // to what
		}
		all[k] = fact{shows(r.Verdict), verdict, r.Reason, strings.Join(f.rules.missing(r.Categories), " ")}
	}
	sent := func(s *schema.Schema, what, reason string) {
		all[factKey{s.ID(), s.Version(), what, "", 0}] = fact{shows("sent"), "sent", reason, ""}
	}
	for _, p := range f.plans {
		if p == nil {
			continue
		}
		sent(p.schema, "(events)", "the output takes events of this schema")
		all[factKey{p.schema.ID(), p.schema.Version(), "(time)", "", 0}] = fact{1 + int(day-f.time), precisionWords[f.time], "policy.time", ""}
		if !f.trusted {
			sent(p.schema, "(events of untrusted inputs)", "without policy.trusted_only events of every input are taken")
		}
		switch {
		case f.rules.everything:
			sent(p.schema, "(undeclared members)", `categories = ["*"] lets out undeclared members too`)
			sent(p.schema, "(undeclared top-level members)", `categories = ["*"] lets out undeclared members too`)
		case f.rules.inherit:
			sent(p.schema, "(undeclared members)", `undeclared = "inherit" lets them follow their parent`)
		}
		if f.numbered {
			sent(p.schema, "(event id)", "metadata or a template has it, or the destination always gets it")
		}
		if f.metadata&metaSource != 0 {
			sent(p.schema, "(name of the input)", "metadata has source")
		}
	}
	return all
}

// dropDiff compares drop_events_with, where both take the schema.
func dropDiff(before, after *Filter) (changes []Change) {
	if before == nil || after == nil {
		return nil
	}
	was, is := before.dropsBySchema(), after.dropsBySchema()
	for _, k := range slices.SortedFunc(maps.Keys(is), func(a, b [2]string) int { return strings.Compare(a[0]+" "+a[1], b[0]+" "+b[1]) }) {
		from, both := was[k]
		if !both {
			continue
		}
		for _, c := range from {
			if !slices.Contains(is[k], c) {
				changes = append(changes, Change{Schema: k[0], Version: k[1], Property: "(events that hold " + c + ")", LetOut: true, Before: "dropped", After: "sent", Reason: "policy.drop_events_with does not name it any more, or no property has it"})
			}
		}
		for _, c := range is[k] {
			if !slices.Contains(from, c) {
				changes = append(changes, Change{Schema: k[0], Version: k[1], Property: "(events that hold " + c + ")", Before: "sent", After: "dropped", Reason: fmt.Sprintf("policy.drop_events_with names %s", c)})
			}
		}
	}
	return changes
}

// dropsBySchema are the categories whose presence drops an event of each
// schema, by id and version.
func (f *Filter) dropsBySchema() map[[2]string][]string {
	all := map[[2]string][]string{}
	for _, p := range f.plans {
		if p == nil {
			continue
		}
		k := [2]string{p.schema.ID(), p.schema.Version()}
		all[k] = nil
		if f.drops == nil {
			continue
		}
		for i, drops := range f.drops[p.schema.Index()] {
			if drops {
				all[k] = append(all[k], f.rules.dropsOf(p.added(&p.schema.Places()[i]))...)
			}
		}
		slices.Sort(all[k])
		all[k] = slices.Compact(all[k])
	}
	return all
}

package filters

import (
	"cmp"
	"strings"

	"jupyter-events-agent/schema"
)

// here is a value of an event as one of two policies sees it, on a walk through
// all that events of a schema may hold.
type here struct {
	filter  *Filter
	plan    *plan          // nil: the output gets no events of the schema
	id      schema.PlaceID // Undeclared: nothing describes the value
	in      *table         // what judged it; nil: it is in something that does not go out
	verdict verdict
	closed  schema.PlaceID // of what it is in, what does not go out; Undeclared for none that is described
	drops   bool           // its presence drops the event, or that of what it is in
	person  bool           // where it is a scalar, it names whom the event is about
}

// event is the event itself.
func (f *Filter) event(p *plan) here {
	h := here{filter: f, plan: p}
	if p != nil {
		h.id, h.verdict = schema.Root, open
	}
	return h
}

// below is what stands directly below; nothing where nothing describes the value.
func (h *here) below() *schema.Below {
	if h.plan == nil {
		return &schema.Below{}
	}
	return h.plan.schema.Below(h.id)
}

// member is the member that stands at a place below.
func (h here) member(id schema.PlaceID) here {
	next := h.to(id)
	if next.in != nil && h.verdict != whole {
		next.verdict = next.in.verdicts[id]
		if next.verdict == opened {
			next.in, next.verdict = &h.plan.opened, h.plan.opened.verdicts[id]
		}
	}
	return next
}

// item is the item that stands at a place below.
func (h here) item(id schema.PlaceID) here {
	next := h.to(id)
	if next.in == nil || h.verdict == whole {
		return next
	}
	next.verdict = open // without a schema of its own it has the array's categories
	if id != schema.Undeclared {
		next.verdict = next.in.verdicts[id]
	}
	if h.verdict == emptied && next.verdict != denied {
		next.verdict, next.in, next.closed = denied, nil, h.id
	}
	return next
}

// to is what every step does.
func (h here) to(id schema.PlaceID) here {
	next := here{filter: h.filter, plan: h.plan, id: id, drops: h.drops || h.dropping(id), closed: h.closed, person: h.names(id)}
	switch {
	case h.plan == nil:
	case h.id == schema.Root:
		next.in = &h.plan.top
	case h.verdict == whole:
		next.in, next.verdict = h.in, whole
	case h.in == nil:
	case h.verdict <= changed:
		next.closed = h.id
	case h.in == &h.plan.opened:
		next.in = h.in
	default:
		next.in = &h.plan.below
	}
	return next
}

// dropping says whether drop_events_with looks at the place.
func (h *here) dropping(id schema.PlaceID) bool {
	if h.plan == nil || h.filter.drops == nil {
		return false
	}
	drops := h.filter.drops[h.plan.schema.Index()]
	return drops != nil && drops[id]
}

// names says whether a scalar at a place below is asked for consent.
func (h *here) names(id schema.PlaceID) bool {
	if h.plan == nil || h.filter.consent == nil {
		return false
	}
	is := h.filter.consent.subjects[h.plan.schema.Index()]
	return is != nil && (is[id] == somebody || is[id] == inherits && h.person)
}

// form is what becomes of a scalar.
func (h *here) form() form {
	if h.plan == nil || h.verdict == denied {
		return form{}
	}
	if h.verdict == changed {
		return form{changed, h.plan.actions[h.id]}
	}
	return form{verdict: open}
}

// within says whether was shows everything that h shows of a value, whatever its
// type, but for what it holds, which is looked at by itself.
func (h *here) within(was *here) bool {
	return h.form().within(was.form(), was.filter) && h.verdict.container() <= was.verdict.container()
}

// container is how much of an object or array shows, without what it holds.
func (v verdict) container() int {
	switch {
	case v <= changed:
		return 0
	case v == emptied:
		return 1 // not how many items an array has
	}
	return 2
}

// identity tells the place from others; "" where it is not described.
func (h *here) identity() string {
	if h.plan == nil {
		return ""
	}
	return h.plan.schema.Places()[h.id].Identity
}

// named says whether the schema names the member.
func (h *here) named() bool {
	return h.plan != nil && h.plan.schema.Places()[h.id].Kind == schema.MemberPlace
}

// fact is what becomes of the value, in words; the zero fact where nothing
// describes it and nothing of it goes out.
func (h *here) fact() fact {
	if h.plan != nil && h.id != schema.Undeclared {
		r := h.plan.judged(h.id, h.verdict, h.in, h.closed, h.filter.rules)
		word := worded(&r)
		if h.verdict == emptied && word == "sent" {
			word = "sent, an array as []" // so that it is another word than where its items go out
		}
		return fact{h.form(), word, r.Reason, strings.Join(h.filter.rules.missing(r.Categories), " ")}
	}
	switch {
	case h.verdict == denied:
		return fact{}
	case h.filter.rules.everything:
		return fact{word: "sent", reason: `categories = ["*"] lets everything through`}
	case h.verdict == whole:
		return fact{word: "sent", reason: `nothing describes it, and undeclared = "inherit" lets it follow what holds it`}
	}
	return fact{word: "sent", reason: "nothing describes it, and an item then goes out as its array does"}
}

// worded is the row's verdict, with what truncate leaves.
func worded(r *Row) string {
	if r.Verdict == "truncated" {
		return r.Verdict + strings.TrimPrefix(r.Action, "truncate")
	}
	return r.Verdict
}

// form is what a policy makes of a scalar.
type form struct {
	verdict verdict // denied, changed or open
	action  action  // of changed
}

// within says whether f shows nothing that was did not show, under the policy
// of filter: that it is there and for how long one sees which are the same,
// or a part of it.
func (f form) within(was form, filter *Filter) bool {
	switch {
	case f.verdict == denied || was.verdict > changed:
		return true
	case f.verdict > changed:
		return false
	case f.action == tokenized && was.action == pseudonymized:
		return filter.pseudonyms.ever()
	}
	// An action that changes a value is none of what does not go out.
	return f.action == was.action || was.action == toHour && f.action == toDay
}

// fact is what becomes of something, in words.
type fact struct {
	form
	word, reason string // as Row.Verdict, with what truncate leaves; "" for unknown
	denied       string // of codes: the categories that they are made with
}

// change says that from has become to.
func (from fact) change(schema, version, property string, to fact, let bool) Change {
	return Change{
		Schema: schema, Version: version, Property: property, LetOut: let,
		Before: cmp.Or(from.word, "unknown"), After: cmp.Or(to.word, "unknown"), Reason: cmp.Or(to.reason, from.reason),
	}
}

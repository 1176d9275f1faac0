package filters

import (
	"crypto/cipher"
	"slices"

	"jupyter-events-agent/schema"
)

// Filter makes the Records of one output. Immutable, for many goroutines.
type Filter struct {
	plans      []*plan     // by schema.Index; nil: this output does not take the schema
	trusted    bool        // it takes only events of trusted inputs
	paths      []*pathPlan // by Source.Index; nil where no input's paths have fields
	drops      [][]bool    // by schema.Index and place: present, it drops the event; nil without drop_events_with
	consent    *asked      // whom an event is about is asked; nil: nobody is
	tokens     [][]tokenOf // by schema.Index and place; nil without tokenize
	block      cipher.Block
	metadata   metadata
	inside     metadata    // of it what stands in the record
	tail       []byte      // constant metadata of the output, in the record
	apart      bool        // metadata stands beside the record
	numbered   bool        // the destination gets the event id
	beside     []*[]Member // then by schema.Index, without the source
	policy     []Member    // that of the policy alone, for events of other agents
	fields     []field
	slots      int // distinct places in fields
	rules      *rules
	time       precision
	output     string
	pseudonyms *Pseudonyms
	leads      [][]byte // by number of a name: `,"name":`
}

// Takes says whether this output takes events of the schema at all.
func (f *Filter) Takes(s *schema.Schema) bool { return f.plans[s.Index()] != nil }

// Numbered says whether the destination gets the event id: as metadata, in a
// template, or since it has it in any case.
func (f *Filter) Numbered() bool { return f.numbered }

const idMember = `,"__event_id__":"`

// Apply makes the record of an event for this output. false: this output
// does not take the event. The record lives in a.
func (f *Filter) Apply(e *schema.Event, a *Arena) (r Record, taken bool) {
	taken = f.Make(e, a, &r)
	return r, taken
}

// Make is Apply into *r, which the hot path has in its place already. Without
// allocation, once a has grown.
func (f *Filter) Make(e *schema.Event, a *Arena, r *Record) bool {
	p := f.plans[e.Schema().Index()]
	switch {
	case p == nil:
		return a.withhold(NotTaken)
	case f.trusted && !e.Source().Trusted:
		return a.withhold(Untrusted)
	case f.drops != nil && f.dropped(e):
		return a.withhold(Dropped)
	}
	r.arena, r.plan, r.micros, r.start, r.field = a, p, e.Micros(), uint32(len(a.bytes)), uint32(len(a.fields))
	r.hasID, r.apart, r.beside = f.metadata&metaID != 0, f.apart, nil
	var path *pathPlan
	if f.paths != nil {
		if path = f.pathOf(e); path != nil && path.dropped(e) {
			return a.withhold(Dropped)
		}
	}
	var id idText
	suffix, d := p.suffix, e.Derived()
	if d == nil {
		id = a.eventID(f.block, e.At())
		beside := f.beside
		if path != nil {
			suffix, beside = path.suffix[e.Schema().Index()], path.beside
		}
		if f.apart {
			r.beside = f.besideOf(beside[e.Schema().Index()], e.Source(), a)
		}
	} else {
		id, suffix = f.derived(e, p, d, path, a, r)
	}
	id.put(r.id[:])

	if f.consent != nil && !f.consented(e, a, r.start) {
		return false
	}

	raw := e.Raw()
	room := len(p.prefix) + schema.StampLen + len(raw) + len(idMember) + idLen + len(suffix) + len(f.tail) + 3
	s := splicer{raw: raw, tape: e.Tape(), plan: p, leads: f.leads, arena: a, filter: f, event: e}
	if f.slots > 0 {
		s.captured = a.capture(f.slots)
	}
	out := slices.Grow(a.bytes, room)
	if stamp := e.Stamp(); len(stamp) > 0 {
		out = append(append(out, p.prefix...), stamp...)
		if f.time != exact {
			f.time.stamp(out[len(out)-schema.StampLen:])
			r.micros = f.time.micros(r.micros)
		}
		out = append(out, '"')
	} else {
		out = append(out, p.prefix[:p.bare]...)
	}
	out = s.all(out)
	switch {
	case d != nil && f.rules.everything:
		out = s.wholePath(out)
	case path != nil:
		out = s.path(out, path)
	}
	if f.inside&metaID != 0 {
		out = append(out, idMember...)
		out = slices.Grow(out, idLen)[:len(out)+idLen]
		id.put(out[len(out)-idLen:])
		out = append(out, '"')
	}
	out = append(append(out, suffix...), f.tail...)
	if f.inside&metaSource != 0 {
		out = appendSource(append(out, `,"__source__":`...), e.Source())
	}
	r.end = uint32(len(out) + 1)
	a.bytes = append(out, '}', '\n')
	if len(f.fields) > 0 {
		f.fill(r, a)
	}
	return true
}

// capture makes room for the values that templates take.
func (a *Arena) capture(slots int) []span {
	a.captured = slices.Grow(a.captured[:0], slots)[:slots]
	for i := range a.captured {
		a.captured[i] = absent
	}
	return a.captured
}

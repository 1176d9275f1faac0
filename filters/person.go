package filters

import (
	"slices"
	"sort"

	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// person is one of whom a record is.
type person struct {
	record   uint32 // Record.start
	from, to uint32 // in Arena.names
}

// consented says whether everybody whom the event is about has said yes, and
// notes who that is, for the record that begins at start.
func (f *Filter) consented(e *schema.Event, a *Arena, start uint32) bool {
	first := len(a.persons)
	c, s := f.consent, subjects{arena: a, raw: e.Raw(), tape: e.Tape(), record: start}
	source := e.Source()
	if source.Path != nil && source.Index < len(c.fields) {
		for i, is := range c.fields[source.Index] {
			if is {
				from := len(a.names)
				a.names = append(a.names, source.Path[i]...)
				s.note(from)
			}
		}
	}
	if s.is = c.subjects[e.Schema().Index()]; s.is != nil {
		s.below(0, false)
	}
	ok := true
	if d := e.Derived(); d != nil {
		ok = !slices.Contains(d.Redacted, userIdentifier)
		s.others = d.Categories == nil || slices.Contains(d.Categories, userIdentifier)
		var known []pathField
		if source.Index < len(f.paths) && f.paths[source.Index] != nil {
			known = f.paths[source.Index].fields
		}
		s.upstreamPath(known)
	}
	ok = ok && (c.deliver || len(a.persons) > first) && a.allSaid(first, c)
	if !ok {
		a.withhold(Unconsented)
		a.forget(first)
	}
	return ok
}

// allSaid says whether all from first on have said yes.
func (a *Arena) allSaid(first int, c *asked) bool {
	for _, p := range a.persons[first:] {
		if !c.yes(a.names[p.from:p.to]) {
			return false
		}
	}
	return true
}

// forget takes the persons from first on away.
func (a *Arena) forget(first int) {
	if first < len(a.persons) {
		a.names = a.names[:a.persons[first].from]
		a.persons = a.persons[:first]
	}
}

// subjects looks for whom an event is about.
type subjects struct {
	arena  *Arena
	raw    []byte
	tape   []jsonscan.Token
	is     []about // by place
	record uint32
	others bool // fields of an upstream path of which nothing is known count
}

// below notes what stands in the container at i: every scalar at such a place,
// and where its place is not declared what stands in one that is.
func (s *subjects) below(i uint32, inside bool) {
	for j, end := i+1, s.tape[i].Next; j < end; j = s.tape[j].Next {
		t := &s.tape[j]
		if t.Flags&jsonscan.Off != 0 {
			continue
		}
		is := s.is[t.Place]
		s.value(j, is == somebody || is == inherits && inside)
	}
}

func (s *subjects) value(j uint32, here bool) {
	switch t := &s.tape[j]; {
	case t.Kind >= jsonscan.Array:
		s.below(j, here)
	case !here || t.Kind == jsonscan.Null:
	default:
		from := len(s.arena.names)
		if t.Kind == jsonscan.String {
			s.arena.names = jsonscan.AppendText(s.arena.names, t.Value(s.raw))
		} else {
			s.arena.names = append(s.arena.names, t.Value(s.raw)...)
		}
		s.note(from)
	}
}

// upstreamPath notes what an agent upstream has said of its file's path: the
// fields that the input says name persons, and others where they may.
func (s *subjects) upstreamPath(known []pathField) {
	var memory [64]byte
	for j, end := uint32(1), s.tape[0].Next; j < end; j = s.tape[j].Next {
		t := &s.tape[j]
		if t.Flags&jsonscan.Off != 0 && string(jsonscan.AppendText(memory[:0], t.Key(s.raw))) == pathName {
			if t.Kind != jsonscan.Object {
				if s.others {
					s.everything(j)
				}
				continue // there is one of a name
			}
			for i := j + 1; i < t.Next; i = s.tape[i].Next {
				if s.namesSomebody(known, jsonscan.AppendText(memory[:0], s.tape[i].Key(s.raw))) {
					s.everything(i)
				}
			}
		}
	}
}

func (s *subjects) namesSomebody(known []pathField, name []byte) bool {
	for i := range known {
		if known[i].name == string(name) {
			return slices.Contains(known[i].categories, userIdentifier)
		}
	}
	return s.others
}

// everything notes all scalars in the value at j, which has no places.
func (s *subjects) everything(j uint32) {
	if s.tape[j].Kind < jsonscan.Array {
		s.value(j, true)
		return
	}
	for i := j + 1; i < s.tape[j].Next; i = s.tape[i].Next {
		s.everything(i)
	}
}

// note notes the name that stands from from on in the arena; an empty one names
// nobody.
func (s *subjects) note(from int) {
	if from == len(s.arena.names) {
		return
	}
	s.arena.persons = append(s.arena.persons, person{s.record, uint32(from), uint32(len(s.arena.names))})
}

// Consented says whether everybody whom the record is about still says yes: what
// counts is the moment of sending.
func (f *Filter) Consented(r *Record) bool {
	if f.consent == nil {
		return true
	}
	all := r.arena.persons
	first := sort.Search(len(all), func(i int) bool { return all[i].record >= r.start })
	for ; first < len(all) && all[first].record == r.start; first++ {
		if !f.consent.yes(r.arena.names[all[first].from:all[first].to]) {
			return false
		}
	}
	return true
}

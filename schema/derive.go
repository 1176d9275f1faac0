package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/internal/validate"
)

// Derived is what another agent says of its records of one schema: the same for
// all that came by one policy. Immutable, made by Check only.
type Derived struct {
	// Redacted are the categories that were withheld, sorted, as they are called
	// here; nil for none.
	Redacted []string
	// Categories are those that the records may contain; nil where that was not said.
	Categories []string

	validator *validate.Validator
	withheld  []bool // by PlaceID: may be absent, or null
	changed   []bool // by PlaceID: may hold what an action made of the value
	texts     []bool // by PlaceID: no object may stand there, so one is what an action made
}

// Derived is what the agent that sent the event says of it; nil for an event
// that is not from an agent.
func (e *Event) Derived() *Derived { return e.derived }

// Upstream is the event id that the agent that sent the event gave it; false
// where it gave none, and for an event that is not from an agent.
func (e *Event) Upstream() (id [16]byte, ok bool) {
	return id, e.id != 0 && readID(e.raw, &e.tape[e.id], &id)
}

// deriving is what Load keeps for envelope = "agent".
type deriving struct {
	categories map[string]bool // all that are known here

	mu       sync.Mutex // of both: the compiler is for one at a time
	compiler *validate.Compiler
}

// origins is what a Schema keeps for it.
type origins struct {
	document int                    // that validates
	reaches  map[origin][]PlaceID   // by what describes them
	mu       sync.Mutex             // of what follows
	said     map[[2]string]*Derived // by __redacted__ and __categories__ as they stood
	relaxed  map[string]*Derived    // by the withheld categories that the schema has
}

// origin is a subschema.
type origin struct {
	document int
	pointer  string
}

// mostDerived bounds what is remembered: one policy upstream is one entry. What an
// agent says at more than longestSaid is read anew for each record.
const (
	mostDerived = 256
	longestSaid = 4 << 10 // bytes
)

// derive makes the origins of a schema that was built.
func (b *builder) derive(document int) *origins {
	o := &origins{document: document, reaches: map[origin][]PlaceID{}, said: map[[2]string]*Derived{}, relaxed: map[string]*Derived{}}
	for id := range b.groups {
		for _, w := range b.groups[id].ways {
			at := origin{w.at.doc.place, w.at.pointer}
			o.reaches[at] = append(o.reaches[at], PlaceID(id))
		}
	}
	return o
}

// derived finds out what was withheld of an event of the schema. The texts are
// the members' values as they stand in the line; nil for none.
func (r *Registry) derived(s *Schema, redacted, categories []byte) (*Derived, *Fault) {
	o := s.origins
	key := [2]string{string(redacted), string(categories)}
	o.mu.Lock()
	defer o.mu.Unlock()
	if d := o.said[key]; d != nil {
		return d, nil
	}
	d := &Derived{}
	var fault *Fault
	if d.Redacted, fault = r.words(s, redacted); fault != nil {
		return nil, fault
	}
	if d.Categories, fault = r.words(s, categories); fault != nil {
		return nil, fault
	}
	like, err := r.relax(s, d.Redacted)
	if err != nil {
		return nil, &Fault{Reason: Invalid, Schema: s.id, Keyword: "internal", Offset: -1}
	}
	d.validator, d.withheld, d.changed, d.texts = like.validator, like.withheld, like.changed, like.texts
	if len(redacted)+len(categories) > longestSaid {
		return d, nil
	}
	if len(o.said) >= mostDerived {
		clear(o.said)
	}
	o.said[key] = d
	return d, nil
}

// words reads a list of categories, which have to be known here: what is not
// cannot be judged.
func (r *Registry) words(s *Schema, text []byte) ([]string, *Fault) {
	if text == nil {
		return nil, nil
	}
	var list []string
	d := json.NewDecoder(bytes.NewReader(text))
	if d.Decode(&list) != nil || list == nil {
		return nil, &Fault{Reason: BadEnvelope, Schema: s.id, Offset: -1}
	}
	r.deriving.mu.Lock()
	defer r.deriving.mu.Unlock()
	for i, word := range list {
		list[i] = r.Category(word)
		if !r.deriving.categories[list[i]] {
			return nil, &Fault{Reason: UnknownCategory, Schema: s.id, Offset: -1}
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// knows adds the categories of the fields of __path__ that an input expects of
// agents to those that are known here.
func (r *Registry) knows(fields []inputs.PathField) {
	r.deriving.mu.Lock()
	defer r.deriving.mu.Unlock()
	for _, f := range fields {
		for _, c := range f.Categories {
			r.deriving.categories[r.Category(c)] = true
		}
	}
}

// relax makes what judges events of which the categories were withheld. Under
// the lock of the schema's origins.
func (r *Registry) relax(s *Schema, redacted []string) (*Derived, error) {
	own := slices.DeleteFunc(slices.Clone(redacted), func(c string) bool {
		return !slices.ContainsFunc(s.places, func(p Place) bool { return slices.Contains(p.Categories, c) })
	})
	key := strings.Join(own, "\x00")
	if d := s.origins.relaxed[key]; d != nil {
		return d, nil
	}
	d := &Derived{}
	var emptied []bool
	d.withheld, emptied = s.withheld(own)
	d.changed, d.texts = s.changed(own)
	r.deriving.mu.Lock()
	defer r.deriving.mu.Unlock()
	var err error
	d.validator, err = r.deriving.compiler.Relaxed(s.origins.document, func(document int, pointer string) validate.Lack {
		return s.lack(s.origins.reaches[origin{document, pointer}], d.withheld, emptied)
	})
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", s.id, err)
	}
	if len(s.origins.relaxed) >= mostDerived {
		clear(s.origins.relaxed)
	}
	s.origins.relaxed[key] = d
	return d, nil
}

// withheld says which places an agent may have withheld that withheld the
// categories, and which arrays it may have emptied (policy.md §1 and §3, rule
// 5). Uncategorised and undeclared places are withheld by every policy.
func (s *Schema) withheld(categories []string) (withheld, emptied []bool) {
	withheld, emptied = make([]bool, len(s.places)), make([]bool, len(s.places))
	withheld[Undeclared] = true
	root := s.places[Root].Categories
	for i := range s.places[Root+1:] {
		p := &s.places[int(Root)+1+i]
		withheld[p.ID] = p.Conditional || !p.Categorised || slices.ContainsFunc(categories, func(c string) bool {
			return slices.Contains(p.Categories, c) || p.Conditional && slices.Contains(root, c)
		})
	}
	for changed := true; changed; {
		changed = false
		for id := range s.places {
			p := &s.places[id]
			for _, c := range p.Children {
				if !withheld[c] {
					continue
				}
				switch kind := s.places[c].Kind; {
				case kind == ItemPlace && !emptied[id]:
					emptied[id], changed = true, true
				case kind == TuplePlace && !withheld[id] && PlaceID(id) != Root && p.Types&ArrayType != 0:
					withheld[id], changed = true, true
				}
			}
		}
	}
	return withheld, emptied
}

// changed says at which places the actions of an agent may have put something
// else for what it withheld: a mask, a pseudonym, a part (policy.md §3).
func (s *Schema) changed(categories []string) (changed, texts []bool) {
	changed, texts = make([]bool, len(s.places)), make([]bool, len(s.places))
	for i := range s.places[Root+1:] {
		p := &s.places[int(Root)+1+i]
		changed[p.ID] = p.Kind == MemberPlace && !p.Conditional && slices.ContainsFunc(categories, func(c string) bool { return slices.Contains(p.Categories, c) })
		texts[p.ID] = p.Types&ObjectType == 0
	}
	return changed, texts
}

// lack is what values may lack that stand at one of the places. Where no place
// is known, anything.
func (s *Schema) lack(places []PlaceID, withheld, emptied []bool) validate.Lack {
	l := validate.Lack{Emptied: len(places) == 0}
	for _, id := range places {
		l.Emptied = l.Emptied || emptied[id] || withheld[id]
	}
	l.Absent = func(name string) bool {
		for _, id := range places {
			i := slices.IndexFunc(s.places[id].Children, func(c PlaceID) bool {
				return s.places[c].Kind == MemberPlace && s.places[c].Name == name
			})
			if i < 0 || withheld[s.places[id].Children[i]] {
				return true
			}
		}
		return len(places) == 0
	}
	return l
}

// hide has what stands for something that was withheld count as absent, and
// show shows it again.
func (d *Derived) hide(tape []jsonscan.Token) {
	for i := range tape {
		if t := &tape[i]; d.standsFor(t) {
			t.Flags |= jsonscan.Off
		}
	}
}

func (d *Derived) show(tape []jsonscan.Token) {
	for i := range tape {
		if t := &tape[i]; d.standsFor(t) {
			t.Flags &^= jsonscan.Off
		}
	}
}

// standsFor says whether a value may stand for another: a null does, and what
// an action made is a scalar, or an object where none may stand.
func (d *Derived) standsFor(t *jsonscan.Token) bool {
	switch {
	case t.Place == Undeclared:
		return false
	case t.Kind == jsonscan.Null:
		return d.withheld[t.Place]
	}
	return d.changed[t.Place] && (t.Kind < jsonscan.Array || t.Kind == jsonscan.Object && d.texts[t.Place])
}

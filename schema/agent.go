package schema

import "jupyter-events-agent/internal/jsonscan"

// agent reads what an agent says of its record: which id it gave it, and what
// it withheld.
func (c *Checker) agent(line []byte, tape []jsonscan.Token, env *envelope, s *Schema, a *Arena, e *Event) *Fault {
	var redacted, categories []byte
	if env.redacted != nil {
		redacted = env.redacted.Value(line)
	}
	if env.categories != nil {
		categories = env.categories.Value(line)
	}
	if env.id != nil {
		if id := [16]byte{}; !readID(line, env.id, &id) {
			return &Fault{Reason: BadEnvelope, Schema: s.id, Offset: -1}
		}
		for e.id = 1; &tape[e.id] != env.id; e.id = tape[e.id].Next {
		}
	}
	for i := range a.derived {
		k := &a.derived[i]
		if k.schema == s && k.redacted == string(redacted) && k.categories == string(categories) {
			e.derived = k.derived
			return nil
		}
	}
	d, fault := c.registry.derived(s, redacted, categories)
	if fault != nil {
		return fault
	}
	e.derived = d
	if len(redacted)+len(categories) > longestSaid {
		return nil
	}
	a.derived[a.nextDerived%len(a.derived)] = told{string(redacted), string(categories), s, d}
	a.nextDerived++
	return nil
}

// told is one way of saying what was withheld of a schema.
type told struct {
	redacted, categories string // as they stood in the line
	schema               *Schema
	derived              *Derived
}

// readID reads an event id: 32 hexadecimal digits, in small letters as agents
// write them.
func readID(line []byte, t *jsonscan.Token, id *[16]byte) bool {
	text := t.Value(line)
	if t.Kind != jsonscan.String || t.Flags&jsonscan.Escaped != 0 || len(text) != 2+2*len(id) {
		return false
	}
	for i := range id {
		high, low := digit(text[1+2*i]), digit(text[2+2*i])
		if high > 15 || low > 15 {
			return false
		}
		id[i] = high<<4 | low
	}
	return true
}

// digit is the value of a hexadecimal digit; above 15 where it is none.
func digit(c byte) byte {
	switch {
	case c-'0' < 10:
		return c - '0'
	case c-'a' < 6:
		return c - 'a' + 10
	}
	return 16
}

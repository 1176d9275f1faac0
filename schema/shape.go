package schema

import (
	"cmp"
	"slices"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/internal/validate"
)

// shapes know how valid events were built. With its shape it is known which
// schema an event names, the place of every member, and that none is missing, undue or of the
// wrong kind: what its values say is left to judge.
type shapes = jsonscan.Shapes[shape, note]

type shape struct {
	schema  *Schema
	derived *Derived // with envelope = "agent": what these texts mean
	said    [2]string
	whole   *validate.Check // of the event as a whole; nil for none
}

// validator is what judges the shape's events.
func (s *shape) validator() *validate.Validator {
	if s.derived != nil {
		return s.derived.validator
	}
	return s.schema.validator
}

// kin is what an array's elements hang on beside the array's own place: lines of two schemas
// may begin alike and name their schemas only behind it.
type kin struct {
	schema    *Schema
	validator *validate.Validator
}

// note is what is left to judge of one value.
type note struct {
	role  role
	check validate.Check
}

type role uint8

const (
	checked    role = iota
	stamped         // it is the timestamp
	tasked          // it is a taskName that the schema does not declare
	identity        // it is the id that an agent gave
	redacted        // it is the shape's said[0]
	categories      // it is the shape's said[1]
)

// shaped is Check for a line of a known shape. false: it has none, or Check has
// to say what is wrong with it.
func (c *Checker) shaped(line *inputs.Line, a *Arena, e *Event) bool {
	base := len(a.tape)
	tape, notes, s := c.shapes.Match(a.tape, a.notes[:0], line.Raw)
	if s == nil {
		return false
	}
	a.notes = notes
	own := tape[base:len(tape):len(tape)]
	e.micros, e.timed, e.derived, e.id = 0, false, s.derived, 0
	for i := range notes {
		n := &notes[i]
		ok := false
		switch n.Note.role {
		case stamped:
			e.micros, ok = readStamp(line.Raw, &own[n.Token], &e.stamp, a)
			e.timed = true
		case tasked:
			ok = isTaskName(line.Raw, &own[n.Token])
		case redacted, categories:
			ok = string(own[n.Token].Value(line.Raw)) == s.said[n.Note.role-redacted]
		case identity:
			var id [16]byte
			ok = readID(line.Raw, &own[n.Token], &id)
			e.id = n.Token
		default:
			ok = s.validator().Passes(n.Note.check, line.Raw, own, n.Token)
		}
		if !ok {
			return false
		}
	}
	if s.whole != nil && !s.validator().Passes(*s.whole, line.Raw, own, 0) {
		return false
	}
	if s.derived != nil {
		s.derived.show(own) // it was learnt as it was judged, with these hidden
	}
	a.tape = tape
	e.raw, e.tape, e.source, e.at, e.schema = line.Raw, own, a.of(&c.rules), line.At, s.schema
	return true
}

// learn remembers the shape of a valid event. It costs several times what a
// check does, so lines that are never built alike have it only so often.
func (c *Checker) learn(a *Arena, e *Event) {
	const often = 64
	if a.learnt > often+a.lines/often {
		return
	}
	a.learnt++
	tape := e.tape
	l := jsonscan.Lesson[shape, note]{Line: e.raw, Tape: tape, Shape: &shape{schema: e.schema, derived: e.derived}}
	remember := func(token uint32, n note) {
		l.Notes = append(l.Notes, jsonscan.Note[note]{Token: token, Note: n})
	}
	for i := uint32(1); i < tape[0].Next; i = tape[i].Next {
		t := &tape[i]
		switch {
		case t.Name == 0 || t.Kind == jsonscan.Null:
		case t.Name == c.names.stamp:
			remember(i, note{role: stamped})
		case t.Name == c.names.id:
			remember(i, note{role: identity})
		case t.Name == c.names.redacted:
			l.Shape.said[0] = string(t.Value(e.raw))
			remember(i, note{role: redacted})
		case t.Name == c.names.categories:
			l.Shape.said[1] = string(t.Value(e.raw))
			remember(i, note{role: categories})
		case t.Name == c.names.schema, t.Name == c.names.version, t.Name == c.names.metadata:
			l.Fixed = append(l.Fixed, i)
		case t.Name == c.names.task && t.Place == Undeclared && t.Kind == jsonscan.String:
			if t.Flags&jsonscan.Off == 0 {
				return // whether it is the event's own hangs on its value
			}
			remember(i, note{role: tasked})
		}
	}
	for i := range tape {
		if t := &tape[i]; t.Kind == jsonscan.Array && len(e.schema.marker.nodes[t.Place].places) > 0 {
			l.Tuple = append(l.Tuple, uint32(i))
		}
	}
	if e.derived != nil {
		e.derived.hide(tape)
		defer e.derived.show(tape)
	}
	l.Kin = kin{e.schema, l.Shape.validator()}
	l.Shape.validator().Checks(tape, func(token uint32, check validate.Check) {
		if token == 0 { // its first bytes are those of other schemas' events too
			l.Shape.whole = &check
			return
		}
		remember(token, note{check: check})
	})
	l.Holds = len(l.Shape.said[0]) + len(l.Shape.said[1])
	slices.SortStableFunc(l.Notes, func(a, b jsonscan.Note[note]) int { return cmp.Compare(a.Token, b.Token) })
	c.shapes.Learn(&l)
}

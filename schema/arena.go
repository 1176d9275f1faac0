package schema

import (
	"unsafe"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/jsonscan"
)

// Arena is the memory of checked events: their tapes stand in it one after
// another. One Arena belongs to one chunk; Reset before using it again.
type Arena struct {
	tape   []jsonscan.Token
	seen   [8]seen // schemas that lines named lately, found by their bytes
	next   int
	notes  []jsonscan.Note[note]
	minute minute
	lines  int            // checked
	learnt int            // of them, for their shape
	source *inputs.Source // of the lines; nil: as the Checker's rules have it

	derived     [8]told // what agents said lately
	nextDerived int
}

// seen is one way of writing an id and a version, and what it means. Lines of known
// shapes do without; of others it saves the allocation and a fifth of the check.
type seen struct {
	id, version string // as they stood in the line
	schema      *Schema
	checker     *Checker
}

// From says of which source the lines are that are checked next: the input's, or
// one of its files' where their paths have fields.
func (a *Arena) From(s *inputs.Source) {
	a.source = nil
	if s != nil && s.Pattern != nil {
		a.source = s
	}
}

// of is the source of a line that an input's rules are for.
func (a *Arena) of(rules *Rules) *inputs.Source {
	if a.source != nil {
		return a.source
	}
	return rules.Source
}

// Reset forgets the events and keeps the memory.
func (a *Arena) Reset() { a.tape = a.tape[:0] }

// Size is the memory that the Arena holds, in bytes.
func (a *Arena) Size() int {
	return cap(a.tape)*int(unsafe.Sizeof(jsonscan.Token{})) + cap(a.notes)*int(unsafe.Sizeof(jsonscan.Note[note]{}))
}

package validate

import (
	"regexp"

	"jupyter-events-agent/internal/jsonscan"
)

// group is a schema that is reached by going deeper into the event, with all
// that applies to the same value (allOf, if, $ref, …): they share one frame.
type group struct {
	root *node
	// A copy of root's, so that most members cost one look.
	kinds uint16
	leaf  bool

	framed bool // objects need a frame
	slots  int  // length of the frame; [0] is the number of members, the others their tokens
	table  []entry
	mask   uint32
}

// entry is one member name of a group's frame, in open addressing.
type entry struct{ name, slot uint16 }

// slotOf is the frame's slot for the member name, 0 for none.
func (g *group) slotOf(name uint16) uint16 {
	if name == 0 || len(g.table) == 0 {
		return 0
	}
	for i := spread(name) & g.mask; ; i = (i + 1) & g.mask {
		e := &g.table[i]
		if e.name == name {
			return e.slot
		}
		if e.name == 0 {
			return 0
		}
	}
}

func spread(name uint16) uint32 { return uint32(name) * 0x9e3779b1 >> 16 }

// node is one subschema.
type node struct {
	kinds   uint16 // one bit for each jsonscan.Kind that is allowed
	integer bool   // numbers have to be whole
	never   bool   // the schema false
	leaf    bool   // there is nothing but kinds

	constant *value
	enum     *enum
	format   func([]byte) bool
	text     *textRules
	number   *numberRules
	array    *arrayRules
	object   *objectRules

	// On the same value, in the same frame; nil for what says nothing.
	ref              *node
	not              *node
	allOf            []*node
	anyOf, oneOf     []*node
	cond, then, elze *node
}

type textRules struct {
	min, max int // in code points; -1 for none
	pattern  *regexp.Regexp
}

type numberRules struct {
	minimum, exclusiveMinimum, maximum, exclusiveMaximum *bound
	multipleOf                                           *multiple
}

type arrayRules struct {
	min, max int // -1 for none
	items    *group
}

type objectRules struct {
	min, max   int // -1 for none
	required   []uint16
	members    []member
	closed     bool   // additionalProperties: false
	additional *group // nil for none
	declared   []bool // by slot: named by properties, so not additional
	names      *group // propertyNames
	dependents []dependent
}

// member is one entry of properties.
type member struct {
	slot  uint16
	group *group // nil: anything
}

// dependent holds where the member at slot is present.
type dependent struct {
	slot     uint16
	keyword  string
	required []uint16
	schema   *node
}

const anyKind = 1<<jsonscan.Null | 1<<jsonscan.False | 1<<jsonscan.True | 1<<jsonscan.Number |
	1<<jsonscan.String | 1<<jsonscan.Array | 1<<jsonscan.Object

var kindsOf = map[string]uint16{
	"null":    1 << jsonscan.Null,
	"boolean": 1<<jsonscan.False | 1<<jsonscan.True,
	"integer": 1 << jsonscan.Number,
	"number":  1 << jsonscan.Number,
	"string":  1 << jsonscan.String,
	"array":   1 << jsonscan.Array,
	"object":  1 << jsonscan.Object,
}

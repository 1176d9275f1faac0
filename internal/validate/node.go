package validate

import (
	"regexp"

	"jupyter-events-agent/internal/jsonscan"
)

// group is a schema that is reached by going deeper into the event, with all
// that applies to the same value (allOf, if, $ref, …).
type group struct {
	root *node
	// A copy of root's, so that most members cost one look.
	kinds uint16
	leaf  bool

	// What is to do for an object, in one pass over its members.
	about  bool // some node says something about objects
	framed bool // nodes beside the root look for members: they share a frame
	slots  int  // length of the frame; [0] is the number of members, the others their tokens
	table  []entry
	mask   uint32
	shift  uint32
	rules  []rule // by slot, for root; [0] for names without one
	needed uint64 // bits of the members that root requires
}

// rule is what root says of one member.
type rule struct {
	taken  uint16 // one bit for each jsonscan.Kind that needs no further look
	closed bool   // the member is not allowed
	bit    uint64 // in needed
	texts  *texts
	group  *group
}

// texts is, where a rule has it, all that is said of strings: they are among
// the list, by keyword, enum or const.
type texts struct {
	list    []string
	keyword string
}

// spread puts numbers that stand in a row far apart, in the upper bits.
func spread(name uint16) uint32 { return uint32(name) * 0x9e3779b1 }

// entry is one member name of a group, in open addressing.
type entry struct{ name, slot uint16 }

// slotOf is the group's slot for the member name, 0 for none.
func (g *group) slotOf(name uint16) uint16 {
	for i := spread(name) >> g.shift; ; i = (i + 1) & g.mask {
		if e := g.table[i]; e.name == name {
			return e.slot // of 0 where name is 0
		} else if e.name == 0 {
			return 0
		}
	}
}

// node is one subschema.
type node struct {
	kinds   uint16 // one bit for each jsonscan.Kind that is allowed
	integer bool   // numbers have to be whole
	never   bool   // the schema false
	leaf    bool   // there is nothing but kinds
	single  bool   // there is nothing on the same value in other nodes

	constant *value
	enum     *enum
	format   func([]byte) bool
	text     *textRules
	number   *numberRules
	array    *arrayRules
	object   *objectRules

	// On the same value, in the same frame; nil for what says nothing.
	all              []*node // allOf and $ref
	not              *node
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
	group *group
	rule  rule
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

package noninterference

import (
	"fmt"
	"maps"
	"slices"

	"jupyter-events-agent/schema"
)

// Report is what a test found.
type Report struct {
	Seed    uint64
	Outputs []OutputReport
}

// OutputReport is what was found at one output.
type OutputReport struct {
	Kind, Name string
	Schemas    []string // id and version, sorted
	Untested   []string // of which no valid event could be made up
	Places     []string // schema and pointer of what was varied, sorted
	Pairs      int
	Everything bool     // nothing is denied
	Early      bool     // it ended before all pairs were compared
	Unsteady   []string // where two runs differed once, and not again when the same was repeated: timing
	Difference *Difference
}

// Difference is what the output could have told two events by.
type Difference struct {
	Channel  string   // where it showed
	Subject  string   // schema and input
	Places   []string // pointers of what differs in the pair
	Together int      // pairs that it takes
}

// places notes where a pair's lines differ: never by a value, nor by a name that
// no schema has.
func (d *Difference) places(p *pair) {
	if p.left == nil {
		return
	}
	all := p.of.schema.Places()
	texts := [2]map[string]string{{}, {}}
	for i, n := range []*node{p.left, p.right} {
		n.denied(func(k *node) {
			pointer := all[k.place].Identity
			if k.place == schema.Undeclared {
				pointer = "a member or item that the schema does not declare"
			}
			texts[i][pointer] += fmt.Sprintf("%s:%s:%d,", k.key, k.write(writer{fixed()}, nil), k.kind)
		})
	}
	for pointer := range maps.Keys(texts[0]) {
		texts[1][pointer] += ""
	}
	for pointer := range texts[1] {
		if texts[0][pointer] != texts[1][pointer] && !slices.Contains(d.Places, pointer) {
			d.Places = append(d.Places, pointer)
		}
	}
	slices.Sort(d.Places)
}

// String says it in a line.
func (d *Difference) String() string {
	s := fmt.Sprintf("%s: two events that it may not tell apart differ in %s", d.Subject, d.Channel)
	if d.Together > 1 {
		s += fmt.Sprintf(" (%d pairs together)", d.Together)
	}
	if len(d.Places) == 0 {
		return s + "; what differs is white space, the order of denied members, the envelope or the time below the rounding"
	}
	return s + fmt.Sprintf("; what differs is %q", d.Places)
}

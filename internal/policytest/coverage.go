package policytest

import (
	"fmt"
	"io"
	"strings"

	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// verdict is what a policy says of one property of one schema at one output.
type verdict struct{ output, schema, version, property string }

// Coverage is which verdicts some test has seen at work: an event that has the
// property, and an output of which the test expects something.
type Coverage struct {
	agent   *Agent
	touched map[verdict]bool
}

// NewCoverage begins with nothing touched.
func NewCoverage(a *Agent) *Coverage { return &Coverage{agent: a, touched: map[verdict]bool{}} }

// touch notes an event that was judged for an output.
func (c *Coverage) touch(o *Output, event *schema.Event) {
	if c == nil {
		return
	}
	s := event.Schema()
	places := s.Places()
	for i, tape := 0, event.Tape(); i < len(tape); i++ {
		if t := &tape[i]; t.Flags&jsonscan.Off == 0 && t.Place > schema.Root {
			c.touched[verdict{o.Name, s.ID(), s.Version(), places[t.Place].Identity}] = true
		}
	}
}

// rows calls visit for every verdict that events of some input can come to.
func (c *Coverage) rows(visit func(v verdict, touched bool)) {
	for i := range c.agent.Outputs {
		o := &c.agent.Outputs[i]
		for _, row := range o.Filter.Explain() {
			s := c.agent.Registry.Find(row.Schema, row.Version)
			if s == nil || !c.agent.comes(s) {
				continue // a field of a path, or a schema that no input lets in
			}
			v := verdict{o.Name, row.Schema, row.Version, row.Property}
			visit(v, c.touched[v])
		}
	}
}

// comes says whether some input lets events of the schema in.
func (a *Agent) comes(s *schema.Schema) bool {
	for i := range a.Inputs {
		if a.Inputs[i].Checker.Allows(s) {
			return true
		}
	}
	return false
}

// Say writes how many of the verdicts were touched; list: and which were not.
func (c *Coverage) Say(to io.Writer, list bool) {
	all, touched := 0, 0
	var head string
	var missing []string
	flush := func() {
		if len(missing) > 0 {
			fmt.Fprintf(to, "not tested: %s: %s\n", head, strings.Join(missing, ", "))
		}
		missing = nil
	}
	c.rows(func(v verdict, seen bool) {
		all++
		if seen {
			touched++
		} else if list {
			if of := fmt.Sprintf("output %s, schema %s version %s", v.output, v.schema, v.version); of != head {
				flush()
				head = of
			}
			missing = append(missing, v.property)
		}
	})
	flush()
	if all == 0 {
		return
	}
	hint := ""
	if !list && touched < all {
		hint = "; --coverage lists the others"
	}
	fmt.Fprintf(to, "coverage: tests touch %d of %d verdicts (property × output)%s\n", touched, all, hint)
}

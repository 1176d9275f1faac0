package schema

import (
	"encoding/json"
	"slices"
)

// mostActions bounds how many values are counted apart: they become labels of metrics.
const mostActions = 64

// Actions are the values of the member "action", where the schema lists them
// and says that they are unrestricted: what may stand in a metric. Empty
// otherwise.
func (s *Schema) Actions() []string {
	p := s.actionPlace()
	if p == nil {
		return nil
	}
	actions := make([]string, 0, len(p.Enum))
	for _, quoted := range p.Enum {
		var text string
		if json.Unmarshal([]byte(quoted), &text) != nil {
			return nil // not a text
		}
		actions = append(actions, text)
	}
	return actions
}

func (s *Schema) actionPlace() *Place {
	for i := range s.places {
		p := &s.places[i]
		if p.Pointer != "/action" || p.Kind != MemberPlace {
			continue
		}
		if len(p.Enum) == 0 || len(p.Enum) > mostActions || !slices.Equal(p.Categories, []string{Unrestricted}) {
			return nil
		}
		return p
	}
	return nil
}

// Tally counts events by schema and action. The zero Tally is ready; not for
// several goroutines.
type Tally struct{ counts []*count }

type count struct {
	schema *Schema
	place  PlaceID // 0: the schema has no actions to count
	values []string
	by     []int64 // by index of values; the last one: none of them
}

// Add counts an event. Without allocation but for the first of a schema.
func (t *Tally) Add(e *Event) {
	i := e.schema.index
	if i >= len(t.counts) || t.counts[i] == nil {
		t.admit(e.schema)
	}
	c := t.counts[i]
	c.by[c.of(e)]++
}

func (t *Tally) admit(s *Schema) {
	t.counts = append(t.counts, make([]*count, max(0, s.index+1-len(t.counts)))...)
	c := &count{schema: s}
	if len(s.Actions()) > 0 {
		p := s.actionPlace()
		c.place, c.values = p.ID, p.Enum
	}
	c.by = make([]int64, len(c.values)+1)
	t.counts[s.index] = c
}

// of is the index of the event's action.
func (c *count) of(e *Event) int {
	if c.place == 0 {
		return 0
	}
	for i := 1; i < len(e.tape); i = int(e.tape[i].Next) {
		if e.tape[i].Place != c.place {
			continue
		}
		value := e.tape[i].Value(e.raw)
		for n, v := range c.values {
			if string(value) == v {
				return n
			}
		}
		break
	}
	return len(c.values)
}

// Counted is how many events of a schema had one action; "" where it has none
// that is listed.
type Counted struct {
	Schema, Version, Action string
	Events                  int64
}

// Counted are the counts as they are now, in the order of the registry.
func (t *Tally) Counted() (all []Counted) {
	for _, c := range t.counts {
		if c == nil {
			continue
		}
		actions := c.schema.Actions()
		for i, n := range c.by {
			if n == 0 {
				continue
			}
			counted := Counted{Schema: c.schema.id, Version: c.schema.version, Events: n}
			if i < len(actions) && c.place != 0 {
				counted.Action = actions[i]
			}
			all = append(all, counted)
		}
	}
	return all
}

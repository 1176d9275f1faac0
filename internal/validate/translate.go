package validate

import (
	"encoding/json"
	"math/big"
	"math/bits"
	"slices"
	"sort"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"jupyter-events-agent/internal/jsonscan"
)

// translation makes nodes of what v5 compiled.
type translation struct {
	names   *jsonscan.Names
	groups  map[*jsonschema.Schema]*group
	objects []*objectRules
	full    bool // names are used up
}

// frameOf collects the member names that one group's nodes look for.
type frameOf struct {
	slots map[uint16]uint16
	nodes map[*jsonschema.Schema]*node
	used  bool // some node says something about objects
}

func (t *translation) name(name string) uint16 {
	id := t.names.Add(name)
	t.full = t.full || id == 0
	return id
}

func (t *translation) slot(f *frameOf, name string) uint16 {
	id := t.name(name)
	s, ok := f.slots[id]
	if !ok {
		s = uint16(len(f.slots) + 1)
		f.slots[id] = s
	}
	return s
}

// group is s as it is reached from above; the same one for every way there.
func (t *translation) group(s *jsonschema.Schema) *group {
	if g, ok := t.groups[s]; ok {
		return g
	}
	g := &group{}
	t.groups[s] = g // before its members are made: schemas may be recursive
	f := &frameOf{slots: map[uint16]uint16{}, nodes: map[*jsonschema.Schema]*node{}}
	g.root = t.node(f, s)
	g.kinds, g.leaf = g.root.kinds, g.root.leaf
	g.about = f.used
	g.framed = g.needsFrame(f)
	g.slots = len(f.slots) + 1
	size := 4
	for size < 3*len(f.slots) {
		size *= 2
	}
	g.table, g.mask = make([]entry, size), uint32(size-1)
	g.shift = uint32(32 - bits.Len32(g.mask))
	for name, slot := range f.slots {
		i := spread(name) >> g.shift
		for g.table[i].name != 0 {
			i = (i + 1) & g.mask
		}
		g.table[i] = entry{name, slot}
	}
	return g
}

func (t *translation) node(f *frameOf, s *jsonschema.Schema) *node {
	if n, ok := f.nodes[s]; ok {
		return n
	}
	n := &node{kinds: anyKind}
	f.nodes[s] = n
	if s.Always != nil {
		n.leaf = true
		if !*s.Always {
			n.kinds, n.never = 0, true
		}
		return n
	}
	if len(s.Types) > 0 {
		n.kinds = 0
		for _, name := range s.Types {
			n.kinds |= kindsOf[name]
		}
		n.integer = slices.Contains(s.Types, "integer") && !slices.Contains(s.Types, "number")
	}
	if len(s.Constant) > 0 {
		v := t.value(s.Constant[0])
		n.constant = &v
	}
	if len(s.Enum) > 0 {
		n.enum = t.enum(s.Enum)
	}
	n.format = formats[s.Format]
	if s.MinLength != -1 || s.MaxLength != -1 || s.Pattern != nil {
		n.text = &textRules{s.MinLength, s.MaxLength, s.Pattern}
	}
	n.number = numberRulesOf(s)
	n.array = t.array(s)
	n.object = t.object(f, s)

	sub := func(s *jsonschema.Schema) *node {
		if s == nil {
			return nil
		}
		return t.node(f, s)
	}
	list := func(list []*jsonschema.Schema) (nodes []*node) {
		for _, s := range list {
			nodes = append(nodes, t.node(f, s))
		}
		return nodes
	}
	n.not, n.cond, n.then, n.elze = sub(s.Not), sub(s.If), sub(s.Then), sub(s.Else)
	n.all, n.anyOf, n.oneOf = list(s.AllOf), list(s.AnyOf), list(s.OneOf)
	if s.Ref != nil {
		n.all = append(n.all, t.node(f, s.Ref))
	}
	n.single = n.all == nil && n.not == nil && n.cond == nil && n.anyOf == nil && n.oneOf == nil
	n.leaf = n.single && !n.integer && n.constant == nil && n.enum == nil && n.format == nil && n.text == nil &&
		n.number == nil && n.array == nil && n.object == nil
	return n
}

func numberRulesOf(s *jsonschema.Schema) *numberRules {
	b := func(r *big.Rat) *bound {
		if r == nil {
			return nil
		}
		return newBound(r)
	}
	r := &numberRules{b(s.Minimum), b(s.ExclusiveMinimum), b(s.Maximum), b(s.ExclusiveMaximum), nil}
	if s.MultipleOf != nil {
		r.multipleOf = newMultiple(s.MultipleOf)
	}
	if *r == (numberRules{}) {
		return nil
	}
	return r
}

func (t *translation) array(s *jsonschema.Schema) *arrayRules {
	r := &arrayRules{min: s.MinItems, max: s.MaxItems}
	if items, ok := s.Items.(*jsonschema.Schema); ok {
		r.items = t.group(items)
	}
	if s.Items2020 != nil {
		r.items = t.group(s.Items2020)
	}
	if r.min == -1 && r.max == -1 && r.items == nil {
		return nil
	}
	return r
}

func (t *translation) object(f *frameOf, s *jsonschema.Schema) *objectRules {
	r := &objectRules{min: s.MinProperties, max: s.MaxProperties}
	for _, name := range s.Required {
		r.required = append(r.required, t.slot(f, name))
	}
	for _, name := range sorted(s.Properties) {
		m := member{slot: t.slot(f, name), group: t.group(s.Properties[name])}
		r.members = append(r.members, m)
	}
	switch a := s.AdditionalProperties.(type) {
	case bool:
		r.closed = !a
	case *jsonschema.Schema:
		r.additional = t.group(a)
		for _, m := range r.members {
			for len(r.declared) <= int(m.slot) {
				r.declared = append(r.declared, false)
			}
			r.declared[m.slot] = true
		}
	}
	if s.PropertyNames != nil {
		r.names = t.group(s.PropertyNames)
	}
	for _, name := range sorted(s.Dependencies) {
		d := dependent{slot: t.slot(f, name), keyword: "dependencies"}
		switch needs := s.Dependencies[name].(type) {
		case []string:
			d.required = t.slotsOf(f, needs)
		case *jsonschema.Schema:
			d.schema = t.node(f, needs)
		}
		r.dependents = append(r.dependents, d)
	}
	for _, name := range sorted(s.DependentRequired) {
		r.dependents = append(r.dependents, dependent{slot: t.slot(f, name), keyword: "dependentRequired",
			required: t.slotsOf(f, s.DependentRequired[name])})
	}
	for _, name := range sorted(s.DependentSchemas) {
		r.dependents = append(r.dependents, dependent{slot: t.slot(f, name), schema: t.node(f, s.DependentSchemas[name])})
	}
	if r.min == -1 && r.max == -1 && r.required == nil && r.members == nil && !r.closed &&
		r.additional == nil && r.names == nil && r.dependents == nil {
		return nil
	}
	f.used = true
	t.objects = append(t.objects, r)
	return r
}

func (t *translation) slotsOf(f *frameOf, names []string) (slots []uint16) {
	for _, name := range names {
		slots = append(slots, t.slot(f, name))
	}
	return slots
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func (t *translation) enum(list []any) *enum {
	e := &enum{}
	for _, v := range list {
		if s, ok := v.(string); ok {
			e.texts = append(e.texts, s)
		} else {
			e.others = append(e.others, t.value(v))
		}
	}
	if len(e.texts) > manyTexts {
		e.set = make(map[string]struct{}, len(e.texts))
		for _, s := range e.texts {
			e.set[s] = struct{}{}
		}
	}
	return e
}

func (t *translation) value(v any) value {
	switch v := v.(type) {
	case bool:
		if v {
			return value{kind: jsonscan.True}
		}
		return value{kind: jsonscan.False}
	case string:
		return value{kind: jsonscan.String, text: v}
	case json.Number:
		r, _ := new(big.Rat).SetString(string(v)) // capped by oversized
		return value{kind: jsonscan.Number, number: *newBound(r)}
	case []any:
		a := value{kind: jsonscan.Array}
		for _, item := range v {
			a.items = append(a.items, t.value(item))
		}
		return a
	case map[string]any:
		o := value{kind: jsonscan.Object}
		for _, name := range sorted(v) {
			o.members = append(o.members, namedValue{t.name(name), t.value(v[name])})
		}
		return o
	}
	return value{kind: jsonscan.Null}
}

package validate

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// How much work one sample may be, and how deep it may go where a schema holds
// itself.
const (
	sampleEffort = 4096 // values that are tried
	sampleDepth  = 48
)

// Sample makes up a value that the schema takes, decoded as encoding/json would
// with json.Number; the same one each time. It has every member that the schema
// declares where they can stand together, and nothing of default or examples,
// which may be somebody's. leave are top-level members to leave out. false where
// none was found: not every schema has a value, and of some none is easily seen.
func (v *Validator) Sample(leave func(name string) bool) (value any, ok bool) {
	defer func() {
		if r := recover(); r != nil { // v5 gives up so where a schema goes round
			value, ok = nil, false
		}
	}()
	if v.limit != nil {
		v.limit.Lock()
		defer v.limit.Unlock()
		v.limit.left = 1 << 20
	}
	s := &sampler{leave: leave, left: sampleEffort, used: map[string]bool{}, above: map[*jsonschema.Schema]int{}}
	return s.value([]*jsonschema.Schema{v.judge}, "event", 0)
}

// sampler makes one sample.
type sampler struct {
	leave func(string) bool
	left  int // effort
	depth int
	used  map[string]bool // texts that the sample has, so that each is there once
	above map[*jsonschema.Schema]int
}

// takes says whether every schema takes the value.
func (s *sampler) takes(schemas []*jsonschema.Schema, value any) bool {
	if s.left--; s.left < 0 {
		return false
	}
	for _, schema := range schemas {
		if schema.Validate(value) != nil {
			return false
		}
	}
	return true
}

// value makes a value that all the schemas take. turn tells the items of an
// array from one another.
func (s *sampler) value(schemas []*jsonschema.Schema, name string, turn int) (any, bool) {
	if s.depth >= sampleDepth {
		return nil, false
	}
	s.depth++
	defer func() { s.depth-- }()
	if s.recurs(schemas) { // the sooner it ends the better
		if value, ok := s.plain(schemas); ok {
			return value, true
		}
	}
	used := maps.Clone(s.used)
	for variant := range variants(schemas) {
		all := withBranches(schemas, variant)
		for _, schema := range all {
			s.above[schema]++
		}
		value, ok := s.of(all, schemas, name, turn)
		for _, schema := range all {
			s.above[schema]--
		}
		if ok {
			return value, true
		}
		if s.used = maps.Clone(used); s.left < 0 {
			break
		}
	}
	return s.plain(schemas) // where parts hang on members that need not be there
}

// plain is one of the plainest values.
func (s *sampler) plain(schemas []*jsonschema.Schema) (any, bool) {
	for _, value := range plainest {
		if s.takes(schemas, value) {
			return value, true
		}
	}
	return nil, false
}

// plainest are values to try where nothing else helps.
var plainest = []any{map[string]any{}, []any{}, "", json.Number("1"), json.Number("0"), true, false, nil}

// of makes a value of what all say together; it must please those that judge.
func (s *sampler) of(all, judges []*jsonschema.Schema, name string, turn int) (any, bool) {
	if listed, has := listed(all); has {
		for i := range listed {
			if value := listed[(i+turn)%len(listed)]; s.takes(judges, value) {
				return value, true
			}
		}
		return nil, false
	}
	for _, kind := range kindsFor(all) {
		var value any
		ok := false
		switch kind {
		case "object":
			value, ok = s.object(all, judges)
		case "array":
			value, ok = s.array(all, judges, name)
		case "string":
			value, ok = s.text(all, judges, name, turn)
		case "integer", "number":
			value, ok = s.number(all, judges, turn)
		case "boolean":
			value, ok = turn%2 == 0, s.takes(judges, turn%2 == 0)
			if !ok {
				value, ok = turn%2 != 0, s.takes(judges, turn%2 != 0)
			}
		case "null":
			value, ok = nil, s.takes(judges, nil)
		}
		if ok {
			return value, true
		}
	}
	return nil, false
}

// listed are the values of const and enum, those of the shortest list.
func listed(all []*jsonschema.Schema) (values []any, has bool) {
	for _, schema := range all {
		for _, list := range [][]any{schema.Constant, schema.Enum} {
			if len(list) > 0 && (!has || len(list) < len(values)) {
				values, has = list, true
			}
		}
	}
	return values, has
}

// kindsFor are the types to try, those first that show the most.
func kindsFor(all []*jsonschema.Schema) []string {
	order := []string{"object", "array", "string", "integer", "number", "boolean", "null"}
	said := false
	for _, schema := range all {
		if len(schema.Types) == 0 {
			continue
		}
		said = true
		order = slices.DeleteFunc(order, func(kind string) bool {
			return !slices.Contains(schema.Types, kind) && (kind != "integer" || !slices.Contains(schema.Types, "number"))
		})
	}
	if said {
		return order
	}
	for _, schema := range all {
		switch {
		case len(schema.Properties)+len(schema.Required)+len(schema.PatternProperties) > 0 || schema.MinProperties > 0:
			return []string{"object"}
		case schema.Items != nil || schema.Items2020 != nil || len(schema.PrefixItems) > 0 || schema.Contains != nil || schema.MinItems > 0:
			return []string{"array"}
		case schema.Minimum != nil || schema.Maximum != nil || schema.MultipleOf != nil || schema.ExclusiveMinimum != nil || schema.ExclusiveMaximum != nil:
			return []string{"number"}
		}
	}
	return []string{"string", "object", "array", "number", "boolean", "null"}
}

// variants is how many ways of taking branches are tried.
func variants(schemas []*jsonschema.Schema) int {
	const most = 24
	n := 1
	for _, schema := range applied(schemas) {
		for _, branches := range [][]*jsonschema.Schema{schema.OneOf, schema.AnyOf} {
			if len(branches) > 0 {
				n = min(n*len(branches), most)
			}
		}
		if schema.If != nil {
			n = min(2*n, most)
		}
	}
	return n
}

// withBranches are all schemas that apply to the value where it takes the
// branches of that variant: those of if, oneOf and anyOf.
func withBranches(schemas []*jsonschema.Schema, variant int) []*jsonschema.Schema {
	all := applied(schemas)
	taken := map[*jsonschema.Schema]bool{}
	for more := all; ; more = all { // branches have branches
		for _, schema := range all {
			if taken[schema] {
				continue
			}
			taken[schema] = true
			for _, branches := range [][]*jsonschema.Schema{schema.OneOf, schema.AnyOf} {
				if len(branches) > 0 {
					more = append(more, branches[variant%len(branches)])
					variant /= len(branches)
				}
			}
			if schema.If != nil {
				if variant%2 == 0 {
					more = append(more, schema.Else)
				} else {
					more = append(more, schema.If, schema.Then)
				}
				variant /= 2
			}
		}
		before := len(all)
		if all = applied(more); len(all) == before {
			break
		}
	}
	return all
}

// applied are the schemas and all that they apply to the same value whatever it
// is, each once.
func applied(schemas []*jsonschema.Schema) []*jsonschema.Schema {
	var all []*jsonschema.Schema
	seen := map[*jsonschema.Schema]bool{}
	var add func(schema *jsonschema.Schema)
	add = func(schema *jsonschema.Schema) {
		if schema == nil || seen[schema] {
			return
		}
		seen[schema] = true
		all = append(all, schema)
		add(schema.Ref)
		add(schema.RecursiveRef)
		add(schema.DynamicRef)
		for _, part := range schema.AllOf {
			add(part)
		}
		for _, name := range slices.Sorted(maps.Keys(schema.Dependencies)) {
			if part, ok := schema.Dependencies[name].(*jsonschema.Schema); ok {
				add(part)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(schema.DependentSchemas)) {
			add(schema.DependentSchemas[name])
		}
	}
	for _, schema := range schemas {
		add(schema)
	}
	return all
}

package validate

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Lack is what values that a schema judges may have lost on their way, as a
// redacted event has. What is there is judged as ever.
type Lack struct {
	Absent  func(name string) bool // members that may be absent though they were there
	Emptied bool                   // an array may be empty though it was not
}

// Relaxed compiles docs[doc] for values that may lack something: everything
// that is valid whole is valid with less. lack says what of the schema at a JSON
// pointer of a document. What an absence can break is waived: required members,
// also by the presence of another; the number of members, and of an array's
// items where it may be emptied; and, unless they hang only on what is surely
// there, the branches that a value has to take or not to take (not, if, oneOf)
// and the equality of objects and arrays (enum, const, uniqueItems). May be
// called by one goroutine at a time, while others scan.
func (c *Compiler) Relaxed(doc int, lack func(doc int, pointer string) Lack) (*Validator, error) {
	return c.compile(doc, func(s *jsonschema.Schema) {
		r := &relaxing{lack: map[*jsonschema.Schema]Lack{}, exact: map[*jsonschema.Schema]bool{}}
		w := &walk{seen: map[*jsonschema.Schema]bool{}, known: map[string]bool{}}
		w.schema(s)
		for s := range w.seen {
			r.lack[s] = everything
			if doc, pointer, ok := c.place(s.Location); ok {
				r.lack[s] = lack(doc, pointer)
			}
		}
		for s := range w.seen {
			r.judge(s) // before anything is changed
		}
		for s := range w.seen {
			r.relax(s)
		}
	})
}

var everything = Lack{Absent: func(string) bool { return true }, Emptied: true}

// place is the document and the pointer of what v5 calls a location.
func (c *Compiler) place(location string) (doc int, pointer string, ok bool) {
	at, fragment, _ := strings.Cut(location, "#")
	pointer, err := url.PathUnescape(fragment)
	if err != nil {
		return 0, "", false
	}
	for i := range c.docs {
		if d := &c.docs[i]; d.url() == at || d.ownID() == at {
			return i, pointer, true
		}
	}
	return 0, "", false
}

// relaxing is one Relaxed.
type relaxing struct {
	lack  map[*jsonschema.Schema]Lack
	exact map[*jsonschema.Schema]bool // gives the same verdict with and without what is lacking; while it is found out: false
}

// judge finds out whether s is exact: it looks at scalars, and at members that
// are surely there.
func (r *relaxing) judge(s *jsonschema.Schema) bool {
	if s == nil {
		return true
	}
	if known, ok := r.exact[s]; ok {
		return known
	}
	r.exact[s] = false // for schemas that come back to themselves
	absent := r.lack[s].Absent
	exact := s.MinProperties < 1 && s.MaxProperties == -1 && s.AdditionalProperties == nil && len(s.PatternProperties) == 0 &&
		s.PropertyNames == nil && len(s.Dependencies)+len(s.DependentRequired)+len(s.DependentSchemas) == 0 &&
		s.UnevaluatedProperties == nil && s.UnevaluatedItems == nil && s.RecursiveRef == nil && s.DynamicRef == nil &&
		s.MinItems < 1 && s.MaxItems == -1 && !s.UniqueItems && s.Items == nil && s.AdditionalItems == nil &&
		len(s.PrefixItems) == 0 && s.Items2020 == nil && s.Contains == nil &&
		!containers(s.Enum) && !containers(s.Constant) && !slices.ContainsFunc(s.Required, absent)
	for name, p := range s.Properties {
		exact = exact && !absent(name) && r.judge(p)
	}
	for _, sub := range inPlace(s) {
		exact = exact && r.judge(sub)
	}
	r.exact[s] = exact
	return exact
}

// containers says that an object or array is among the values.
func containers(values []any) bool {
	return slices.ContainsFunc(values, func(v any) bool {
		switch v.(type) {
		case map[string]any, []any:
			return true
		}
		return false
	})
}

// relax changes one schema; those that it applies are changed by themselves.
func (r *relaxing) relax(s *jsonschema.Schema) {
	lack := r.lack[s]
	there := func(names []string) []string {
		return slices.DeleteFunc(slices.Clone(names), lack.Absent)
	}
	s.Required = there(s.Required)
	s.Dependencies = maps.Clone(s.Dependencies)
	for name, d := range s.Dependencies {
		if names, ok := d.([]string); ok {
			s.Dependencies[name] = there(names)
		}
	}
	s.DependentRequired = maps.Clone(s.DependentRequired)
	for name, names := range s.DependentRequired {
		s.DependentRequired[name] = there(names)
	}
	s.MinProperties = -1
	if lack.Emptied {
		s.MinItems, s.Contains = -1, nil
	}
	if !r.exact[s.Contains] {
		s.MaxContains = -1
	}
	s.UniqueItems = s.UniqueItems && r.scalars(s)
	if containers(s.Enum) {
		s.Enum = nil
	}
	if containers(s.Constant) {
		s.Constant = nil
	}
	// Which members were judged hangs on branches that may have been waived.
	s.UnevaluatedProperties, s.UnevaluatedItems = nil, nil
	r.branches(s)
}

// branches waives which branches a value has to take, where that may hang on
// what is lacking: one of those that it could take suffices.
func (r *relaxing) branches(s *jsonschema.Schema) {
	inexact := func(s *jsonschema.Schema) bool { return !r.exact[s] }
	if slices.ContainsFunc(s.OneOf, inexact) {
		s.AllOf = append(slices.Clone(s.AllOf), r.anyOf(s, s.OneOf...))
		s.OneOf = nil
	}
	if s.Not != nil && inexact(s.Not) {
		s.Not = nil
	}
	if s.If != nil && inexact(s.If) {
		if s.Then != nil && s.Else != nil {
			s.AllOf = append(slices.Clone(s.AllOf), r.anyOf(s, s.Then, s.Else))
		}
		s.If, s.Then, s.Else = nil, nil, nil
	}
}

// anyOf is a schema beside s that says nothing else.
func (r *relaxing) anyOf(s *jsonschema.Schema, list ...*jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{
		Location: s.Location + "/anyOf", Draft: s.Draft, AnyOf: list,
		MinProperties: -1, MaxProperties: -1, MinItems: -1, MaxItems: -1, MinContains: 1, MaxContains: -1, MinLength: -1, MaxLength: -1,
	}
}

// scalars says that the items of an array are neither objects nor arrays.
func (r *relaxing) scalars(s *jsonschema.Schema) bool {
	items, _ := s.Items.(*jsonschema.Schema)
	if items == nil {
		items = s.Items2020
	}
	if items == nil || len(s.PrefixItems) > 0 {
		return false
	}
	if items.Ref != nil && len(items.Types) == 0 {
		items = items.Ref
	}
	return len(items.Types) > 0 && !slices.Contains(items.Types, "object") && !slices.Contains(items.Types, "array")
}

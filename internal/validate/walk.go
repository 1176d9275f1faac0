package validate

import "github.com/santhosh-tekuri/jsonschema/v5"

// walk looks at everything that v5 compiled for one document.
type walk struct {
	seen    map[*jsonschema.Schema]bool
	known   map[string]bool
	foreign bool // a keyword that the nodes leave out
}

func (w *walk) schema(s *jsonschema.Schema) {
	if s == nil || w.seen[s] {
		return
	}
	w.seen[s] = true
	w.foreign = w.foreign || isForeign(s)
	for name := range s.Properties {
		w.known[name] = true
	}
	for _, name := range s.Required {
		w.known[name] = true
	}
	for name, needs := range s.Dependencies {
		w.known[name] = true
		needs, _ := needs.([]string)
		for _, name := range needs {
			w.known[name] = true
		}
	}
	for name, needs := range s.DependentRequired {
		w.known[name] = true
		for _, name := range needs {
			w.known[name] = true
		}
	}
	for name := range s.DependentSchemas {
		w.known[name] = true
	}
	for _, sub := range inPlace(s) {
		w.schema(sub)
	}
	for _, sub := range below(s) {
		w.schema(sub)
	}
}

// isForeign reports whether only v5 knows all that s says.
func isForeign(s *jsonschema.Schema) bool {
	_, tuple := s.Items.([]*jsonschema.Schema)
	content := s.Draft.String() == jsonschema.Draft7.String() && (s.ContentEncoding != "" || s.ContentMediaType != "")
	return tuple || content || s.RecursiveRef != nil || s.DynamicRef != nil || s.RegexProperties ||
		len(s.PatternProperties) > 0 || s.UnevaluatedProperties != nil || s.UnevaluatedItems != nil ||
		s.UniqueItems || s.Contains != nil || len(s.PrefixItems) > 0
}

// inPlace are the schemas that s applies to the same value.
func inPlace(s *jsonschema.Schema) []*jsonschema.Schema {
	list := []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.DynamicRef, s.Not, s.If, s.Then, s.Else}
	list = append(list, s.AllOf...)
	list = append(list, s.AnyOf...)
	list = append(list, s.OneOf...)
	for _, d := range s.Dependencies {
		if d, ok := d.(*jsonschema.Schema); ok {
			list = append(list, d)
		}
	}
	for _, d := range s.DependentSchemas {
		list = append(list, d)
	}
	return list
}

// below are the schemas that s applies to what the value holds.
func below(s *jsonschema.Schema) []*jsonschema.Schema {
	list := []*jsonschema.Schema{s.PropertyNames, s.UnevaluatedProperties, s.Items2020, s.Contains, s.UnevaluatedItems, s.ContentSchema}
	list = append(list, s.PrefixItems...)
	for _, p := range s.Properties {
		list = append(list, p)
	}
	for _, p := range s.PatternProperties {
		list = append(list, p)
	}
	if p, ok := s.AdditionalProperties.(*jsonschema.Schema); ok {
		list = append(list, p)
	}
	switch items := s.Items.(type) {
	case *jsonschema.Schema:
		list = append(list, items)
	case []*jsonschema.Schema:
		list = append(list, items...)
	}
	if p, ok := s.AdditionalItems.(*jsonschema.Schema); ok {
		list = append(list, p)
	}
	return list
}

// recursive reports whether a schema can come back to itself, on its way into
// the event too.
func (w *walk) recursive() bool {
	for s := range w.seen {
		if s.RecursiveRef != nil || s.DynamicRef != nil {
			return true
		}
	}
	return w.back(func(s *jsonschema.Schema) []*jsonschema.Schema { return append(inPlace(s), below(s)...) }) != nil
}

// cycle finds a schema that applies itself to the same value again, which
// would never end. v5 finds most when it compiles, the others only on the
// event. $recursiveRef and $dynamicRef are followed where they point at first.
func (w *walk) cycle() *jsonschema.Schema { return w.back(inPlace) }

// back finds a schema that leads to itself by next.
func (w *walk) back(next func(*jsonschema.Schema) []*jsonschema.Schema) *jsonschema.Schema {
	const open, done = 1, 2
	state := map[*jsonschema.Schema]int{}
	var visit func(s *jsonschema.Schema) *jsonschema.Schema
	visit = func(s *jsonschema.Schema) *jsonschema.Schema {
		if s == nil || state[s] == done {
			return nil
		}
		if state[s] == open {
			return s
		}
		state[s] = open
		for _, sub := range next(s) {
			if c := visit(sub); c != nil {
				return c
			}
		}
		state[s] = done
		return nil
	}
	for s := range w.seen {
		if c := visit(s); c != nil {
			return c
		}
	}
	return nil
}

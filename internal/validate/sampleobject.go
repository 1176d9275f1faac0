package validate

import (
	"maps"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// object makes an object with every declared member where that is valid, else
// with those that can stand beside the required ones.
func (s *sampler) object(all, judges []*jsonschema.Schema) (any, bool) {
	required := map[string]bool{}
	names := map[string]bool{}
	for _, schema := range all {
		for _, name := range schema.Required {
			required[name], names[name] = true, true
		}
		for name := range schema.Properties {
			names[name] = true
		}
		for _, needed := range schema.DependentRequired {
			addAll(names, needed)
		}
		for _, needs := range schema.Dependencies {
			if needed, ok := needs.([]string); ok {
				addAll(names, needed)
			}
		}
	}
	top := s.depth == 1
	made, full := map[string]any{}, map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if top && s.leave != nil && s.leave(name) {
			continue
		}
		of := membersOf(all, name)
		if !required[name] && s.recurs(of) {
			continue
		}
		value, ok := s.value(of, name, 0)
		if !ok && required[name] {
			return nil, false
		}
		if ok {
			full[name] = value
			if required[name] {
				made[name] = value
			}
		}
	}
	optional := slices.Sorted(maps.Keys(full))
	optional = append(optional, s.others(all, full)...)
	if s.takes(judges, full) {
		return full, true
	}
	for range 3 { // some members need others that come later
		for _, name := range optional {
			if _, has := made[name]; has {
				continue
			}
			before := s.takes(judges, made)
			made[name] = full[name]
			if before && !s.takes(judges, made) {
				delete(made, name)
			}
		}
	}
	for i := 1; !s.takes(judges, made) && i <= minProperties(all); i++ {
		name := "example" + strconv.Itoa(i)
		if value, ok := s.value(membersOf(all, name), name, 0); ok {
			made[name] = value
		}
	}
	return made, s.takes(judges, made)
}

func addAll(to map[string]bool, names []string) {
	for _, name := range names {
		to[name] = true
	}
}

func minProperties(all []*jsonschema.Schema) int {
	n := 0
	for _, schema := range all {
		n = max(n, schema.MinProperties)
	}
	return min(n, 64)
}

// others adds one member for each pattern, and one for what is said of all other
// members, and returns their names.
func (s *sampler) others(all []*jsonschema.Schema, full map[string]any) (names []string) {
	add := func(name string) {
		of := membersOf(all, name)
		if _, has := full[name]; has || s.recurs(of) {
			return
		}
		if value, ok := s.value(of, name, 0); ok {
			full[name] = value
			names = append(names, name)
		}
	}
	for _, schema := range all {
		patterns := map[string]bool{}
		for pattern := range schema.PatternProperties {
			patterns[pattern.String()] = true
		}
		for _, pattern := range slices.Sorted(maps.Keys(patterns)) {
			if name, ok := matching(pattern, 1); ok {
				add(name)
			}
		}
		if of, ok := schema.AdditionalProperties.(*jsonschema.Schema); ok && of.Always == nil {
			add("example")
		}
	}
	return names
}

// recurs says that a schema of the list holds itself.
func (s *sampler) recurs(of []*jsonschema.Schema) bool {
	return slices.ContainsFunc(applied(of), func(schema *jsonschema.Schema) bool { return s.above[schema] > 0 })
}

// membersOf are the schemas of the member of that name.
func membersOf(all []*jsonschema.Schema, name string) (of []*jsonschema.Schema) {
	for _, schema := range all {
		described := false
		if member := schema.Properties[name]; member != nil {
			of, described = append(of, member), true
		}
		for pattern, member := range schema.PatternProperties {
			if pattern.MatchString(name) {
				of, described = append(of, member), true
			}
		}
		if other, ok := schema.AdditionalProperties.(*jsonschema.Schema); ok && !described {
			of = append(of, other)
		}
	}
	slices.SortStableFunc(of, func(a, b *jsonschema.Schema) int { // patterns come in no order
		switch {
		case a.Location < b.Location:
			return -1
		case a.Location > b.Location:
			return 1
		}
		return 0
	})
	return of
}

// array makes an array with an element for each position, or one for the items.
func (s *sampler) array(all, judges []*jsonschema.Schema, name string) (any, bool) {
	least, positions := 1, 0
	var contained []*jsonschema.Schema
	for _, schema := range all {
		least = max(least, min(schema.MinItems, 64))
		if list, ok := schema.Items.([]*jsonschema.Schema); ok {
			positions = max(positions, len(list))
		}
		positions = max(positions, len(schema.PrefixItems))
		if schema.Contains != nil {
			contained = append(contained, schema.Contains)
			least = max(least, positions+min(schema.MinContains, 64))
		}
	}
	whole := []any{}
	for i := range max(least, positions) {
		of := itemsOf(all, i)
		if s.recurs(of) {
			break
		}
		if i >= positions {
			of = append(of, contained...)
		}
		item, ok := s.value(of, name, i)
		if !ok {
			break
		}
		whole = append(whole, item)
	}
	for n := len(whole); n >= 0; n-- { // maxItems, or items that none can be made of
		if s.takes(judges, whole[:n]) {
			return whole[:n], true
		}
	}
	return nil, false
}

// itemsOf are the schemas of the item at a position.
func itemsOf(all []*jsonschema.Schema, at int) (of []*jsonschema.Schema) {
	for _, schema := range all {
		switch items := schema.Items.(type) {
		case *jsonschema.Schema:
			of = append(of, items)
		case []*jsonschema.Schema:
			if at < len(items) {
				of = append(of, items[at])
			} else if more, ok := schema.AdditionalItems.(*jsonschema.Schema); ok {
				of = append(of, more)
			}
		}
		if at < len(schema.PrefixItems) {
			of = append(of, schema.PrefixItems[at])
		} else if schema.Items2020 != nil {
			of = append(of, schema.Items2020)
		}
	}
	return of
}

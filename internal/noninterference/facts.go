package noninterference

import (
	"slices"
	"strings"
)

// facts are the schemas that apply to one value, unconditionally or by a branch
// that was taken.
func (m *maker) facts(all []map[string]any, s any, depth int) []map[string]any {
	o, ok := s.(map[string]any)
	if !ok || depth < 0 || len(all) > 64 {
		return all
	}
	if ref, ok := o["$ref"].(string); ok {
		all = m.facts(all, m.follow(ref), depth-1)
	}
	all = append(all, o)
	if list, ok := o["allOf"].([]any); ok {
		for _, one := range list {
			all = m.facts(all, one, depth-1)
		}
	}
	for _, keyword := range []string{"anyOf", "oneOf"} {
		if list, ok := o[keyword].([]any); ok && len(list) > 0 {
			all = m.facts(all, pick(m.Rand, list...), depth-1)
		}
	}
	if condition, ok := o["if"]; ok {
		if m.one(2) {
			all = m.facts(m.facts(all, condition, depth-1), o["then"], depth-1)
		} else {
			all = m.facts(all, o["else"], depth-1)
		}
	}
	return all
}

// follow is what a reference refers to within the document; nil for others.
func (m *maker) follow(ref string) any {
	pointer, ok := strings.CutPrefix(strings.TrimPrefix(ref, m.id), "#")
	if !ok {
		return nil
	}
	var at any = m.root
	for _, token := range strings.Split(pointer, "/")[1:] {
		switch here := at.(type) {
		case map[string]any:
			at = here[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]
		default:
			return nil
		}
	}
	return at
}

// kinds are the types that the schemas leave, all where none says any.
func kinds(all []map[string]any) []string {
	left := []string{"null", "boolean", "integer", "number", "string", "array", "object"}
	said := false
	for _, s := range all {
		var these []string
		switch t := s["type"].(type) {
		case string:
			these = []string{t}
		case []any:
			for _, one := range t {
				text, _ := one.(string)
				these = append(these, text)
			}
		default:
			continue
		}
		said = true
		left = slices.DeleteFunc(left, func(k string) bool {
			return !slices.Contains(these, k) && (k != "integer" || !slices.Contains(these, "number"))
		})
	}
	if said {
		return left
	}
	for _, s := range all { // what a schema speaks of it mostly means
		for _, hint := range [][2]string{{"properties", "object"}, {"required", "object"}, {"patternProperties", "object"}, {"items", "array"}, {"prefixItems", "array"}, {"pattern", "string"}, {"format", "string"}, {"minimum", "number"}} {
			if _, ok := s[hint[0]]; ok {
				return []string{hint[1], hint[1], hint[1], "null", "string"}
			}
		}
	}
	return left
}

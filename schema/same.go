package schema

import (
	"slices"
	"strings"
)

// annotations are keywords that change nothing about which events are valid.
var annotations = map[string]bool{
	"$id": true, "id": true, "$schema": true, "$comment": true, "version": true, "title": true, "description": true,
	"default": true, "examples": true, "also-known-as": true,
	"categories": true, "redactionPolicies": true, "level": true, "personal-data": true,
}

// sameEvents reports whether two documents say the same about events, apart
// from texts and categories.
func sameEvents(a, b *document) bool {
	return a.draft == b.draft && compact(essence(a.root)) == compact(essence(b.root))
}

// essence is a schema without its annotations, and without the order of
// lists that are sets.
func essence(v any) any {
	s, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := map[string]any{}
	for keyword, v := range s {
		switch keyword {
		case "properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies":
			members, ok := v.(map[string]any)
			if !ok {
				out[keyword] = v
				continue
			}
			each := map[string]any{}
			for name, v := range members {
				each[name] = essence(v)
			}
			out[keyword] = each
		case "enum", "required", "type":
			out[keyword] = set(v)
		case "const":
			out[keyword] = v
		case "allOf", "anyOf", "oneOf", "items", "prefixItems":
			list, ok := v.([]any)
			if !ok {
				out[keyword] = essence(v)
				continue
			}
			var each []any
			for _, v := range list {
				each = append(each, essence(v))
			}
			out[keyword] = each
		default:
			if !annotations[keyword] {
				out[keyword] = essence(v)
			}
		}
	}
	return out
}

func set(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	var texts []string
	for _, v := range list {
		texts = append(texts, compact(v))
	}
	slices.Sort(texts)
	return strings.Join(texts, ",")
}

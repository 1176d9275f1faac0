package schema

import (
	"slices"
	"strings"
)

// annotations are keywords that change nothing about which events are valid.
var annotations = map[string]bool{
	"$comment": true, "version": true, "title": true, "description": true,
	"default": true, "examples": true, "also-known-as": true,
	"categories": true, "redactionPolicies": true, "level": true, "personal-data": true,
}

// sameEvents reports whether two documents say the same about events, apart
// from texts and categories.
func sameEvents(a, b *document) bool {
	return a.draft == b.draft && compact(whole(a.root)) == compact(whole(b.root))
}

// whole is the essence of a document, without what it is called itself: what is
// within it goes by that as well.
func whole(root any) any {
	v := essence(root)
	if s, ok := v.(map[string]any); ok {
		delete(s, "$id")
		delete(s, "id")
		if uri, _ := s["$schema"].(string); strings.Contains(uri, "json-schema.org/") {
			delete(s, "$schema") // the draft says it
		}
	}
	return v
}

// essence is a schema without its annotations, and without the order of
// lists that are sets. Of keywords that hold no schemas, and of unknown ones,
// nothing is taken away.
func essence(v any) any {
	s, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := map[string]any{}
	for keyword, v := range s {
		members, isMap := v.(map[string]any)
		list, isList := v.([]any)
		switch keyword {
		case "properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies":
			if !isMap {
				break
			}
			each := map[string]any{}
			for name, v := range members {
				each[name] = essence(v)
			}
			out[keyword] = each
			continue
		case "allOf", "anyOf", "oneOf", "items", "prefixItems":
			var each []any
			for _, v := range list {
				each = append(each, essence(v))
			}
			if out[keyword] = each; !isList {
				out[keyword] = essence(v)
			}
			continue
		case "not", "if", "then", "else", "contains", "propertyNames", "additionalProperties", "additionalItems", "unevaluatedProperties", "unevaluatedItems":
			v = essence(v)
		}
		if isList && slices.Contains(sets, keyword) {
			v = newSet(list)
		}
		if !annotations[keyword] {
			out[keyword] = v
		}
	}
	return out
}

// sets are keywords of which the order says nothing.
var sets = []string{"enum", "required", "type"}

// set is a list of which the order says nothing: its values as compact JSON, sorted.
type set []string

func newSet(list []any) set {
	texts := set{}
	for _, v := range list {
		texts = append(texts, compact(v))
	}
	slices.Sort(texts)
	return texts
}

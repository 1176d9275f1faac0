package schema

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// members reads what describes the members of an object.
func (r *reading) members(l *loc, s map[string]any) {
	if members, ok := s["properties"].(map[string]any); ok {
		l.properties = make(map[string]*loc, len(members))
		for _, name := range slices.Sorted(maps.Keys(members)) {
			r.names[name] = true
			if to := r.sub(l, members[name], "properties", name); to != nil {
				l.properties[name] = to
			}
		}
	}
	patterns, _ := s["patternProperties"].(map[string]any)
	for _, text := range slices.Sorted(maps.Keys(patterns)) {
		to := r.sub(l, patterns[text], "patternProperties", text)
		re, err := regexp.Compile(text)
		if err != nil {
			r.mistake(l.doc.file, step(step(l.pointer, "patternProperties"), text), "the agent cannot use this regular expression; write it without look-around and back references")
			continue
		}
		if to != nil {
			l.patterns = append(l.patterns, pattern{text, re, to})
		}
	}
	l.additional = r.describing(l, s, "additionalProperties")
	l.unevaluated = r.describing(l, s, "unevaluatedProperties")
}

// elements reads what describes the items of an array.
func (r *reading) elements(l *loc, s map[string]any) {
	tuple, keyword := r.list(s["prefixItems"]), "prefixItems"
	rest := "items"
	if list, ok := s["items"].([]any); ok {
		tuple, keyword, rest = list, "items", "additionalItems"
	}
	for i, v := range tuple {
		to := r.sub(l, v, keyword, fmt.Sprint(i))
		if to == nil {
			return // the validator refuses it
		}
		l.tuple = append(l.tuple, to)
	}
	l.items = r.describing(l, s, rest)
	l.all = keyword == "prefixItems" && l.doc.draft < 2020
	l.anyItem = r.push(l.anyItem, r.sub(l, s["contains"], "contains"))
	l.anyItem = r.push(l.anyItem, r.describing(l, s, "unevaluatedItems"))
}

// describing is the schema under a keyword unless it describes nothing: true,
// false and {} declare no members.
func (r *reading) describing(l *loc, s map[string]any, keyword string) *loc {
	if v, ok := s[keyword].(map[string]any); ok && len(v) > 0 {
		return r.sub(l, v, keyword)
	}
	return nil
}

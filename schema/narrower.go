package schema

import (
	"reflect"
	"slices"
	"strings"
)

// NoWider says whether every event that s takes as valid is one that was took
// too: false also where that cannot be told from the keywords alone. For several
// goroutines.
func (s *Schema) NoWider(was *Schema) bool {
	type pair struct{ was, is *wording }
	type target struct {
		pair
		at string
	}
	docs, told := []pair{{was.wording, s.wording}}, map[target]bool{}
	known := map[pair]bool{docs[0]: true}
	for i := 0; i < len(docs); i++ { // with those that they refer to
		d := docs[i]
		if d.was.sum() != d.is.sum() && (i > 0 || !d.is.narrower(d.was)) {
			return false
		}
		for _, from := range d.was.refs {
			j, has := slices.BinarySearchFunc(d.is.refs, from.from, func(r reference, at string) int { return strings.Compare(r.from, at) })
			if !has {
				return false
			}
			to := d.is.refs[j]
			t := target{pair{from.to, to.to}, to.at}
			if from.at != to.at || !told[t] && !to.to.alike(from.to, to.at) {
				return false
			}
			told[t] = true
			if !known[t.pair] {
				known[t.pair] = true
				docs = append(docs, t.pair)
			}
		}
	}
	return true
}

// narrower compares a document that says something else than it did.
func (w *wording) narrower(was *wording) bool {
	return w.draft == was.draft && slices.Equal(w.identities(), was.identities()) && narrower(was.essence(), w.essence())
}

// alike says whether what stands at a pointer, which is referred to, is the same
// as before: who refers to it may refuse what it takes, so that less there is
// more elsewhere.
func (w *wording) alike(was *wording, at string) bool {
	plain := func(token string) bool { return !annotations[token] && !slices.Contains(sets, token) }
	if w.sum() == was.sum() && !slices.ContainsFunc(tokens(at), func(t string) bool { return !plain(t) }) {
		return true
	}
	from, had := was.value(at)
	to, has := w.value(at)
	return had && has && reflect.DeepEqual(essence(from), essence(to))
}

// limits are keywords that only ever refuse more where they are added.
var limits = strings.Fields("type enum const required minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern format " +
	"minItems maxItems uniqueItems minProperties maxProperties propertyNames properties patternProperties additionalProperties allOf anyOf oneOf not definitions $defs")

// narrower compares two schemas keyword by keyword, by their essences. What is
// referred to is as it was.
func narrower(was, is any) bool {
	if reflect.DeepEqual(was, is) || was == true || is == false {
		return true
	}
	from, ok := was.(map[string]any)
	to, both := is.(map[string]any)
	if !ok || !both || delicate(from) || delicate(to) {
		return false
	}
	_, closed := from["additionalProperties"] // which a name that is added is no longer subject to
	for keyword, v := range from {
		if !narrowed(keyword, v, to[keyword], closed) {
			return false
		}
	}
	for keyword := range to {
		_, had := from[keyword]
		if !had && (!slices.Contains(limits, keyword) || closed && (keyword == "properties" || keyword == "patternProperties")) {
			return false
		}
	}
	return true
}

// delicate says whether keywords stand there whose meaning hangs on others.
func delicate(s map[string]any) bool {
	for keyword := range s {
		if strings.HasPrefix(keyword, "unevaluated") || strings.HasSuffix(keyword, "ef") && keyword[0] == '$' {
			return true
		}
	}
	return false
}

// narrowed compares one keyword.
func narrowed(keyword string, was, is any, closed bool) bool {
	within := func(part, whole any) bool {
		list, ok := part.(set)
		of, both := whole.(set)
		return ok && both && !slices.ContainsFunc(list, func(v string) bool { return !slices.Contains(of, v) })
	}
	switch keyword {
	case "definitions", "$defs":
		return true // nobody but who refers to them sees them
	case "properties", "patternProperties":
		from, _ := was.(map[string]any)
		to, ok := is.(map[string]any)
		for name, v := range from {
			now, has := to[name]
			if !has || !narrower(v, now) {
				return false
			}
		}
		return ok && (!closed || len(to) == len(from))
	case "additionalProperties":
		return is != nil && narrower(was, is)
	case "required":
		return within(was, is)
	case "enum":
		return within(is, was)
	}
	return is != nil && reflect.DeepEqual(was, is)
}

package schema

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// NoWider says whether every event that s takes as valid is one that was took
// too: false also where that cannot be told from the keywords alone.
func (s *Schema) NoWider(was *Schema) bool {
	if s.asserts == was.asserts {
		return true
	}
	return s.elsewhere == was.elsewhere && narrower(was.root, s.root)
}

// asserted are hashes of what a document says of which events are valid: with
// what it refers to, and of the drafts and the other documents alone.
func asserted(d *document) (all, elsewhere [sha256.Size]byte) {
	docs := []*document{d}
	for i := 0; i < len(docs); i++ {
		var texts []string
		for pointer := range docs[i].locs {
			texts = append(texts, pointer)
		}
		slices.Sort(texts)
		for _, pointer := range texts {
			if to := docs[i].locs[pointer].refs; to != nil && !slices.Contains(docs, to.doc) {
				docs = append(docs, to.doc)
			}
		}
	}
	h, o := sha256.New(), sha256.New()
	for i, d := range docs {
		text := fmt.Sprintf("%d %s %s\n", d.draft, d.id, compact(essence(d.root)))
		h.Write([]byte(text))
		if i == 0 {
			text = fmt.Sprintf("%d\n", d.draft)
		}
		o.Write([]byte(text))
	}
	h.Sum(all[:0])
	o.Sum(elsewhere[:0])
	return all, elsewhere
}

// limits are keywords that only ever refuse more where they are added.
var limits = strings.Fields("type enum const required minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern format " +
	"minItems maxItems uniqueItems minProperties maxProperties propertyNames properties patternProperties additionalProperties allOf anyOf oneOf not definitions $defs")

// narrower compares two schemas keyword by keyword.
func narrower(was, is any) bool {
	if compact(essence(was)) == compact(essence(is)) || was == true || is == false {
		return true
	}
	from, ok := was.(map[string]any)
	to, both := is.(map[string]any)
	if !ok || !both || delicate(from) || delicate(to) {
		return false
	}
	_, closed := from["additionalProperties"] // which a name that is added is no longer subject to
	for keyword, v := range from {
		if !annotations[keyword] && !narrowed(keyword, v, to[keyword], closed) {
			return false
		}
	}
	for keyword := range to {
		_, had := from[keyword]
		if !had && !annotations[keyword] && (!slices.Contains(limits, keyword) || closed && (keyword == "properties" || keyword == "patternProperties")) {
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
		of, ok := whole.([]any)
		list, is := part.([]any)
		return ok && is && !slices.ContainsFunc(list, func(v any) bool {
			return !slices.ContainsFunc(of, func(o any) bool { return compact(o) == compact(v) })
		})
	}
	switch keyword {
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
	return is != nil && compact(essence(map[string]any{keyword: was})) == compact(essence(map[string]any{keyword: is}))
}

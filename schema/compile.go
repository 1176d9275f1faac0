package schema

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// loc is one schema within a document: what it says about the values that it
// is applied to, as far as places and categories go.
type loc struct {
	doc     *document
	pointer string
	base    string // what references in it are relative to
	n       int    // its number among all, for a fixed order

	text string // description or title, for people

	categories []string
	stated     bool // there is a categories, perhaps an empty one
	personal   bool // personal-data: true
	types      TypeSet
	listed     bool     // there is an enum or const
	enum       []string // its values as compact JSON
	required   []string
	least      bool // there is a least number
	greatest   bool

	ref    string // of $ref, "" for none
	refs   *loc   // what it refers to
	beside force  // of all else that stands here

	allOf       []*loc
	conditional []*loc   // applied to the same value, by a condition
	choices     [][]*loc // of anyOf and oneOf, also among conditional: one of each is true of the value
	properties  map[string]*loc
	patterns    []pattern
	additional  *loc   // additionalProperties where it describes anything
	unevaluated *loc   // unevaluatedProperties
	tuple       []*loc // prefixItems, or items as a list
	items       *loc   // the other items
	all         bool   // items is for every position, beside a tuple that the draft does not know
	anyItem     []*loc // contains and unevaluatedItems
}

type pattern struct {
	text string
	re   *regexp.Regexp
	to   *loc
}

// reading turns documents into locs.
type reading struct {
	*messages
	names     map[string]bool // every member name that a schema speaks of
	aliases   map[string]string
	said      map[string]bool   // the categories that schemas and overlays name
	resources map[string][]*loc // by URI, with the fragment of an anchor
	all       []*loc
}

// read makes the locs of a document.
func (r *reading) read(d *document) {
	d.locs = map[string]*loc{}
	r.schema(d, "", "", d.root)
}

// schema reads the schema at pointer, v, and all below it. nil where v is no
// schema; the validator says so then.
func (r *reading) schema(d *document, pointer, base string, v any) *loc {
	if l := d.locs[pointer]; l != nil {
		return l
	}
	s, ok := v.(map[string]any)
	if _, isBool := v.(bool); !ok && !isBool {
		return nil
	}
	l := &loc{doc: d, pointer: pointer, base: base, n: len(r.all), types: AnyType}
	if _, hasRef := s["$ref"]; hasRef && d.draft < 2019 || d.strange {
		l.beside = declaring // the validator takes no notice of it, or perhaps none
	}
	d.locs[pointer] = l
	r.all = append(r.all, l)
	if ok {
		r.identity(l, s)
		l.text = text(s)
		r.labels(l, s)
		r.asserts(l, s)
		r.applies(l, s)
		r.members(l, s)
		r.elements(l, s)
	}
	return l
}

// sub reads the schema that stands under a keyword.
func (r *reading) sub(l *loc, v any, path ...string) *loc {
	pointer := l.pointer
	for _, p := range path {
		pointer = step(pointer, p)
	}
	return r.schema(l.doc, pointer, l.base, v)
}

// text is what a schema says for people.
func text(s map[string]any) string {
	for _, keyword := range []string{"description", "title"} {
		if t, _ := s[keyword].(string); t != "" {
			return t
		}
	}
	return ""
}

// labels reads what the schema says about categories.
func (r *reading) labels(l *loc, s map[string]any) {
	for _, keyword := range []string{"categories", "redactionPolicies"} {
		v, has := s[keyword]
		if !has {
			continue
		}
		list, ok := v.([]any)
		for _, c := range list {
			word, isText := c.(string)
			if ok = ok && isText; ok {
				r.said[short(word)] = true
				l.categories = append(l.categories, resolve(r.aliases, word))
			}
		}
		if !ok {
			r.mistake(l.doc.file, step(l.pointer, keyword), fmt.Sprintf(`is not a list of texts: write %s: ["unrestricted"] or another category`, keyword))
		}
		l.stated = true
	}
	if v, has := s["level"]; has {
		word, ok := v.(string)
		if !ok {
			r.mistake(l.doc.file, step(l.pointer, "level"), `is not a text: write level: "confidential" or another level`)
		}
		r.said[LevelPrefix+word] = true
		l.categories = append(l.categories, resolve(r.aliases, LevelPrefix+word))
		l.stated = true
	}
	l.personal = s["personal-data"] == true
}

// asserts reads what limits the value.
func (r *reading) asserts(l *loc, s map[string]any) {
	required := r.texts(s["required"])
	if l.beside != asserting {
		return
	}
	l.required = required
	if t, has := s["type"]; has {
		l.types = 0
		for _, name := range append(r.list(t), t) {
			if word, ok := name.(string); ok {
				l.types |= typeNames[word]
			}
		}
	}
	stands := func(keyword string) bool { return s[keyword] != nil }
	l.least, l.greatest = stands("minimum") || stands("exclusiveMinimum"), stands("maximum") || stands("exclusiveMaximum")
	values, has := s["enum"].([]any)
	if c, ok := s["const"]; ok && l.doc.draft > 4 {
		if has {
			text := compact(c)
			values = slices.DeleteFunc(slices.Clone(values), func(v any) bool { return compact(v) != text })
		} else {
			values, has = []any{c}, true
		}
	}
	if !has {
		return
	}
	l.listed = true
	var types TypeSet
	for _, v := range values {
		l.enum = append(l.enum, compact(v))
		types |= typeOf(v)
	}
	l.types &= types
}

var typeNames = map[string]TypeSet{
	"null": NullType, "boolean": BooleanType, "integer": IntegerType, "number": NumberType | IntegerType,
	"string": StringType, "array": ArrayType, "object": ObjectType,
}

func typeOf(v any) TypeSet {
	switch v := v.(type) {
	case nil:
		return NullType
	case bool:
		return BooleanType
	case string:
		return StringType
	case []any:
		return ArrayType
	case map[string]any:
		return ObjectType
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return NumberType | IntegerType // 1.0 is an integer too
		}
		return IntegerType
	}
	return AnyType
}

// compact is a value of a schema as compact JSON text.
func compact(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// applies reads the keywords that apply other schemas to the same value.
func (r *reading) applies(l *loc, s map[string]any) {
	if ref, ok := s["$ref"].(string); ok {
		l.ref = cmp.Or(ref, "#")
	}
	for _, keyword := range []string{"$dynamicRef", "$recursiveRef"} {
		if _, has := s[keyword]; has {
			r.mistake(l.doc.file, step(l.pointer, keyword), "depends on where the schema is used from, so its categories would too: use $ref")
		}
	}
	for i, v := range r.list(s["allOf"]) {
		l.allOf = r.push(l.allOf, r.sub(l, v, "allOf", fmt.Sprint(i)))
	}
	for _, keyword := range []string{"anyOf", "oneOf"} {
		var branches []*loc
		for i, v := range r.list(s[keyword]) {
			branches = r.push(branches, r.sub(l, v, keyword, fmt.Sprint(i)))
		}
		l.conditional = append(l.conditional, branches...)
		if len(branches) > 0 && l.beside == asserting {
			l.choices = append(l.choices, branches)
		}
	}
	for _, keyword := range []string{"if", "then", "else", "not"} {
		l.conditional = r.push(l.conditional, r.sub(l, s[keyword], keyword))
	}
	for _, keyword := range []string{"dependencies", "dependentSchemas", "dependentRequired"} {
		members, _ := s[keyword].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			r.names[name] = true
			r.texts(members[name])
			l.conditional = r.push(l.conditional, r.sub(l, members[name], keyword, name))
		}
	}
	for _, keyword := range []string{"definitions", "$defs"} {
		members, _ := s[keyword].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			r.sub(l, members[name], keyword, name)
		}
	}
	r.sub(l, s["propertyNames"], "propertyNames")
}

func (r *reading) push(to []*loc, l *loc) []*loc {
	if l == nil {
		return to
	}
	return append(to, l)
}

func (r *reading) list(v any) []any {
	list, _ := v.([]any)
	return list
}

// texts is a list of member names; others are left to the validator.
func (r *reading) texts(v any) []string {
	var words []string
	for _, t := range r.list(v) {
		if word, ok := t.(string); ok {
			r.names[word] = true
			words = append(words, word)
		}
	}
	return words
}

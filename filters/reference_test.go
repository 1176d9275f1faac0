package filters_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"jupyter-events-agent/filters"
)

// The reference redactor: slow, written straight from the policy's page, on
// decoded values and with a reading of the schema's JSON of its own.

// value is a decoded JSON value that keeps the text of names and scalars.
type value struct {
	kind    byte // { [ or 0 for a scalar
	text    string
	members []member
	items   []*value
}

type member struct {
	key, name string // as in the line, and decoded
	value     *value
}

// parse reads valid JSON.
func parse(s string) *value {
	v, rest := parseValue(s)
	if strings.TrimLeft(rest, " \t\r\n") != "" {
		panic("not one value")
	}
	return v
}

func parseValue(s string) (*value, string) {
	s = strings.TrimLeft(s, " \t\r\n")
	switch s[0] {
	case '{', '[':
		v := &value{kind: s[0]}
		s = strings.TrimLeft(s[1:], " \t\r\n")
		for s[0] != '}' && s[0] != ']' {
			var m member
			if v.kind == '{' {
				m.key = scalar.FindString(s)
				m.name = decoded(m.key)
				s = strings.TrimLeft(s[len(m.key):], " \t\r\n")[1:]
			}
			m.value, s = parseValue(s)
			v.members, v.items = append(v.members, m), append(v.items, m.value)
			s = strings.TrimLeft(s, " \t\r\n")
			if s[0] == ',' {
				s = strings.TrimLeft(s[1:], " \t\r\n")
			}
		}
		return v, s[1:]
	}
	text := scalar.FindString(s)
	return &value{text: text}, s[len(text):]
}

var scalar = regexp.MustCompile(`^("([^"\\]|\\.)*"|[-+.0-9a-zA-Z]+)`)

func decoded(quoted string) (s string) {
	if err := json.Unmarshal([]byte(quoted), &s); err != nil {
		panic(err)
	}
	return s
}

func (v *value) render() string {
	var parts []string
	switch v.kind {
	case '{':
		for _, m := range v.members {
			parts = append(parts, m.key+":"+m.value.render())
		}
		return "{" + strings.Join(parts, ",") + "}"
	case '[':
		for _, i := range v.items {
			parts = append(parts, i.render())
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	return v.text
}

// ways are the schemas that apply to one value: surely, or by a condition.
type ways struct {
	sure, perhaps []map[string]any
	mute          []bool // which of sure the validator takes no notice of, as they stand beside a $ref
}

// at is a place as the reference knows it.
type at struct {
	ways
	declared    bool // by a sure way
	named       bool // by its name
	categories  []string
	categorised bool
	added       []string // of an undeclared place: what conditions add
	opened      bool     // by properties
}

type reference struct {
	schema map[string]any
	policy filters.Policy
	origin *origin
}

func newReference(schema string, p filters.Policy) *reference {
	r := &reference{policy: p, origin: &origin{}}
	if err := json.Unmarshal([]byte(schema), &r.schema); err != nil {
		panic(err)
	}
	return r
}

// spread adds to ways what a schema applies to the same value.
func (r *reference) spread(w *ways, s any, sure, mute bool) {
	m, ok := s.(map[string]any)
	if !ok {
		return
	}
	if sure {
		w.sure, w.mute = append(w.sure, m), append(w.mute, mute)
	} else {
		w.perhaps = append(w.perhaps, m)
	}
	if ref, ok := m["$ref"].(string); ok {
		definitions := r.schema["definitions"].(map[string]any)
		r.spread(w, definitions[strings.TrimPrefix(ref, "#/definitions/")], sure, mute)
	}
	for _, sub := range list(m["allOf"]) {
		r.spread(w, sub, sure, mute || refers(m))
	}
	for _, keyword := range []string{"anyOf", "oneOf"} {
		for _, sub := range list(m[keyword]) {
			r.spread(w, sub, false, false)
		}
	}
	for _, keyword := range []string{"if", "then", "else", "not"} {
		r.spread(w, m[keyword], false, false)
	}
}

// refers says whether a $ref stands there, beside which draft-07 asserts nothing.
func refers(s map[string]any) bool { _, is := s["$ref"]; return is }

func list(v any) []any { l, _ := v.([]any); return l }

func (r *reference) root() at {
	var a at
	r.spread(&a.ways, r.schema, true, false)
	return a
}

// judge fills in the categories of a place below parent.
func (r *reference) judge(a *at, parent *at, top, element bool) {
	stated, all := false, []string{}
	for _, s := range append(slices.Clone(a.sure), a.perhaps...) {
		if categories, ok := s["categories"]; ok {
			stated = true
			for _, c := range list(categories) {
				all = append(all, c.(string))
			}
		}
	}
	switch {
	case !a.declared && !element && top:
	case !a.declared:
		a.added = all
		a.categories, a.categorised = append(all, parent.categories...), parent.categorised
	case stated:
		a.categories, a.categorised = all, true
	case !top:
		a.categories, a.categorised = parent.categories, parent.categorised
	}
	if len(all) > 0 { // categories = [] is open under every policy
		root := r.root()
		for _, s := range append(root.sure, root.perhaps...) {
			for _, c := range list(s["categories"]) {
				a.categories, a.added = append(a.categories, c.(string)), append(a.added, c.(string))
			}
		}
	}
}

// member is the place of an object's member.
func (r *reference) member(parent *at, name string, top bool) at {
	a := at{opened: parent.opened}
	for i, s := range parent.sure {
		subs, named := describe(s, name)
		a.named = a.named || named
		a.declared = a.declared || len(subs) > 0
		for _, sub := range subs {
			r.spread(&a.ways, sub, true, parent.mute[i] || refers(s))
		}
	}
	for _, s := range parent.perhaps {
		subs, _ := describe(s, name)
		for _, sub := range subs {
			r.spread(&a.ways, sub, false, false)
		}
	}
	if top && !a.named {
		return at{}
	}
	r.judge(&a, parent, top, false)
	return a
}

func describe(s map[string]any, name string) (subs []any, named bool) {
	properties, _ := s["properties"].(map[string]any)
	if sub, ok := properties[name]; ok {
		subs, named = append(subs, sub), true
	}
	patterns, _ := s["patternProperties"].(map[string]any)
	for pattern, sub := range patterns {
		if regexp.MustCompile(pattern).MatchString(name) {
			subs = append(subs, sub)
		}
	}
	if additional, ok := s["additionalProperties"].(map[string]any); ok && len(additional) > 0 && len(subs) == 0 {
		subs = append(subs, additional)
	}
	return subs, named
}

// positions is how many elements have a schema of their own; element is the
// place of the element at a position, or of those after all (position -1).
func (a *at) positions() (n int) {
	for _, s := range append(slices.Clone(a.sure), a.perhaps...) {
		if tuple, ok := s["items"].([]any); ok {
			n = max(n, len(tuple))
		}
	}
	return n
}

func (r *reference) element(parent *at, position int) at {
	a := at{opened: parent.opened}
	for i, s := range append(slices.Clone(parent.sure), parent.perhaps...) {
		sure := i < len(parent.sure)
		sub := s["items"]
		if tuple, ok := sub.([]any); ok {
			sub = s["additionalItems"]
			if position >= 0 && position < len(tuple) {
				sub = tuple[position]
			}
		}
		if m, ok := sub.(map[string]any); ok && len(m) > 0 {
			r.spread(&a.ways, m, sure, sure && (parent.mute[i] || refers(s)))
			a.declared = a.declared || sure
		}
		r.spread(&a.ways, s["contains"], false, false)
	}
	r.judge(&a, parent, false, true)
	a.declared = a.declared || parent.declared // an element without a schema is the array's
	return a
}

// ladder is the one that holds where the configuration has none.
var ladder = []string{"unclassified", "confidential", "secret", "top_secret"}

func (r *reference) allowed(c string) bool {
	level := slices.Index(ladder, strings.TrimPrefix(c, "level:"))
	return c == "unrestricted" || slices.Contains(r.policy.Categories, c) ||
		level >= 0 && strings.HasPrefix(c, "level:") && level <= slices.Index(ladder, r.policy.MaxLevel)
}

func (r *reference) opens(categories []string) bool {
	if !slices.ContainsFunc(categories, func(c string) bool { return !r.allowed(c) }) {
		return true
	}
	return r.policy.Match == "any" && slices.ContainsFunc(categories, func(c string) bool {
		return r.allowed(c) && c != "unrestricted" && !strings.HasPrefix(c, "level:")
	})
}

// open says whether a value at the place goes out; element: of an array.
func (r *reference) open(a *at, element bool) bool {
	switch {
	case !a.declared && !element && r.policy.Undeclared != "inherit":
		return false
	case a.opened && a.declared:
	case a.opened:
		if !r.opens(a.added) {
			return false
		}
	case !a.categorised || !r.opens(a.categories):
		return false
	}
	for i := range a.positions() {
		if e := r.element(a, i); !r.open(&e, true) {
			return false
		}
	}
	return true
}

// top is the place of one of the event's own members, and whether it goes out.
func (r *reference) top(name string) (at, bool) {
	root := r.root()
	a := r.member(&root, name, true)
	if !a.named || len(name) > 3 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__") {
		return a, false
	}
	for _, opened := range r.policy.Properties["https://x.test/e"] {
		a.opened = a.opened || opened == name
	}
	return a, r.open(&a, false)
}

// redact is what goes out of an event's own members.
func (r *reference) redact(v *value) *value {
	root := r.root()
	return r.object(v, &root, r.top)
}

// inside is what goes out of a value that itself goes out.
func (r *reference) inside(v *value, a *at) *value {
	out := &value{kind: v.kind, text: v.text}
	switch v.kind {
	case '{':
		return r.object(v, a, func(name string) (at, bool) {
			place := r.member(a, name, false)
			return place, r.open(&place, false)
		})
	case '[':
		if rest := r.element(a, -1); !r.open(&rest, true) {
			return out
		}
		for i, item := range v.items {
			place := r.element(a, i)
			out.items = append(out.items, r.inside(item, &place))
		}
	}
	return out
}

func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return b
}

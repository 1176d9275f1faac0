package filters_test

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"

	"jupyter-events-agent/filters"
)

// generator makes schemas, policies and events. The last letter of a member's
// name is its type, so that every event is valid whichever schemas apply:
// s string, n number, o object, l list of strings, m list of objects, t tuple.
type generator struct {
	*rand.Rand
	canary int
}

var (
	names      = []string{"as", "bs", "an", "ao", "bo", "al", "am", "at", "p_s", "p_o", "q_s", "q_l", "us", "uo", "um"}
	declared   = names[:11]
	categories = []string{"unrestricted", "user-identifier", "location", "health", "level:secret", "level:unclassified"}
)

// formed are texts of the forms that truncate takes, and nearly.
var formed = []string{
	`"192.0.2.%d"`, `"::ffff:192.0.2.9%%en%d"`, `"2001:db8:1:2::%d"`, `"fe80::%d\u0025eth0"`, `"2026-11-22T14:20:46.%06d+02:00"`, `"2026-11-22T14:20:46Z%d"`,
	`"/home/canary%dz/a.ipynb"`, `"a/b/c/d/e/f/g/h/canary%dz.PY/x.py"`, `"canary%dz.\u0070y"`, `"canary%dz.secret"`, `"a/\u000acanary%dz"`,
}

func pick[T any](g *generator, list []T) T { return list[g.IntN(len(list))] }

func (g *generator) one(in int) bool { return g.IntN(in) == 0 }

// categories adds categories to a schema, or none, or an empty list.
func (g *generator) categories(s map[string]any) map[string]any {
	if g.one(3) {
		return s
	}
	list := []string{}
	for range g.IntN(3) {
		list = append(list, pick(g, categories))
	}
	s["categories"] = list
	return s
}

// schema is a schema for the values of a name.
func (g *generator) schema(name string, depth int) map[string]any {
	s := g.categories(map[string]any{})
	typed := !g.one(4)
	kind := map[byte]string{'s': "string", 'n': "integer", 'o': "object", 'l': "array", 'm': "array", 't': "array"}[name[len(name)-1]]
	if typed {
		s["type"] = kind
	}
	if depth <= 0 {
		return s
	}
	if g.one(6) {
		s["$ref"] = "#/definitions/" + kind
	}
	switch name[len(name)-1] {
	case 'o':
		g.members(s, depth)
	case 'l':
		if !g.one(3) {
			s["items"] = g.schema("s", 0)
		}
	case 'm':
		if !g.one(3) {
			s["items"] = g.schema("o", depth-1)
		}
		if g.one(5) {
			s["contains"] = g.categories(map[string]any{})
		}
	case 't':
		s["type"] = "array"
		s["items"] = []any{g.schema("s", 0), g.schema("o", depth-1)}
		if g.one(2) {
			s["additionalItems"] = g.schema("s", 0)
		}
	}
	return s
}

// members adds what describes the members of an object.
func (g *generator) members(s map[string]any, depth int) {
	properties := map[string]any{}
	for range 1 + g.IntN(5) {
		name := pick(g, declared)
		properties[name] = g.schema(name, depth-1)
	}
	if !g.one(8) {
		s["properties"] = properties
	}
	if g.one(4) {
		s["patternProperties"] = map[string]any{"^p_": g.categories(map[string]any{}), "^._s": g.categories(map[string]any{"type": "string"})}
	}
	if g.one(5) {
		s["additionalProperties"] = g.categories(map[string]any{})
	}
	for _, keyword := range []string{"allOf", "anyOf", "if"} {
		if depth <= 0 || !g.one(4) {
			continue
		}
		sub := g.categories(map[string]any{})
		g.members(sub, depth-1)
		if keyword == "if" {
			s[keyword] = sub
		} else {
			s[keyword] = []any{sub, map[string]any{}}
		}
	}
}

// event is the text of a schema for whole events.
func (g *generator) eventSchema() string {
	s := map[string]any{"$id": "https://x.test/e", "version": "1", "type": "object"}
	g.members(s, 3)
	object := g.schema("o", 1)
	delete(object, "$ref") // to itself
	s["definitions"] = map[string]any{
		"string": g.schema("s", 0), "integer": g.schema("n", 0), "object": object, "array": g.categories(map[string]any{}),
	}
	if g.one(6) {
		s["categories"] = []string{pick(g, categories)}
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (g *generator) policy() filters.Policy {
	p := filters.Policy{Output: "o", Metadata: []string{}, Categories: []string{}}
	for range g.IntN(4) {
		p.Categories = append(p.Categories, pick(g, categories))
	}
	if g.one(3) {
		p.MaxLevel = pick(g, ladder)
	}
	if g.one(5) {
		p.DropEvents = []string{pick(g, categories)}
	}
	p.Actions = map[string]filters.Action{}
	reference := reference{policy: p}
	for _, c := range categories {
		if g.one(3) && !reference.allowed(c) {
			if p.Actions[c] = (filters.Action{Action: pick(g, restriction)}); p.Actions[c].Action == "truncate" {
				p.Actions[c] = filters.Action{Action: "truncate", To: pick(g, []string{"", "address", "hour", "day", "path"})}
			}
		}
	}
	p.Pseudonyms = &filters.Pseudonyms{Epoch: pick(g, []string{"", "month", "quarter", "year", "none"})}
	if !g.one(8) {
		p.Pseudonyms.Keys = []filters.PseudonymKey{{Since: -1 << 62, Secret: secretOf(1)}, {Since: 1 << 62, Secret: secretOf(2)}}
	}
	p.Tokens = numbered()
	if g.one(3) {
		p.Consent = &filters.Consent{WithoutSubject: pick(g, []string{"", "drop", "deliver", "deliver"}), Yes: func(person []byte) bool { return crc32.ChecksumIEEE(person)%16 != 0 }}
	}
	p.Match = pick(g, []string{"", "all", "any"})
	p.Denied = pick(g, []string{"", "drop", "null"})
	p.Undeclared = pick(g, []string{"", "deny", "inherit"})
	if g.one(2) {
		p.Properties = map[string][]string{"https://x.test/e": {pick(g, names), pick(g, names)}}
	}
	return p
}

// object is an object of any members, with any spaces.
func (g *generator) object(depth int) string {
	var parts []string
	for _, i := range g.Perm(len(names))[:g.IntN(7)] {
		parts = append(parts, g.member(names[i], depth))
	}
	return "{" + strings.Join(parts, ",") + g.space() + "}"
}

func (g *generator) member(name string, depth int) string {
	key := `"` + name + `"`
	if g.one(8) {
		key = fmt.Sprintf(`"\u%04x%s"`, name[0], name[1:])
	}
	return g.space() + key + g.space() + ":" + g.space() + g.value(name, depth) + g.space()
}

func (g *generator) space() string { return pick(g, []string{"", "", " ", "\t "}) }

// value is a value as the name's type has it; every scalar is another one.
func (g *generator) value(name string, depth int) string {
	g.canary++
	switch kind := name[len(name)-1]; {
	case kind == 's' && g.one(4):
		return fmt.Sprintf(pick(g, formed), g.canary)
	case kind == 's' || depth == 0 && kind == 0:
		text := fmt.Sprintf(`"%scanary%dz"`, pick(g, []string{"", `\u00e9`, `\ud800`, "é", `\"`}), g.canary)
		if kind == 's' && g.canary%20 == 0 {
			return `""` // which names nobody
		}
		return text
	case kind == 'n':
		return fmt.Sprint(900000 + g.canary)
	case kind == 'o':
		if depth == 0 {
			return "{}"
		}
		return g.object(depth - 1)
	case kind == 'l':
		return g.list("s", depth)
	case kind == 'm':
		return g.list("o", depth)
	}
	return "[" + g.value("s", 0) + g.space() + "," + g.value("o", depth) + "]"
}

func (g *generator) list(of string, depth int) string {
	var items []string
	for range g.IntN(3) {
		items = append(items, g.space()+g.value(of, depth)+g.space())
	}
	return "[" + strings.Join(items, ",") + "]"
}

const envelope = `"__schema__":"https://x.test/e","__schema_version__":"1","__timestamp__":"2026-11-22T14:20:46.000000Z"`

// line makes an event of its own members.
func line(members string) string {
	inside := strings.TrimSuffix(strings.TrimPrefix(members, "{"), "}")
	if strings.TrimSpace(inside) == "" {
		return "{" + envelope + "}"
	}
	return "{" + envelope + "," + inside + "}"
}

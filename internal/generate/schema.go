// Package generate makes up JSON Schemas and values that have something to do with
// one another, for tests: few names, few values, all keywords.
//
// In comes chance; out come decoded JSON and lines. It touches nothing.
package generate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Maker makes random schemas and values that have something to do with one
// another: few names, few values, all keywords.
type Maker struct {
	*rand.Rand
	Foreign bool // keywords that only a general validator knows, too
	draft   string
}

// Drafts are the $schema of every draft, "" for none.
var Drafts = []string{
	"", "http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#",
	"http://json-schema.org/draft-07/schema", "https://json-schema.org/draft/2019-09/schema",
	"https://json-schema.org/draft/2020-12/schema",
}

func (m *Maker) pick(list ...string) string { return list[m.IntN(len(list))] }

// Name is a member's name.
func (m *Maker) Name() string { return m.pick("a", "b", "c", "d", "é", "x/y", "~") }

func (m *Maker) names() []any {
	var list []any
	for _, n := range []string{"a", "b", "c", "d", "é"} {
		if m.IntN(4) == 0 {
			list = append(list, n)
		}
	}
	if list == nil {
		list = append(list, "a")
	}
	return list
}

// Number is a number, as JSON has it.
func (m *Maker) Number() json.Number {
	return json.Number(m.pick("0", "-0", "0.0", "1", "1.0", "10e-1", "1e0", "-1", "2", "2.5", "25e-1", "0.25", "3", "100", "1e2", "1E+2",
		"0.1", "0.3", "1.1", "-2.50", "12345678901234567890", "12345678901234567891", "123456789012345678901e-1", "1e-7", "1e300", "-1e-300", "1.5e400", "7", "999999999999999999"))
}

func (m *Maker) positive() json.Number {
	return json.Number(m.pick("1", "2", "0.1", "0.5", "0.01", "3", "1e-7", "2.5", "1e20", "1e300"))
}

// Text is a text.
func (m *Maker) Text() string {
	return m.pick("", "a", "b", "ab", "abc", "é", "日本", "😀", "\ufffd", "\ufffdx", "a\nb", "\"", "2026-11-22", "a@b", "1.2.3.4", "::1", "x y", strings.Repeat("long", 20))
}

// Value is a value, not deeper than depth.
func (m *Maker) Value(depth int) any {
	n := m.IntN(9)
	if depth <= 0 {
		n = m.IntN(6)
	}
	switch n {
	case 0:
		return nil
	case 1:
		return m.IntN(2) == 0
	case 2, 3:
		return m.Number()
	case 4, 5:
		return m.Text()
	case 6:
		list := []any{}
		for range m.IntN(4) {
			list = append(list, m.Value(depth-1))
		}
		return list
	}
	o := map[string]any{}
	for range m.IntN(5) {
		o[m.Name()] = m.Value(depth - 1)
	}
	return o
}

func (m *Maker) schema(depth int) any {
	if m.IntN(12) == 0 && !strings.Contains(m.draft, "draft-04") {
		return m.IntN(4) != 0
	}
	s := map[string]any{}
	for range 1 + m.IntN(3) {
		m.keyword(s, depth)
	}
	return s
}

func (m *Maker) schemas(depth int) []any {
	var list []any
	for range 1 + m.IntN(3) {
		list = append(list, m.schema(depth))
	}
	return list
}

func (m *Maker) named(depth int) map[string]any {
	o := map[string]any{}
	for range 1 + m.IntN(3) {
		o[m.Name()] = m.schema(depth)
	}
	return o
}

func (m *Maker) keyword(s map[string]any, depth int) {
	old := strings.Contains(m.draft, "draft-04")
	n := m.IntN(34)
	if depth <= 0 {
		n = m.IntN(18)
	}
	if m.Foreign && m.IntN(8) == 0 {
		m.foreignKeyword(s, depth)
	}
	switch n {
	case 0, 1:
		s["type"] = m.pick("null", "boolean", "integer", "number", "string", "array", "object")
	case 2:
		s["type"] = []any{m.pick("null", "integer", "string"), m.pick("boolean", "array", "object", "number")}
	case 3:
		s["enum"] = uniqueValues([]any{m.Value(1), m.Value(2), m.Value(1)})
	case 4:
		s["const"] = m.Value(2)
	case 5:
		s["required"] = m.names()
	case 6:
		s["minimum"] = m.Number()
		if old {
			s["exclusiveMinimum"] = m.IntN(2) == 0
		}
	case 7:
		s["maximum"] = m.Number()
		if old {
			s["exclusiveMaximum"] = m.IntN(2) == 0
		}
	case 8:
		if !old {
			s[m.pick("exclusiveMinimum", "exclusiveMaximum")] = m.Number()
		}
	case 9:
		s["multipleOf"] = m.positive()
	case 10:
		s[m.pick("minLength", "maxLength")] = m.IntN(4)
	case 11:
		s[m.pick("minItems", "maxItems")] = m.IntN(4)
	case 12:
		s[m.pick("minProperties", "maxProperties")] = m.IntN(4)
	case 13:
		s["pattern"] = m.pick("^a", "b$", "^.$", "^.{2,3}$", "\ufffd", "é", "[0-9]", "")
	case 14:
		s["format"] = m.pick("date", "email", "ipv4", "ipv6", "uuid", "color", "duration", "nonsense", "regex", "uri", "json-pointer")
	case 15:
		s["dependencies"] = map[string]any{m.Name(): m.names()}
	case 16:
		s["dependentRequired"] = map[string]any{m.Name(): m.names()}
	case 17:
		s["$ref"] = m.pick("#/definitions/p", "#/definitions/q")
	case 18, 19, 20:
		s["properties"] = m.named(depth - 1)
	case 21:
		s["additionalProperties"] = m.IntN(3) == 0
	case 22:
		s["additionalProperties"] = m.schema(depth - 1)
	case 23, 24:
		s["items"] = m.schema(depth - 1)
	case 25:
		s["allOf"] = m.schemas(depth - 1)
	case 26:
		s["anyOf"] = m.schemas(depth - 1)
	case 27:
		s["oneOf"] = m.schemas(depth - 1)
	case 28:
		s["not"] = m.schema(depth - 1)
	case 29, 30:
		s["if"] = m.schema(depth - 1)
		s["then"] = m.schema(depth - 1)
		s["else"] = m.schema(depth - 1)
	case 31:
		s["propertyNames"] = m.schema(0)
	case 32:
		s["dependencies"] = m.named(depth - 1)
	case 33:
		s["dependentSchemas"] = m.named(depth - 1)
	}
}

func (m *Maker) foreignKeyword(s map[string]any, depth int) {
	switch m.IntN(6) {
	case 0:
		s["uniqueItems"] = true
	case 1:
		s["contains"] = m.schema(depth - 1)
	case 2:
		s["patternProperties"] = map[string]any{m.pick("^a", "b", "."): m.schema(depth - 1)}
	case 3:
		if !strings.Contains(m.draft, "2020") {
			s["items"] = m.schemas(depth - 1)
		}
	case 4:
		s["unevaluatedProperties"] = m.IntN(2) == 0
	case 5:
		s["prefixItems"] = m.schemas(depth - 1)
	}
}

func uniqueValues(list []any) (unique []any) {
	seen := map[string]bool{}
	for _, v := range list {
		if k := fmt.Sprintf("%T%v", v, v); !seen[k] {
			seen[k] = true
			unique = append(unique, v)
		}
	}
	return unique[:1+len(unique)/2]
}

// Document is a schema of any draft.
func (m *Maker) Document(depth int) map[string]any {
	m.draft = Drafts[m.IntN(len(Drafts))]
	root := map[string]any{"definitions": map[string]any{"p": m.schema(depth - 1), "q": m.schema(depth - 1)}}
	for range 2 + m.IntN(3) {
		m.keyword(root, depth)
	}
	if m.draft != "" {
		root["$schema"] = m.draft
	}
	return root
}

// Line writes a value with escapes here and there, lone surrogates included.
func (m *Maker) Line(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	s := string(text)
	for _, r := range [][2]string{{"a", `\u0061`}, {"é", `\u00e9`}, {"😀", `\ud83d\ude00`}, {"\ufffd", `\ud800`}, {"日", `\u65e5`}} {
		for strings.Contains(s, r[0]) && m.IntN(3) == 0 {
			if r[0] == "a" { // not within true and null
				s = strings.Replace(s, `"a`, `"`+r[1], 1)
			} else {
				s = strings.Replace(s, r[0], r[1], 1)
			}
			if m.IntN(2) == 0 {
				break
			}
		}
	}
	return s
}

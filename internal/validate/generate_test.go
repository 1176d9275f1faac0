package validate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// maker makes random schemas and values that have something to do with one
// another: few names, few values, all keywords.
type maker struct {
	*rand.Rand
	foreign bool // keywords that only v5 knows, too
	draft   string
}

var drafts = []string{
	"", "http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#",
	"http://json-schema.org/draft-07/schema", "https://json-schema.org/draft/2019-09/schema",
	"https://json-schema.org/draft/2020-12/schema",
}

func (m *maker) pick(list ...string) string { return list[m.IntN(len(list))] }

func (m *maker) name() string { return m.pick("a", "b", "c", "d", "é", "x/y", "~") }

func (m *maker) names() []any {
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

func (m *maker) number() json.Number {
	return json.Number(m.pick("0", "-0", "0.0", "1", "1.0", "10e-1", "1e0", "-1", "2", "2.5", "25e-1", "0.25", "3", "100", "1e2", "1E+2",
		"0.1", "0.3", "1.1", "-2.50", "12345678901234567890", "12345678901234567891", "123456789012345678901e-1", "1e-7", "1e300", "-1e-300", "1.5e400", "7", "999999999999999999"))
}

func (m *maker) positive() json.Number {
	return json.Number(m.pick("1", "2", "0.1", "0.5", "0.01", "3", "1e-7", "2.5", "1e20", "1e300"))
}

func (m *maker) text() string {
	return m.pick("", "a", "b", "ab", "abc", "é", "日本", "😀", "\ufffd", "\ufffdx", "a\nb", "\"", "2026-11-22", "a@b", "1.2.3.4", "::1", "x y", strings.Repeat("long", 20))
}

func (m *maker) value(depth int) any {
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
		return m.number()
	case 4, 5:
		return m.text()
	case 6:
		list := []any{}
		for range m.IntN(4) {
			list = append(list, m.value(depth-1))
		}
		return list
	}
	o := map[string]any{}
	for range m.IntN(5) {
		o[m.name()] = m.value(depth - 1)
	}
	return o
}

func (m *maker) schema(depth int) any {
	if m.IntN(12) == 0 && !strings.Contains(m.draft, "draft-04") {
		return m.IntN(4) != 0
	}
	s := map[string]any{}
	for range 1 + m.IntN(3) {
		m.keyword(s, depth)
	}
	return s
}

func (m *maker) schemas(depth int) []any {
	var list []any
	for range 1 + m.IntN(3) {
		list = append(list, m.schema(depth))
	}
	return list
}

func (m *maker) named(depth int) map[string]any {
	o := map[string]any{}
	for range 1 + m.IntN(3) {
		o[m.name()] = m.schema(depth)
	}
	return o
}

func (m *maker) keyword(s map[string]any, depth int) {
	old := strings.Contains(m.draft, "draft-04")
	n := m.IntN(34)
	if depth <= 0 {
		n = m.IntN(18)
	}
	if m.foreign && m.IntN(8) == 0 {
		m.foreignKeyword(s, depth)
	}
	switch n {
	case 0, 1:
		s["type"] = m.pick("null", "boolean", "integer", "number", "string", "array", "object")
	case 2:
		s["type"] = []any{m.pick("null", "integer", "string"), m.pick("boolean", "array", "object", "number")}
	case 3:
		s["enum"] = uniqueValues([]any{m.value(1), m.value(2), m.value(1)})
	case 4:
		s["const"] = m.value(2)
	case 5:
		s["required"] = m.names()
	case 6:
		s["minimum"] = m.number()
		if old {
			s["exclusiveMinimum"] = m.IntN(2) == 0
		}
	case 7:
		s["maximum"] = m.number()
		if old {
			s["exclusiveMaximum"] = m.IntN(2) == 0
		}
	case 8:
		if !old {
			s[m.pick("exclusiveMinimum", "exclusiveMaximum")] = m.number()
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
		s["dependencies"] = map[string]any{m.name(): m.names()}
	case 16:
		s["dependentRequired"] = map[string]any{m.name(): m.names()}
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

func (m *maker) foreignKeyword(s map[string]any, depth int) {
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

func (m *maker) document(depth int) map[string]any {
	m.draft = drafts[m.IntN(len(drafts))]
	root := map[string]any{"definitions": map[string]any{"p": m.schema(depth - 1), "q": m.schema(depth - 1)}}
	for range 2 + m.IntN(3) {
		m.keyword(root, depth)
	}
	if m.draft != "" {
		root["$schema"] = m.draft
	}
	return root
}

// line writes a value with escapes here and there, lone surrogates included.
func (m *maker) line(v any) string {
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

func TestAgreeOnRandom(t *testing.T) {
	m := &maker{Rand: rand.New(rand.NewPCG(1, 2))}
	var compiled, foreign, refused, valid, invalid int
	for n := range 3000 {
		m.foreign = n%10 == 0
		root := m.document(3)
		text, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		b, err := compileBoth(schemaOf(t, string(text)))
		if err != nil {
			refused++ // definitions that lead in a circle
			continue
		}
		if b.compiled.Compiled() {
			compiled++
		} else {
			foreign++
		}
		for k := range 12 {
			v := m.value(3)
			if k%2 == 0 {
				o := map[string]any{}
				for _, name := range []string{"a", "b", "c", "d", "é"} {
					if m.IntN(2) == 0 {
						o[name] = m.value(2)
					}
				}
				v = o
			}
			if _, ok := b.check(t, string(text), m.line(v)); ok {
				valid++
			} else {
				invalid++
			}
		}
	}
	t.Logf("%d compiled, %d judged by v5, %d refused; %d valid, %d invalid", compiled, foreign, refused, valid, invalid)
	if compiled < 1500 || foreign < 50 || refused > 1000 || valid < 5000 || invalid < 5000 {
		t.Error("the mix is off")
	}
}

package noninterference

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// maker makes up events from a schema's document. It follows what the document
// says as far as it is simple; whether an event is valid the schema's own check
// says afterwards.
type maker struct {
	writer
	root map[string]any
	id   string // of the document
}

// deepest is how deep made up values go.
const deepest = 5

// of appends a value that the schemas take, mostly.
func (m *maker) of(b []byte, all []map[string]any, depth int) []byte {
	for _, s := range all {
		if c, ok := s["const"]; ok {
			return m.literal(b, c)
		}
	}
	for _, s := range all {
		if list, ok := s["enum"].([]any); ok && len(list) > 0 {
			return m.literal(b, pick(m.Rand, list...))
		}
	}
	left := kinds(all)
	if depth <= 0 {
		if scalar := slices.DeleteFunc(slices.Clone(left), func(k string) bool { return k == "array" || k == "object" }); len(scalar) > 0 {
			left = scalar
		}
	}
	if len(left) == 0 {
		return m.anyValue(b, 1)
	}
	switch pick(m.Rand, left...) {
	case "null":
		return append(b, "null"...)
	case "boolean":
		return append(b, pick(m.Rand, "true", "false")...)
	case "integer":
		return m.numeric(b, all, true)
	case "number":
		return m.numeric(b, all, m.one(2))
	case "string":
		return m.text(b, m.string(all))
	case "array":
		return m.array(b, all, depth)
	}
	return m.object(b, all, depth)
}

// literal writes a value of the document in one of its ways.
func (m *maker) literal(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return m.text(b, v)
	case json.Number:
		if m.one(4) {
			return m.number(b, v.String())
		}
		return append(b, v.String()...)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, text...)
}

func bound(all []map[string]any, keyword string) (n *big.Rat) {
	for _, s := range all {
		if text, ok := s[keyword].(json.Number); ok && len(text) < 40 {
			if r, ok := new(big.Rat).SetString(text.String()); ok {
				n = r
			}
		}
	}
	return n
}

func count(all []map[string]any, keyword string, otherwise int) int {
	if n := bound(all, keyword); n != nil {
		f, _ := n.Float64()
		return int(min(f, 1000))
	}
	return otherwise
}

func (m *maker) numeric(b []byte, all []map[string]any, whole bool) []byte {
	least, most := bound(all, "minimum"), bound(all, "maximum")
	if n := bound(all, "exclusiveMinimum"); n != nil {
		least = new(big.Rat).Add(n, big.NewRat(1, 1))
	}
	if n := bound(all, "exclusiveMaximum"); n != nil {
		most = new(big.Rat).Sub(n, big.NewRat(1, 1))
	}
	step := bound(all, "multipleOf")
	if least == nil && most == nil && step == nil {
		if whole {
			return m.number(b, big.NewInt(int64(m.IntN(4_000_000)-1_000_000)>>m.IntN(22)).String())
		}
		return append(b, m.anyNumber()...)
	}
	switch {
	case least == nil && most == nil:
		least = new(big.Rat)
	case least == nil:
		least = new(big.Rat).Sub(most, big.NewRat(int64(m.IntN(50)), 1))
	}
	span := int64(50)
	if most != nil {
		if f, _ := new(big.Rat).Sub(most, least).Float64(); f < 50 {
			span = max(int64(f), 0)
		}
	}
	at := new(big.Rat).Add(least, big.NewRat(m.Int64N(span+1), 1))
	if step != nil && step.Sign() > 0 {
		q := new(big.Rat).Quo(at, step)
		n := new(big.Int).Div(q.Num(), q.Denom())
		at.Mul(new(big.Rat).SetInt(n.Add(n, big.NewInt(int64(m.IntN(2))))), step)
	}
	if at.IsInt() {
		return m.number(b, at.Num().String())
	}
	text := strings.TrimRight(at.FloatString(12), "0")
	return append(b, strings.TrimSuffix(text, ".")...)
}

func (m *maker) string(all []map[string]any) string {
	text := ""
	for _, s := range all {
		if pattern, ok := s["pattern"].(string); ok {
			text = m.matching(pattern)
		} else if list := formed[stringOf(s["format"])]; len(list) > 0 && !m.one(8) {
			text = pick(m.Rand, list...)
		}
	}
	if text == "" {
		text = m.anyText()
	}
	least, most := count(all, "minLength", 0), count(all, "maxLength", 1<<20)
	for utf8.RuneCountInString(text) < least {
		text += pick(m.Rand, "a", "0", "é")
	}
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:max(most, 0)])
	}
	return text
}

func stringOf(v any) string { s, _ := v.(string); return s }

func (m *maker) array(b []byte, all []map[string]any, depth int) []byte {
	least, most := count(all, "minItems", 0), count(all, "maxItems", 1<<20)
	n := min(max(least, m.IntN(4)), max(most, 0), 60)
	for _, s := range all { // a tuple is mostly whole
		for _, keyword := range []string{"prefixItems", "items"} {
			if list, ok := s[keyword].([]any); ok && m.one(2) {
				n = min(max(n, len(list)), max(most, 0))
			}
		}
	}
	b = append(b, '[')
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		var of []map[string]any
		for _, s := range all {
			of = m.item(of, s, i)
		}
		b = m.space(m.of(m.space(b), of, depth-1))
	}
	return append(b, ']')
}

// item adds what a schema says of an array's element.
func (m *maker) item(of []map[string]any, s map[string]any, i int) []map[string]any {
	rest := s["items"]
	tuple, ok := s["prefixItems"].([]any)
	if list, is := rest.([]any); is {
		tuple, ok, rest = list, true, s["additionalItems"]
	}
	if ok && i < len(tuple) {
		of = m.facts(of, tuple[i], 3)
	} else {
		of = m.facts(of, rest, 3)
	}
	if contains, ok := s["contains"]; ok && (i == 0 || m.one(3)) {
		of = m.facts(of, contains, 3)
	}
	return of
}

func (m *maker) object(b []byte, all []map[string]any, depth int) []byte {
	names := m.names(all, depth)
	m.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(m.space(m.text(m.space(b), name)), ':')
		b = m.space(m.of(m.space(b), m.member(all, name), depth-1))
	}
	return append(b, '}')
}

// names are the members that an object gets.
func (m *maker) names(all []map[string]any, depth int) []string {
	have := map[string]bool{}
	open := true
	for _, s := range all {
		properties, _ := s["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			if properties[name] != false && (depth > 0 && !m.one(3) || m.one(5)) {
				have[name] = true
			}
		}
		if s["additionalProperties"] == false || s["unevaluatedProperties"] == false {
			open = false
		}
		patterns, _ := s["patternProperties"].(map[string]any)
		for _, pattern := range slices.Sorted(maps.Keys(patterns)) {
			for range m.IntN(3) {
				have[m.matching(pattern)] = true
			}
		}
	}
	if open && m.one(2) {
		for range m.IntN(4) {
			have[m.anyName()] = true
		}
	}
	for _, s := range all {
		required, _ := s["required"].([]any)
		for _, name := range required {
			have[stringOf(name)] = true
		}
		for _, keyword := range []string{"dependencies", "dependentRequired"} {
			needs, _ := s[keyword].(map[string]any)
			for _, name := range slices.Sorted(maps.Keys(needs)) {
				list, _ := needs[name].([]any)
				for _, other := range list {
					if have[name] {
						have[stringOf(other)] = true
					}
				}
			}
		}
	}
	for least := count(all, "minProperties", 0); len(have) < least && open; {
		have[m.anyName()] = true
	}
	return slices.Sorted(maps.Keys(have))
}

// member is what the schemas say of a member's value.
func (m *maker) member(all []map[string]any, name string) (of []map[string]any) {
	for _, s := range all {
		properties, _ := s["properties"].(map[string]any)
		described := false
		if sub, ok := properties[name]; ok {
			of, described = m.facts(of, sub, 3), true
		}
		patterns, _ := s["patternProperties"].(map[string]any)
		for _, pattern := range slices.Sorted(maps.Keys(patterns)) {
			if len(pattern) < 3 || strings.Contains(name, strings.Trim(pattern, "^$._")) {
				of, described = m.facts(of, patterns[pattern], 3), true
			}
		}
		if !described {
			of = m.facts(of, s["additionalProperties"], 3)
		}
	}
	return of
}

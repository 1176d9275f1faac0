package validate

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"jupyter-events-agent/internal/generate"
	"jupyter-events-agent/internal/jsonscan"
)

// FuzzAgree compiles a schema and has the nodes and v5 judge a line and lines
// made from it: the verdicts must be equal.
func FuzzAgree(f *testing.F) {
	for _, c := range tableOfKeywords {
		f.Add(c.schema, c.line, uint64(0))
	}
	m := &maker{generate.Maker{Rand: rand.New(rand.NewPCG(3, 4))}}
	for n := range 100 {
		m.Foreign = n%4 == 0
		schema, err := json.Marshal(m.Document(3))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(schema), m.Line(m.Value(3)), uint64(n))
	}
	f.Fuzz(func(t *testing.T, schema, line string, seed uint64) {
		root, err := decodeText(schema)
		if err != nil || len(schema) > 1<<14 || len(line) > 1<<14 {
			return
		}
		b, err := compileBoth(root)
		if err != nil {
			return
		}
		if _, err := b.scanner.Scan(nil, []byte(line)); err != nil {
			return
		}
		b.agree(t, schema, line)
		m := &maker{generate.Maker{Rand: rand.New(rand.NewPCG(seed, 5))}}
		event, err := decodeText(line)
		if err != nil {
			t.Fatalf("scanned, but %v: %s", err, line)
		}
		for range 8 {
			b.agree(t, schema, m.Line(m.mutate(event)))
		}
	})
}

func (b *both) agree(t *testing.T, schema, line string) {
	switch {
	case !b.compiled.Compiled():
		b.compiled.Validate([]byte(line), b.scan(t, line)) // must return
	case b.compiled.recursive && strings.Count(line, "{")+strings.Count(line, "[") > 12:
		// The twin has no limit to its effort.
	default:
		b.check(t, schema, line)
	}
}

// mutate is v with something changed somewhere.
func (m *maker) mutate(v any) any {
	switch v := v.(type) {
	case []any:
		if m.IntN(3) == 0 || len(v) == 0 {
			break
		}
		list := append([]any{}, v...)
		i := m.IntN(len(list))
		if m.IntN(4) == 0 {
			return append(list[:i], list[i+1:]...)
		}
		list[i] = m.mutate(list[i])
		return list
	case map[string]any:
		if m.IntN(6) == 0 {
			break
		}
		o := map[string]any{}
		names := sorted(v)
		for _, name := range names {
			o[name] = v[name]
		}
		switch {
		case len(names) == 0 || m.IntN(4) == 0:
			o[m.Name()] = m.Value(1)
		case m.IntN(3) == 0:
			delete(o, names[m.IntN(len(names))])
		default:
			name := names[m.IntN(len(names))]
			o[name] = m.mutate(o[name])
		}
		return o
	case json.Number:
		if m.IntN(2) == 0 {
			return m.Number()
		}
	case string:
		if m.IntN(2) == 0 {
			return v + m.Text()
		}
	}
	return m.Value(2)
}

// TestOffIsAbsent: members that package schema took off count nowhere.
func TestOffIsAbsent(t *testing.T) {
	for _, c := range []struct {
		schema string
		want   bool
	}{
		{`{"required":["__a__"]}`, false},
		{`{"properties":{"__a__":{"type":"null"}}}`, true},
		{`{"additionalProperties":false,"properties":{"b":{}}}`, true},
		{`{"additionalProperties":{"type":"null"}}`, true},
		{`{"maxProperties":1}`, true},
		{`{"minProperties":2}`, false},
		{`{"propertyNames":{"maxLength":1}}`, true},
		{`{"const":{"b":null}}`, true},
		{`{"enum":[{"b":null,"__a__":1}]}`, false},
		{`{"dependencies":{"__a__":["x"]}}`, true},
		{`{"if":{"required":["__a__"]},"then":false}`, true},
		{`{"patternProperties":{"^__":false}}`, true},
	} {
		b, err := compileBoth(schemaOf(t, c.schema))
		if err != nil {
			t.Fatal(err)
		}
		line := `{"__a__":1,"b":null}`
		tape := b.scan(t, line)
		tape[1].Flags |= jsonscan.Off
		for name, v := range map[string]*Validator{"compiled": b.compiled, "v5": b.judged} {
			if violation, ok := v.Validate([]byte(line), tape); ok != c.want {
				t.Errorf("%s: %s: %v %v", c.schema, name, ok, violation)
			}
		}
	}
}

// TestLargestNumbers are the worst that the scan lets through: they must
// neither panic nor cost much, in either judge.
func TestLargestNumbers(t *testing.T) {
	digits := make([]byte, jsonscan.MaxNumber)
	for i := range digits {
		digits[i] = '9'
	}
	for _, number := range []string{string(digits), "1e400", "-1e-400", "0." + string(digits[2:]), string(digits[5:]) + "e400", "0e400"} {
		for _, schema := range []string{
			`{"type":"integer"}`, `{"minimum":0.1,"maximum":1e400,"multipleOf":1e-400}`, `{"enum":[1e400,` + string(digits) + `]}`, `{"multipleOf":0.3}`,
			`{"uniqueItems":true,"type":"integer","multipleOf":0.7,"minimum":1e-400}`,
		} {
			b, err := compileBoth(schemaOf(t, schema))
			if err != nil {
				t.Fatal(err)
			}
			b.check(t, schema, number)
		}
	}
}

// TestPanicIsAViolation: whatever v5 does, the agent goes on.
func TestPanicIsAViolation(t *testing.T) {
	v := &Validator{} // without a schema v5 panics
	tape, err := jsonscan.NewScanner(nil).Scan(nil, []byte(`1`))
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := v.Validate([]byte(`1`), tape); ok || got.Keyword != "internal" {
		t.Errorf("%v %v", got, ok)
	}
}

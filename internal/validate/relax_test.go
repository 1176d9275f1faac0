package validate

import (
	"encoding/json"
	"hash/fnv"
	"math/rand/v2"
	"testing"

	"jupyter-events-agent/internal/generate"
	"jupyter-events-agent/internal/jsonscan"
)

// relaxBoth is compileBoth of the relaxed schema.
func relaxBoth(root any, lack func(doc int, pointer string) Lack) (*both, error) {
	names := &jsonscan.Names{}
	c := NewCompiler(names, []Document{{ID: "https://example.org/s", Root: root}})
	if _, err := c.Compile(0); err != nil { // as Load does, before lines are scanned
		return nil, err
	}
	before := names.Len()
	v, err := c.Relaxed(0, lack)
	if err != nil {
		return nil, err
	}
	if names.Len() != before {
		panic("names were added while lines are scanned")
	}
	return &both{compiled: v, judged: &Validator{judge: v.judge, known: v.known}, scanner: jsonscan.NewScanner(names)}, nil
}

// anyLack is a lack that hangs on nothing but the pointer, the name and the seed.
func anyLack(seed byte) func(int, string) Lack {
	odds := func(text string, in uint64) bool {
		h := fnv.New64a()
		_, _ = h.Write(append([]byte(text), seed))
		return h.Sum64()%in == 0
	}
	return func(_ int, pointer string) Lack {
		return Lack{
			Absent:  func(name string) bool { return odds(pointer+"/"+name, 3) },
			Emptied: odds(pointer, 4),
		}
	}
}

// TestRelaxedAgrees: of a relaxed schema too v5 is the judge, and what is valid
// whole stays valid.
func TestRelaxedAgrees(t *testing.T) {
	m := &maker{generate.Maker{Rand: rand.New(rand.NewPCG(5, 6))}}
	var compiled, foreign, valid, freed, invalid int
	for n := range 500 {
		m.Foreign = n%8 == 0
		text, err := json.Marshal(m.Document(3))
		if err != nil {
			t.Fatal(err)
		}
		strict, err := compileBoth(schemaOf(t, string(text)))
		if err != nil {
			continue // definitions that lead in a circle
		}
		relaxed, err := relaxBoth(schemaOf(t, string(text)), anyLack(byte(n)))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if relaxed.compiled.Compiled() {
			compiled++
		} else {
			foreign++
		}
		for range 12 {
			o := map[string]any{}
			for _, name := range []string{"a", "b", "c", "d", "é"} {
				if m.IntN(2) == 0 {
					o[name] = m.Value(2)
				}
			}
			line := m.Line(o)
			_, whole := strict.check(t, string(text), line)
			switch _, ok := relaxed.check(t, string(text), line); {
			case whole && !ok:
				t.Fatalf("valid, and no more when relaxed\nschema %s\nline   %s", text, line)
			case whole:
				valid++
			case ok:
				freed++
			default:
				invalid++
			}
		}
	}
	t.Logf("%d compiled, %d judged by v5; %d valid, %d by being relaxed, %d invalid", compiled, foreign, valid, freed, invalid)
	if compiled < 300 || foreign < 20 || valid < 1000 || freed < 300 || invalid < 1000 {
		t.Error("the mix is off")
	}
}

// TestRelaxed: what is waived where a may be absent and arrays may be empty,
// and what is not.
func TestRelaxed(t *testing.T) {
	lack := func(int, string) Lack {
		return Lack{Absent: func(name string) bool { return name == "a" }, Emptied: true}
	}
	for _, c := range []struct {
		schema, line string
		valid        bool
	}{
		{`{"required":["a","b"]}`, `{"b":1}`, true},
		{`{"required":["a","b"]}`, `{"a":1}`, false},
		{`{"properties":{"a":{"type":"string"}}}`, `{"a":1}`, false},
		{`{"properties":{"x":{"required":["a"]}}}`, `{"x":{}}`, true},
		{`{"dependencies":{"b":["a","c"]}}`, `{"b":1,"c":1}`, true},
		{`{"dependencies":{"b":["a","c"]}}`, `{"b":1}`, false},
		{`{"minProperties":2}`, `{"b":1}`, true},
		{`{"properties":{"b":{"minItems":1}}}`, `{"b":[]}`, true},
		{`{"properties":{"b":{"maxItems":1}}}`, `{"b":[1,2]}`, false},
		{`{"properties":{"b":{"contains":{"const":1}}}}`, `{"b":[]}`, true},
		{`{"properties":{"b":{"const":{"a":1}}}}`, `{"b":{}}`, true},
		{`{"properties":{"b":{"enum":[1,2]}}}`, `{"b":3}`, false},
		{`{"properties":{"b":{"uniqueItems":true}}}`, `{"b":[{},{}]}`, true},
		{`{"properties":{"b":{"uniqueItems":true,"items":{"type":"string"}}}}`, `{"b":["x","x"]}`, false},
		{`{"oneOf":[{"required":["a"]},{"required":["b"]}]}`, `{"b":1}`, true},
		{`{"oneOf":[{"required":["c"]},{"required":["b"]}]}`, `{"b":1,"c":1}`, false},
		{`{"not":{"required":["a"]}}`, `{"b":1}`, true},
		{`{"not":{"required":["b"]}}`, `{"b":1}`, false},
		{`{"if":{"properties":{"a":{"const":1}}},"then":{"required":["b"]}}`, `{}`, true},
		{`{"if":{"properties":{"c":{"const":1}}},"then":{"required":["b"]}}`, `{"c":1}`, false},
		{`{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}`, `{"c":1}`, true},
		{`{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}`, `{"d":1}`, false},
		{`{"additionalProperties":false,"properties":{"a":{}}}`, `{"z":1}`, false},
		{`{"$schema":"https://json-schema.org/draft/2020-12/schema","unevaluatedProperties":false}`, `{"z":1}`, true},
	} {
		b, err := relaxBoth(schemaOf(t, c.schema), lack)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := b.check(t, c.schema, c.line); ok != c.valid {
			t.Errorf("%s of %s: %v %v", c.schema, c.line, ok, v)
		}
	}
}

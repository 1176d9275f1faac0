package validate

import (
	"encoding/json"
	"jupyter-events-agent/internal/generate"
	"math/rand/v2"
	"testing"
)

// sample is a schema's sample as JSON; "" where it has none.
func sample(t testing.TB, schema string, leave func(string) bool) string {
	t.Helper()
	b, err := compileBoth(schemaOf(t, schema))
	if err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	value, ok := b.compiled.Sample(leave)
	if !ok {
		return ""
	}
	line, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := b.check(t, schema, string(line)); !ok {
		t.Errorf("the sample is not valid\nschema %s\nsample %s", schema, line)
	}
	return string(line)
}

func TestSample(t *testing.T) {
	for _, c := range []struct{ schema, want string }{
		{`true`, `"example-event"`},
		{`false`, ``},
		{`{"type": "object"}`, `{}`},
		{`{"properties": {"b": {"type": "string"}, "a": {"type": "integer"}}}`, `{"a":42,"b":"example-b"}`},
		{`{"properties": {"a": {"const": null}, "b": {"enum": ["x", "y"]}, "c": {"type": ["null", "boolean"]}, "d": {"type": "null"}}}`, `{"a":null,"b":"x","c":true,"d":null}`},
		{`{"properties": {"user": {"properties": {"name": {"type": "string"}}}, "team": {"properties": {"name": {"type": "string"}}}}}`, `{"team":{"name":"example-name"},"user":{"name":"example-name-2"}}`},
		// Nothing that may be somebody's.
		{`{"properties": {"a": {"type": "string", "default": "ada", "examples": ["ada"], "title": "ada", "description": "ada"}}}`, `{"a":"example-a"}`},
		// Names that say what form their values have, and formats.
		{`{"properties": {"path": {"type": "string"}, "user_email": {"type": "string"}, "ip": {"type": "string"}}}`, `{"ip":"192.0.2.17","path":"example/path.ipynb","user_email":"user_email@example.org"}`},
		{`{"properties": {"a": {"format": "ipv6"}, "b": {"type": "string", "format": "date-time"}, "c": {"type": "string", "format": "uuid"}, "d": {"type": "string", "format": "email"}}}`,
			`{"a":"2001:db8:12:34::17","b":"2026-01-02T03:04:05Z","c":"12345678-1234-4234-8234-123456789abc","d":"someone@example.org"}`},
		// Lengths, patterns, bounds.
		{`{"properties": {"a": {"type": "string", "maxLength": 3}, "b": {"type": "string", "minLength": 12}, "c": {"type": "string", "maxLength": 0}}}`, `{"a":"exa","b":"example-bxxx","c":""}`},
		{`{"type": "string", "pattern": "^[a-f0-9]{8}-(x|y)+\\.log?$"}`, `"aaaaaaaa-x.log"`},
		{`{"type": "string", "pattern": "^v\\d+$", "minLength": 6}`, `"v111111"`},
		{`{"properties": {"a": {"minimum": 100}, "b": {"maximum": 7, "type": "integer"}, "c": {"exclusiveMinimum": 0, "exclusiveMaximum": 1}, "d": {"multipleOf": 5}, "e": {"type": "integer", "minimum": -3, "maximum": -3}}}`,
			`{"a":100,"b":7,"c":0.5,"d":0,"e":-3}`},
		// Arrays.
		{`{"type": "array", "items": {"type": "string"}}`, `["example-event"]`},
		{`{"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": true}`, `["example-event","example-event-2"]`},
		{`{"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "uniqueItems": true}`, `[1,2,3]`},
		{`{"type": "array", "items": [{"type": "string"}, {"type": "integer"}], "additionalItems": false}`, `["example-event",43]`},
		{`{"type": "array", "maxItems": 0}`, `[]`},
		{`{"type": "array", "contains": {"const": 5}}`, `[5]`},
		// Several ways at once.
		{`{"allOf": [{"properties": {"a": {"minimum": 5}}}, {"properties": {"a": {"maximum": 6}}, "required": ["b"]}]}`, `{"a":5,"b":"example-b"}`},
		{`{"definitions": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/definitions/n"}}}`, `{"a":42}`},
		{`{"properties": {"kind": {"type": "string"}}, "oneOf": [{"properties": {"kind": {"const": "x"}, "x": {"type": "integer"}}, "required": ["x"]}, {"properties": {"kind": {"const": "y"}}}]}`, `{"kind":"x","x":42}`},
		{`{"properties": {"a": {"enum": ["on", "off"]}, "b": {"type": "integer"}}, "if": {"properties": {"a": {"const": "on"}}}, "then": {"not": {"required": ["b"]}}, "else": {"required": ["c"]}}`, `{"a":"on","c":"example-c"}`},
		{`{"properties": {"a": {}, "b": {}}, "not": {"required": ["a", "b"]}}`, `{"a":"example-a"}`},
		{`{"properties": {"a": {"type": "integer"}}, "dependencies": {"a": ["b"]}}`, `{"a":42,"b":"example-b"}`},
		{`{"properties": {"a": {}, "b": {}, "c": {}}, "maxProperties": 2}`, `{"a":"example-a","b":"example-b"}`},
		{`{"type": "object", "minProperties": 2}`, `{"example1":"example-example1","example2":"example-example2"}`},
		// Members that no name declares.
		{`{"type": "object", "patternProperties": {"^x-[a-z]+$": {"type": "integer"}}, "additionalProperties": {"type": "boolean"}}`, `{"example":true,"x-a":42}`},
		{`{"type": "object", "additionalProperties": false, "properties": {"a": {}}}`, `{"a":"example-a"}`},
		// What holds itself.
		{`{"properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}}}`, `{"children":[],"name":"example-name"}`},
		{`{"properties": {"next": {"$ref": "#"}, "n": {"type": "integer"}}}`, `{"n":42}`},
		{`{"properties": {"next": {"$ref": "#"}}, "required": ["next"]}`, `{"next":[]}`},
		{`{"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}`, ``},
	} {
		if got := sample(t, c.schema, nil); got != c.want {
			t.Errorf("%s\ngives %s\nwant  %s", c.schema, got, c.want)
		}
	}
	leave := func(name string) bool { return name == "a" }
	if got := sample(t, `{"properties": {"a": {}, "b": {"properties": {"a": {}}}}}`, leave); got != `{"b":{"a":"example-a"}}` {
		t.Errorf("with the top-level a left out: %s", got)
	}
}

// TestSamplesOfRandomSchemas: whatever comes out is valid by both judges, is the
// same again, and comes for most schemas that can have a value.
func TestSamplesOfRandomSchemas(t *testing.T) {
	m := &maker{generate.Maker{Rand: rand.New(rand.NewPCG(5, 7)), Foreign: true}}
	made, possible := 0, 0
	for range 600 {
		root := m.Document(3)
		b, err := compileBoth(root)
		if err != nil {
			continue
		}
		text, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		value, ok := b.compiled.Sample(nil)
		if !ok {
			possible += has(t, b, m)
			continue
		}
		made++
		line, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := b.check(t, string(text), string(line)); !ok {
			t.Fatalf("the sample is not valid\nschema %s\nsample %s", text, line)
		}
		again, _ := b.compiled.Sample(nil)
		if second, err := json.Marshal(again); err != nil || string(second) != string(line) {
			t.Fatalf("another sample the second time\nschema %s\nsamples %s %s", text, line, second)
		}
	}
	t.Logf("%d samples, %d schemas without one that have a value", made, possible)
	if made < 400 || possible > made/20 {
		t.Errorf("%d samples, and %d schemas have none although a value was found by chance", made, possible)
	}
}

// has is 1 where a value is found by chance.
func has(t *testing.T, b *both, m *maker) int {
	t.Helper()
	for range 20 {
		line := m.Line(m.Value(3))
		tape, err := b.scanner.Scan(nil, []byte(line))
		if err != nil {
			continue
		}
		if _, ok := b.compiled.Validate([]byte(line), tape); ok {
			return 1
		}
	}
	return 0
}

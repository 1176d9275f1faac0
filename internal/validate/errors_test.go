package validate

import (
	"strings"
	"testing"

	"jupyter-events-agent/internal/jsonscan"
)

func TestWhatCannotBeCompiled(t *testing.T) {
	other := Document{ID: "https://example.org/other", Root: schemaOf(t, `{"definitions":{"x":{"type":"string"}}}`)}
	for _, c := range []struct {
		schema string
		parts  []string // that the error names
	}{
		{`{"properties":{"a":{"$ref":"#/definitions/none"}}}`, []string{"/properties/a/$ref", "#/definitions/none", "[schemas] paths"}},
		{`{"allOf":[{"$ref":"https://example.org/missing"}]}`, []string{"/allOf/0/$ref", "https://example.org/missing", "nothing is fetched"}},
		{`{"items":{"$ref":"file:///etc/passwd"}}`, []string{"/items/$ref", "nothing is fetched"}},
		{`{"items":{"$ref":"other.json#/a"}}`, []string{"/items/$ref", "other.json#/a"}},
		{`{"items":{"$ref":"https://example.org/other#/definitions/y"}}`, []string{"/items/$ref", "#/definitions/y"}},
		{`{"properties":{"a~/b":{"pattern":"(?=x)"}}}`, []string{"/properties/a~0~1b/pattern", "lookahead"}},
		{`{"patternProperties":{"(":{}}}`, []string{"/patternProperties", "missing closing"}},
		{`{"type":"strin"}`, []string{"/type", "not a valid JSON Schema"}},
		{`{"properties":{"a":{"minLength":-1}}}`, []string{"/properties/a/minLength"}},
		{`{"required":"a"}`, []string{"/required"}},
		{`{"$schema":"https://example.org/my-draft"}`, []string{"/$schema", "draft-07"}},
		{`{"$schema":"http://json-schema.org/draft-03/schema#"}`, []string{"/$schema", "draft-04"}},
		{`{"definitions":{"a":{"$ref":"#/definitions/a"}},"$ref":"#/definitions/a"}`, []string{"itself", "put properties or items"}},
		{`{"definitions":{"a":{"allOf":[{"$ref":"#/definitions/b"}]},"b":{"anyOf":[{"$ref":"#/definitions/a"}]}},"properties":{"x":{"$ref":"#/definitions/a"}}}`, []string{"itself"}},
		{`{"properties":{"a":{"minimum":1e401}}}`, []string{"/properties/a/minimum", "±400"}},
		{`{"properties":{"a":{"enum":[1e999999999]}}}`, []string{"/properties/a/enum/0", "±400"}},
		{`{"const":` + strings.Repeat("1", 4301) + `}`, []string{"/const", "4300"}},
		{`[]`, []string{"not a valid JSON Schema"}},
		{`{"$schema":5}`, []string{"$schema"}},
		{`{"$schema":"http://json-schema.org/draft-04/schema#","properties":{"a":true}}`, []string{"/properties/a"}},
		{`{"$ref":"%"}`, []string{"%"}},
	} {
		docs := []Document{{ID: "https://example.org/s", File: "s.json", Root: schemaOf(t, c.schema)}, other}
		v, err := NewCompiler(&jsonscan.Names{}, docs).Compile(0)
		if err == nil {
			t.Errorf("%.80s: compiled is %v", c.schema, v.Compiled())
			continue
		}
		for _, part := range append(c.parts, "s.json") {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%.80s: %v\nlacks %q", c.schema, err, part)
			}
		}
	}
}

func TestReferencesAmongDocuments(t *testing.T) {
	names := &jsonscan.Names{}
	docs := []Document{
		{ID: "https://example.org/a", Root: schemaOf(t, `{"$id":"https://example.org/a#","properties":{"x":{"$ref":"b#/definitions/n"},"y":{"$ref":"urn:c"},"z":{"$ref":"#local"}},"definitions":{"l":{"$id":"#local","type":"null"}}}`)},
		{ID: "https://example.org/b", Root: schemaOf(t, `{"definitions":{"n":{"type":"integer"}}}`)},
		{ID: "also-known", Root: schemaOf(t, `{"$id":"urn:c","type":"string"}`)},
		{ID: "hub.example.org/action", Root: schemaOf(t, `{"$id":"hub.example.org/action","properties":{"a":{"$ref":"#/definitions/d"},"b":{"$ref":"other"}},"definitions":{"d":{"type":"boolean"}}}`)},
		{ID: "hub.example.org/other", Root: schemaOf(t, `{"id":"hub.example.org/other","enum":[1]}`)},
		{ID: "", Root: schemaOf(t, `{"properties":{"a":{"$ref":"#"},"n":{"type":"null"}}}`)},
		{ID: "https://example.org/b", Root: schemaOf(t, `{"properties":{"n":{"type":"string"}}}`)}, // the second of its id is itself all the same
	}
	c := NewCompiler(names, docs)
	var all []*Validator
	for i := range docs {
		v, err := c.Compile(i)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	scanner := jsonscan.NewScanner(names)
	for _, c := range []struct {
		doc  int
		line string
		want Violation
	}{
		{0, `{"x":1,"y":"","z":null}`, Violation{}},
		{0, `{"x":1.5}`, Violation{"type", "/x"}},
		{0, `{"y":1}`, Violation{"type", "/y"}},
		{0, `{"z":1}`, Violation{"type", "/z"}},
		{3, `{"a":1}`, Violation{"type", "/a"}},
		{3, `{"b":2}`, Violation{"enum", "/b"}},
		{5, `{"a":{"a":{"n":1}}}`, Violation{"type", "/a/a/n"}},
		{6, `{"n":1}`, Violation{"type", "/n"}},
	} {
		tape, err := scanner.Scan(nil, []byte(c.line))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := all[c.doc].Validate([]byte(c.line), tape); got != c.want || ok != (c.want == Violation{}) {
			t.Errorf("%d %s: %v %v", c.doc, c.line, got, ok)
		}
	}
}

// Names belong to the whole registry; one that no schema has room for is an
// error and not a member that nobody sees.
func TestNamesAreUsedUp(t *testing.T) {
	names := &jsonscan.Names{}
	for i := range jsonscan.MaxNames {
		names.Add(strings.Repeat("x", i%7) + string(rune('a'+i%26)) + string(rune(0x4e00+i/26)))
	}
	for names.Len() < jsonscan.MaxNames {
		names.Add(strings.Repeat("y", 1+jsonscan.MaxNames-names.Len()))
	}
	for _, schema := range []string{`{"required":["new"]}`, `{"required":["new"],"uniqueItems":true}`, `{"const":{"new":1}}`} {
		_, err := NewCompiler(names, []Document{{File: "s.json", Root: schemaOf(t, schema)}}).Compile(0)
		if err == nil || !strings.Contains(err.Error(), "load fewer") {
			t.Errorf("%s: %v", schema, err)
		}
	}
}

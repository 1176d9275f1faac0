package schema

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/jsonscan"
)

// TestPlacesAreTrue: what a place says of its values (Types, Closed, Enum,
// Bounded, Required) holds for every event that the validator takes, in all
// drafts: what goes into labels and the names of files rests on it.
func TestPlacesAreTrue(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 2))
	dir := t.TempDir()
	path := filepath.Join(dir, "s.json")
	said := map[string]int{}
	for round := range 500 {
		g := &trueSchemas{random, round % len(trueDrafts)}
		id := "$id"
		if g.draft == 0 {
			id = "id"
		}
		root := map[string]any{"$schema": trueDrafts[g.draft], id: "urn:random", "version": "1", "properties": map[string]any{
			"a": g.schema(0), "b": g.schema(0), "c": g.schema(1),
		}, "definitions": map[string]any{"x": g.schema(1), "y": g.schema(2)}}
		if random.IntN(8) == 0 {
			root["$ref"] = "#/definitions/x"
		}
		if err := os.WriteFile(path, []byte(compact(root)), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Load(Config{Paths: []string{path}})
		if err != nil { // a reference that goes in a circle without going deeper
			continue
		}
		s := r.Schemas()[0]
		said["schemas"]++
		c, err := r.Checker(Rules{Source: &inputs.Source{Input: "i", Trusted: true}})
		if err != nil {
			t.Fatal(err)
		}
		arena, e := &Arena{}, &Event{}
		for range 300 {
			var b strings.Builder
			b.WriteString(`{"__schema__":"urn:random","__schema_version__":"1","__metadata_version__":1,"__timestamp__":"2026-01-01T00:00:00Z"`)
			for _, name := range []string{"a", "b", "c"} {
				if random.IntN(6) > 0 {
					fmt.Fprintf(&b, `,%q:%s`, name, g.value(0))
				}
			}
			line := b.String() + "}"
			arena.Reset()
			if c.Check(&inputs.Line{Raw: []byte(line), End: 9}, arena, e) != nil {
				continue
			}
			said["events"]++
			if untrue := untrue(s, []byte(line), e.Tape(), said); untrue != "" {
				t.Fatalf("schema %s\nevent %s\n%s", compact(root), line, untrue)
			}
		}
	}
	for _, what := range []string{"schemas", "events", "closed", "bounded", "required", "typed"} {
		if said[what] < 100 {
			t.Errorf("too little was tried: %v", said)
			break
		}
	}
}

// untrue is what places say of the values of a valid event, and what does not hold.
func untrue(s *Schema, line []byte, tape []jsonscan.Token, said map[string]int) string {
	for i := range tape {
		token, p := &tape[i], &s.Places()[tape[i].Place]
		if p.ID == Undeclared || token.Flags&jsonscan.Off != 0 {
			continue
		}
		var v any
		d := json.NewDecoder(strings.NewReader(string(token.Value(line))))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			return err.Error()
		}
		types := typeOf(v)
		switch {
		case p.Types&types == 0:
			return fmt.Sprintf("%s is %s, which is none of its types", p.Identity, compact(v))
		case p.Closed && len(p.Enum) > 0 && !slices.Contains(p.Enum, compact(v)):
			return fmt.Sprintf("%s is %s, and not of %v", p.Identity, compact(v), p.Enum)
		case p.Closed && len(p.Enum) == 0 && types&(BooleanType|NullType) == 0:
			return fmt.Sprintf("%s is %s, which is no list's", p.Identity, compact(v))
		case p.Bounded && types&(IntegerType|NullType) == 0:
			return fmt.Sprintf("%s is %s, which is not bounded", p.Identity, compact(v))
		}
		for what, is := range map[string]bool{"closed": p.Closed, "bounded": p.Bounded, "typed": p.Types != AnyType && p.ID != Root} {
			if is {
				said[what]++
			}
		}
		members, isObject := v.(map[string]any)
		for _, c := range p.Children {
			if c := &s.Places()[c]; c.Required && isObject {
				said["required"]++
				if _, there := members[c.Name]; !there {
					return fmt.Sprintf("%s is not there", c.Identity)
				}
			}
		}
	}
	return ""
}

var trueDrafts = []string{
	"http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#", "http://json-schema.org/draft-07/schema#",
	"https://json-schema.org/draft/2019-09/schema", "https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/schema",
}

// trueSchemas makes schemas that say much of few values, and such values.
type trueSchemas struct {
	*rand.Rand
	draft int // of trueDrafts
}

func (g *trueSchemas) schema(depth int) map[string]any {
	s := map[string]any{}
	subs := func() []any { return []any{g.schema(depth + 1), g.schema(depth + 1)} }
	values := func() []any {
		var all []any
		for range 1 + g.IntN(3) {
			all = append(all, []any{"x", "y", json.Number("0"), json.Number("1"), true, nil}[g.IntN(6)])
		}
		slices.SortFunc(all, func(a, b any) int { return strings.Compare(compact(a), compact(b)) })
		return slices.CompactFunc(all, func(a, b any) bool { return compact(a) == compact(b) })
	}
	types := []string{"string", "boolean", "integer", "null", "object", "array"}
	for range 1 + g.IntN(2) {
		if n := g.IntN(14); depth < 3 || n < 5 {
			switch n {
			case 0:
				s["type"] = types[g.IntN(len(types))]
			case 1:
				s["enum"] = values()
			case 2:
				s["const"] = values()[0]
			case 3:
				s["type"], s["minimum"], s["maximum"] = "integer", 0, 1
			case 4:
				s["$ref"] = []string{"#/definitions/x", "#/definitions/y"}[g.IntN(2)]
			case 5, 6:
				s["anyOf"] = subs()
			case 7:
				s["oneOf"] = subs()
			case 8, 9:
				s["allOf"] = subs()
			case 10:
				s["type"] = "object"
				s["properties"], s["required"] = map[string]any{"a": g.schema(depth + 1), "b": g.schema(depth + 1)}, []string{[]string{"a", "b"}[g.IntN(2)]}
			case 11:
				s["additionalProperties"], s["patternProperties"] = g.schema(depth+1), map[string]any{"^[ad]": g.schema(depth + 1)}
			case 12:
				s["items"] = g.schema(depth + 1)
				if g.IntN(2) == 0 {
					s["prefixItems"] = subs()
				}
			case 13:
				s["not"], s["if"] = g.schema(depth+1), g.schema(depth+1)
			}
		}
	}
	return s
}

func (g *trueSchemas) value(depth int) string {
	n := g.IntN(12)
	switch {
	case depth > 2 || n < 7:
		return []string{`"x"`, `"y"`, `"z"`, "0", "1", "2", "true", "null"}[g.IntN(8)]
	case n < 11:
		var all []string
		for _, name := range []string{"a", "b", "d", "e"} {
			if g.IntN(2) == 0 {
				all = append(all, fmt.Sprintf("%q:%s", name, g.value(depth+1)))
			}
		}
		return "{" + strings.Join(all, ",") + "}"
	}
	return []string{"[]", "[" + g.value(depth+1) + "]", "[" + g.value(depth+1) + "," + g.value(depth+1) + "," + g.value(depth+1) + "]"}[g.IntN(3)]
}

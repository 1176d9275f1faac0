package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// TestNoWiderTakesNoMore makes up schemas and changes each in a few things. Where
// the second is said to be no wider, no event that the first refuses is valid.
func TestNoWiderTakesNoMore(t *testing.T) {
	const batches, each = 6, 150
	said, refused, fewer := 0, 0, 0
	for batch := range uint64(batches) {
		r := rand.New(rand.NewPCG(31, batch))
		g := &wordings{r}
		var was, is [each]string
		for i := range each {
			root := map[string]any{
				"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": fmt.Sprintf("urn:e%d", i), "version": "1",
				"properties": map[string]any{"a": g.schema(0), "b": g.referring(), "c": g.schema(1)},
				"$defs":      map[string]any{"s": g.schema(0), "t": g.schema(1), "u": map[string]any{"$anchor": "f", "minLength": 1}},
			}
			was[i] = written(t, root)
			for range 1 + r.IntN(2) {
				g.change(root)
			}
			is[i] = written(t, root)
		}
		var events []string
		for range 60 {
			events = append(events, `"b":`+g.value(2)+g.one("", `,"a":`+g.value(1))+g.one("", `,"c":`+g.value(1))+g.one("", `,"ab":`+g.value(1)))
		}
		before, after := readWordings(t, was[:]), readWordings(t, is[:])
		for i := range each {
			id := fmt.Sprintf("urn:e%d", i)
			from, to := before.registry.Find(id, "1"), after.registry.Find(id, "1")
			if from == nil || to == nil || was[i] == is[i] || !to.NoWider(from) {
				continue // some refer to nothing, or to themselves
			}
			said++
			for _, e := range events {
				switch had, has := before.valid(t, id, e), after.valid(t, id, e); {
				case !had && has:
					t.Fatalf("no wider, and yet it takes %s\nbefore %s\nafter  %s", e, was[i], is[i])
				case had && !has:
					fewer++
				case !had:
					refused++
				}
			}
		}
	}
	t.Logf("%d pairs no wider; of their events %d refused by both, %d by the second alone", said, refused, fewer)
	if said < batches*each/8 || refused < 1000 || fewer < 300 {
		t.Errorf("too few: %d pairs no wider; of their events %d refused by both, %d by the second alone", said, refused, fewer)
	}
}

// wordings makes up schemas.
type wordings struct{ *rand.Rand }

func (g *wordings) one(of ...string) string { return of[g.IntN(len(of))] }

// schema is one with up to two keywords.
func (g *wordings) schema(depth int) map[string]any {
	s := map[string]any{}
	for range g.IntN(3) {
		g.say(s, depth)
	}
	return s
}

// referring is one that takes what another refuses, or names members apart.
func (g *wordings) referring() map[string]any {
	ref := map[string]any{"$ref": g.one("#/properties/a", "#/properties/a", "#/$defs/s", "#/$defs/t", "#", "urn:other")}
	switch g.IntN(5) {
	case 0:
		return map[string]any{"not": ref}
	case 1:
		return map[string]any{"oneOf": []any{ref, g.schema(0)}}
	case 2:
		return map[string]any{"if": ref, "then": g.schema(0)}
	case 3:
		return map[string]any{"properties": map[string]any{"a": g.schema(0)}, "additionalProperties": []any{false, g.schema(0)}[g.IntN(2)]}
	}
	return g.schema(2)
}

// say adds a keyword.
func (g *wordings) say(s map[string]any, depth int) {
	what := g.IntN(16)
	if depth == 0 {
		what = g.IntN(4)
	}
	below := func() any { return g.schema(depth - 1) }
	switch what {
	case 0:
		s["type"] = g.one("string", "integer", "object", "array")
	case 1:
		s["enum"] = []any{g.one("", "x", "xx"), "xxx", 1}[g.IntN(2):]
	case 2:
		s[g.one("minLength", "maxLength", "minimum", "maximum", "minProperties", "maxProperties")] = 1 + g.IntN(2)
	case 3:
		s["required"] = []any{g.one("a", "b"), "c"}[:1+g.IntN(2)]
	case 4:
		s["properties"] = map[string]any{g.one("a", "b", "c"): below(), g.one("a", "b", "title"): below()}
	case 5:
		s["patternProperties"] = map[string]any{g.one("^a", "b$"): below()}
	case 6:
		s["additionalProperties"] = []any{false, below()}[g.IntN(2)]
	case 7, 8:
		s["not"] = below()
	case 9:
		s[g.one("oneOf", "anyOf", "allOf")] = []any{below(), below()}
	case 10:
		s["if"], s[g.one("then", "else")] = below(), below()
	case 11:
		s["items"] = below()
	case 12:
		s["dependentRequired"] = map[string]any{g.one("a", "level"): []any{g.one("b", "c")}}
	default:
		s["$ref"] = g.one("#", "#/properties/a", "#/properties/c", "#/$defs/s", "#/$defs/t", "#f", "urn:other")
	}
}

// change changes one thing in one of the schemas.
func (g *wordings) change(root map[string]any) {
	var all []map[string]any
	inside(root, &all)
	s := all[g.IntN(len(all))]
	keywords := slices.DeleteFunc(slices.Sorted(maps.Keys(s)), func(k string) bool {
		return slices.Contains([]string{"$id", "$schema", "version", "$defs"}, k)
	})
	switch g.IntN(8) {
	case 0:
		if len(keywords) > 0 {
			delete(s, keywords[g.IntN(len(keywords))])
		}
	case 1:
		all = slices.DeleteFunc(all, func(s map[string]any) bool { return s["properties"] == nil })
		if len(all) > 0 {
			members := all[g.IntN(len(all))]["properties"].(map[string]any)
			members[g.one("a", "b", "c")] = []any{false, g.schema(1)}[g.IntN(2)]
		}
	case 2:
		s["$anchor"] = g.one("f", "g")
	case 3:
		g.say(s, 1)
	default:
		g.say(s, 0)
	}
}

// inside are the schemas in one, in a fixed order.
func inside(v any, all *[]map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		*all = append(*all, v)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if members, ok := v[k].(map[string]any); ok && (strings.HasSuffix(k, "roperties") && k != "additionalProperties" || k == "$defs") {
				for _, name := range slices.Sorted(maps.Keys(members)) {
					inside(members[name], all)
				}
			} else if k != "dependentRequired" {
				inside(v[k], all)
			}
		}
	case []any:
		for _, v := range v {
			inside(v, all)
		}
	}
}

// value is the JSON text of one.
func (g *wordings) value(depth int) string {
	if depth > 0 && g.IntN(2) == 0 {
		if g.IntN(3) == 0 {
			return "[" + g.value(depth-1) + "]"
		}
		return `{"` + g.one("a", "b", "level") + `":` + g.value(depth-1) + g.one("", `,"c":`+g.value(depth-1)) + "}"
	}
	return g.one(`""`, `"x"`, `"xx"`, `"xxx"`, "0", "1", "2", "{}")
}

func written(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// wordingsRead are many schemas; those that are mistaken are left out.
type wordingsRead struct {
	registry *Registry
	checker  *Checker
}

func readWordings(t *testing.T, texts []string) wordingsRead {
	files := map[string]string{"other.json": `{"$id": "urn:other", "minProperties": 1, "title": "other"}`}
	for i, text := range texts {
		files[fmt.Sprintf("e%d.json", i)] = text
	}
	r, _ := Load(Config{Paths: []string{tree(t, files)}})
	c, err := r.Checker(Rules{Source: &inputs.Source{Input: "i", Trusted: true}})
	if err != nil {
		t.Fatal(err)
	}
	return wordingsRead{r, c}
}

// valid says whether an event of the schema that has the members is.
func (w *wordingsRead) valid(t *testing.T, id, members string) bool {
	raw := fmt.Appendf(nil, `{"__schema__":%q,"__schema_version__":"1","__metadata_version__":1,"__timestamp__":"2026-01-01T00:00:00Z",%s}`, id, members)
	f := w.checker.Check(&inputs.Line{Raw: raw, At: checkpoint.Position{Stream: 7}, End: int64(len(raw)) + 1}, new(Arena), new(Event))
	if f != nil && f.Reason != Invalid {
		t.Fatalf("%v: %s", f, raw)
	}
	return f == nil
}

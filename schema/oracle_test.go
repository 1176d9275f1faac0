package schema

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/internal/jsonscan"
)

// oracle judges one value of an event by policy.md §1 as it reads, straight
// from the schema and without any place graph.
type oracle struct{ root map[string]any }

type oracleWay struct {
	schema      any
	conditional bool
}

// whole adds what ways apply to the same value.
func (o oracle) whole(ways []oracleWay, seen map[string]bool) []oracleWay {
	var all []oracleWay
	for _, w := range ways {
		s, ok := w.schema.(map[string]any)
		if !ok {
			continue
		}
		all = append(all, w)
		if ref, ok := s["$ref"].(string); ok {
			key := fmt.Sprint(ref, w.conditional)
			if !seen[key] {
				seen[key] = true
				target := any(o.root)
				if name, ok := strings.CutPrefix(ref, "#/definitions/"); ok {
					target = o.root["definitions"].(map[string]any)[name]
				}
				all = append(all, o.whole([]oracleWay{{target, w.conditional}}, seen)...)
			}
		}
		for _, sub := range list(s["allOf"]) {
			all = append(all, o.whole([]oracleWay{{sub, w.conditional}}, seen)...)
		}
		for _, keyword := range []string{"anyOf", "oneOf"} {
			for _, sub := range list(s[keyword]) {
				all = append(all, o.whole([]oracleWay{{sub, true}}, seen)...)
			}
		}
		for _, keyword := range []string{"if", "not"} {
			all = append(all, o.whole([]oracleWay{{s[keyword], true}}, seen)...)
		}
	}
	return all
}

func list(v any) []any { l, _ := v.([]any); return l }

// verdict is what the oracle says of a value: "-" undeclared, "?" conditional.
type verdict struct {
	ways        []oracleWay
	declared    bool
	categorised bool
	categories  []string
}

func (v verdict) String() string {
	switch {
	case !v.declared:
		return "-"
	case !v.categorised:
		return "none"
	}
	return "[" + strings.Join(v.categories, " ") + "]"
}

func (o oracle) below(parent verdict, ways []oracleWay, named, top, isItem bool) verdict {
	v := verdict{ways: o.whole(ways, map[string]bool{})}
	v.declared = slices.ContainsFunc(ways, func(w oracleWay) bool { return !w.conditional })
	if top {
		v.declared = named
	}
	implicit := isItem && !v.declared
	if implicit {
		v.declared = parent.declared
	}
	for _, w := range v.ways {
		if c, has := w.schema.(map[string]any)["categories"]; has {
			v.categorised = true
			for _, word := range list(c) {
				v.categories = append(v.categories, word.(string))
			}
		}
	}
	said := len(v.categories) > 0
	if !top && (implicit || !v.categorised) {
		v.categorised = parent.categorised
		v.categories = append(v.categories, parent.categories...)
	}
	if said {
		for _, w := range o.whole([]oracleWay{{any(o.root), false}}, map[string]bool{}) {
			for _, word := range list(w.schema.(map[string]any)["categories"]) {
				v.categories = append(v.categories, word.(string))
			}
		}
	}
	if !parent.declared {
		v.declared = false
	}
	slices.Sort(v.categories)
	v.categories = slices.Compact(v.categories)
	return v
}

// member is the verdict on a member of an object.
func (o oracle) member(parent verdict, name string, top bool) verdict {
	var ways []oracleWay
	named := false
	for _, w := range parent.ways {
		s := w.schema.(map[string]any)
		known := false
		properties, _ := s["properties"].(map[string]any)
		if sub, ok := properties[name]; ok {
			ways = append(ways, oracleWay{sub, w.conditional})
			known = true
			named = named || !w.conditional
		}
		patterns, _ := s["patternProperties"].(map[string]any)
		for text, sub := range patterns {
			if regexp.MustCompile(text).MatchString(name) {
				ways = append(ways, oracleWay{sub, w.conditional})
				known = true
			}
		}
		if sub, ok := s["additionalProperties"].(map[string]any); ok && len(sub) > 0 && !known {
			ways = append(ways, oracleWay{sub, w.conditional})
		}
	}
	return o.below(parent, ways, named, top, false)
}

// item is the verdict on an item of an array.
func (o oracle) item(parent verdict, position int) verdict {
	var ways []oracleWay
	for _, w := range parent.ways {
		s := w.schema.(map[string]any)
		rest := "items"
		if tuple, ok := s["items"].([]any); ok {
			rest = "additionalItems"
			if position < len(tuple) {
				ways = append(ways, oracleWay{tuple[position], w.conditional})
				rest = ""
			}
		}
		if sub, ok := s[rest].(map[string]any); ok && len(sub) > 0 {
			ways = append(ways, oracleWay{sub, w.conditional})
		}
		if sub, ok := s["contains"]; ok {
			ways = append(ways, oracleWay{sub, true})
		}
	}
	return o.below(parent, ways, false, false, true)
}

// schemas of words a to e, with everything that leads to places.
func randomSchema(r *rand.Rand, depth int) any {
	s := map[string]any{}
	sub := func() any { return randomSchema(r, depth+1) }
	word := func() string { return string(rune('a' + r.IntN(5))) }
	if r.IntN(3) == 0 {
		s["categories"] = []any{}
		for range r.IntN(3) {
			s["categories"] = append(s["categories"].([]any), "c"+word())
		}
	}
	if depth > 3 {
		return s
	}
	for range 1 + r.IntN(3) {
		switch r.IntN(13) {
		case 0, 1, 2, 3:
			p := map[string]any{}
			for range 1 + r.IntN(3) {
				p[word()] = sub()
			}
			s["properties"] = p
		case 4:
			s["patternProperties"] = map[string]any{"^[ab]": sub(), "[bc]$": sub()}
		case 5:
			s["additionalProperties"] = sub()
		case 6:
			s["items"] = sub()
		case 7:
			s["items"] = []any{sub(), sub()}
			s["additionalItems"] = sub()
		case 8:
			s["allOf"] = []any{sub(), sub()}
		case 9:
			s["anyOf"] = []any{sub(), true}
		case 10:
			s["if"] = sub()
		case 11:
			s["contains"] = sub()
		case 12:
			s["$ref"] = []string{"#/definitions/x", "#/definitions/y", "#"}[r.IntN(3)]
		}
	}
	return s
}

func TestPlacesAgainstOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	dir := t.TempDir()
	schemas, declared, conditional := 0, 0, 0
	for range 60 {
		root := randomSchema(random, 0).(map[string]any)
		root["$id"], root["version"] = "urn:random", "1"
		root["definitions"] = map[string]any{"x": randomSchema(random, 1), "y": randomSchema(random, 2)}
		path := filepath.Join(dir, "s.json")
		if err := os.WriteFile(path, []byte(compact(root)), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Load(Config{Paths: []string{path}})
		if err != nil { // a reference that goes in a circle without going deeper, or too many places
			continue
		}
		schemas++
		s := r.Schemas()[0]
		distinct(t, s)
		o := oracle{root}
		for range 30 {
			var b strings.Builder
			oracleEvent(&b, random, 0)
			line := []byte(b.String())
			tape, err := jsonscan.NewScanner(r.Names()).Scan(nil, line)
			if err != nil {
				t.Fatal(err)
			}
			s.Mark(line, tape)
			var walk func(i uint32, v verdict)
			walk = func(i uint32, v verdict) {
				position := 0
				for j := i + 1; j < tape[i].Next; j = tape[j].Next {
					var want verdict
					if tape[i].Kind == jsonscan.Object {
						var name string
						if err := json.Unmarshal(tape[j].Key(line), &name); err != nil {
							t.Fatal(err)
						}
						want = o.member(v, name, i == 0)
					} else {
						want = o.item(v, position)
					}
					p := &s.Places()[tape[j].Place]
					got := verdict{declared: p.ID != Undeclared && !p.Conditional, categorised: p.Categorised, categories: p.Categories}
					if got.String() != want.String() {
						t.Fatalf("schema %s\nevent %s\nat %d (%s) %s, want %s", compact(root), line, tape[j].Start, p.Pointer, got, want)
					}
					if p.Conditional {
						conditional++
					}
					if want.declared {
						declared++
						walk(j, want)
					}
					position++
				}
			}
			walk(0, verdict{ways: o.whole([]oracleWay{{any(root), false}}, map[string]bool{}), declared: true})
		}
	}
	if schemas < 30 || declared < 1000 || conditional == 0 {
		t.Errorf("too little was tried: %d schemas, %d declared values, %d conditional", schemas, declared, conditional)
	}
}

// oracleEvent writes an event of members a to f.
func oracleEvent(b *strings.Builder, r *rand.Rand, depth int) {
	b.WriteByte('{')
	for i, n := range r.Perm(6)[:1+r.IntN(5)] {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, `"%c":`, 'a'+n)
		oracleValue(b, r, depth+1)
	}
	b.WriteByte('}')
}

func oracleValue(b *strings.Builder, r *rand.Rand, depth int) {
	switch n := r.IntN(5); {
	case n < 2 && depth < 6:
		oracleEvent(b, r, depth)
	case n < 4 && depth < 6:
		b.WriteByte('[')
		for i := range r.IntN(4) {
			if i > 0 {
				b.WriteByte(',')
			}
			oracleValue(b, r, depth+1)
		}
		b.WriteByte(']')
	default:
		b.WriteByte('1')
	}
}

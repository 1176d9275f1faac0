package schema

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/internal/jsonscan"
)

// loadTexts loads schemas given as text, one file each.
func loadTexts(t testing.TB, c Config, texts ...string) *Registry {
	t.Helper()
	dir := t.TempDir()
	for i, text := range texts {
		path := filepath.Join(dir, fmt.Sprintf("%d.yaml", i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c.Paths = append(c.Paths, path)
	}
	r, err := Load(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const rich = `
$id: urn:rich
version: 1
properties:
  name: {type: string, categories: [n]}
  user:
    type: object
    categories: [u]
    properties: {id: {type: integer}, mail: {type: string, categories: [m]}}
  map:
    type: object
    categories: [o]
    properties: {known: {}}
    patternProperties: {^x_: {type: string}, _y$: {type: string, categories: [y]}, ^é: {type: string}}
    additionalProperties: {type: [object, string], properties: {deep: {type: string}}}
    anyOf: [{properties: {maybe: {categories: [z]}}}]
  tree: {$ref: "#/definitions/node"}
  tuple:
    type: array
    items: [{type: string}, {type: object, properties: {a: {}}}]
    additionalItems: {type: integer}
  free: {type: array}
  bag:
    type: object
    anyOf: [{properties: {maybe: {type: object, properties: {id: {categories: [z]}}}}}]
patternProperties:
  ^top_: {type: string, categories: [unrestricted]}
definitions:
  node:
    type: object
    properties:
      id: {type: string}
      kids: {type: array, items: {$ref: "#/definitions/node"}}
`

// marked scans and marks a line and lists the places of its tokens.
func marked(t testing.TB, r *Registry, s *Schema, line string) ([]jsonscan.Token, string) {
	t.Helper()
	tape, err := jsonscan.NewScanner(r.Names()).Scan(nil, []byte(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	s.Mark([]byte(line), tape)
	var got []string
	for i := range tape[1:] {
		place := "-"
		if p := tape[i+1].Place; p != Undeclared {
			place = s.Places()[p].Pointer
			if s.Places()[p].Conditional {
				place += "?"
			}
		}
		got = append(got, place)
	}
	return tape, strings.Join(got, " ")
}

func TestMark(t *testing.T) {
	r := loadTexts(t, Config{}, rich)
	for _, c := range []struct{ line, want string }{
		{`{}`, ""},
		{`[1]`, "-"},
		{`{"name":"a","other":{"name":"b","user":{"id":1}}}`, "/name - - - -"},
		{`{"na\u006de":"a","user":{"id":1,"mail":null,"x":[1]}}`, "/name /user /user/id /user/mail - -"},
		{`{"user":"no object","map":[{"known":1}]}`, "/user /map - -"},
		{`{"map":{"known":1,"x_1":"a","a_y":"b","x_y":"c","x\u005f2":"d","rest":{"deep":1,"no":2}}}`,
			"/map /map/known /map/* /map/* /map/* /map/* /map/* /map/*/deep -"},
		{`{"map":{"\u00e9a":1,"éb":1,"maybe":{"deep":1}}}`, "/map /map/* /map/* /map/maybe /map/maybe/deep"},
		{`{"tree":{"id":"a","kids":[{"id":"b","kids":[{"id":"c","x":1}]}]}}`,
			"/tree /tree/id /tree/kids /tree/kids/* /tree/kids/*/id /tree/kids /tree/kids/* /tree/kids/*/id -"},
		{`{"tuple":["a",{"a":1,"b":2},3,4]}`, "/tuple /tuple/0 /tuple/1 /tuple/1/a - /tuple/* /tuple/*"},
		{`{"tuple":[]}`, "/tuple"},
		{`{"free":[1,[2,[3,{"a":[4]}]]]}`, "/free /free/* /free/* /free/* /free/* /free/* /free/* - -"},
		{`{"top_x":1,"known":2}`, "- -"},
		{`{"bag":{"maybe":{"id":1,"x":2},"id":3}}`, "/bag /bag/maybe? /bag/maybe/id? - -"},
	} {
		if _, got := marked(t, r, r.Schemas()[0], c.line); got != c.want {
			t.Errorf("%s\nplaces %s\nwant   %s", c.line, got, c.want)
		}
	}
}

func TestMarkPatternSets(t *testing.T) {
	r := loadTexts(t, Config{}, rich)
	s := r.Schemas()[0]
	categories := func(name string) string {
		tape, _ := marked(t, r, s, fmt.Sprintf(`{"map":{%q:"a"}}`, name))
		return strings.Join(s.Places()[tape[2].Place].Categories, " ")
	}
	for name, want := range map[string]string{"x_1": "o", "a_y": "y", "x_y": "y", "zzz": "o"} {
		if got := categories(name); got != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
}

func TestMarkLeavesOff(t *testing.T) {
	r := loadTexts(t, Config{}, rich)
	line := []byte(`{"name":"a","user":{"id":1}}`)
	tape, err := jsonscan.NewScanner(r.Names()).Scan(nil, line)
	if err != nil {
		t.Fatal(err)
	}
	tape[2].Flags |= jsonscan.Off
	r.Schemas()[0].Mark(line, tape)
	if tape[1].Place == Undeclared || tape[2].Place != Undeclared || tape[3].Place != Undeclared {
		t.Errorf("places %d %d %d", tape[1].Place, tape[2].Place, tape[3].Place)
	}
}

// A token has a place only where one stands below its container's for just
// this name or position; a member that is declared by name always has one.
func TestMarkOnlyDeclared(t *testing.T) {
	r := loadTexts(t, Config{}, rich)
	s := r.Schemas()[0]
	places := s.Places()
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var b strings.Builder
		object(&b, random, 0)
		line := []byte(b.String())
		tape, err := jsonscan.NewScanner(r.Names()).Scan(nil, line)
		if err != nil {
			continue // a name twice
		}
		s.Mark(line, tape)
		var below func(i uint32)
		below = func(i uint32) {
			in := &places[tape[i].Place]
			position := 0
			for j := i + 1; j < tape[i].Next; j = tape[j].Next {
				at := &places[tape[j].Place]
				name := ""
				if tape[j].KeyLen > 0 {
					name = string(jsonscan.AppendText(nil, tape[j].Key(line)))
				}
				declared := slices.ContainsFunc(in.Children, func(c PlaceID) bool {
					return places[c].Kind == MemberPlace && places[c].Name == name
				})
				ok := at.ID == Undeclared
				switch at.Kind {
				case MemberPlace:
					ok = declared && at.Name == name
				case PatternPlace, AdditionalPlace:
					ok = !declared && tape[i].Place != Root && tape[i].Kind == jsonscan.Object
				case ItemPlace:
					ok = tape[i].Kind == jsonscan.Array
				case TuplePlace:
					ok = strings.HasSuffix(at.Pointer, fmt.Sprint("/", position))
				case RootPlace:
					ok = !(tape[i].Kind == jsonscan.Object && declared)
				}
				if ok && at.ID != Undeclared {
					ok = slices.Contains(in.Children, at.ID)
				}
				if !ok {
					t.Fatalf("%s: %q below %q has %+v", line, name, in.Pointer, at)
				}
				below(j)
				position++
			}
		}
		below(0)
	}
}

var someNames = []string{"name", "user", "id", "mail", "map", "known", "maybe", "deep", "tree", "kids", "tuple", "free", "bag", "a", "x_1", "b_y", "x_y", "top_a", "k\\u006eown", "m\\u0061p", "other", "é", "__schema__"}

func object(b *strings.Builder, r *rand.Rand, depth int) {
	b.WriteByte('{')
	for i := range r.IntN(5) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, `"%s":`, someNames[r.IntN(len(someNames))])
		value(b, r, depth+1)
	}
	b.WriteByte('}')
}

func value(b *strings.Builder, r *rand.Rand, depth int) {
	switch n := r.IntN(6); {
	case n < 3 && depth < 7:
		object(b, r, depth)
	case n < 4 && depth < 7:
		b.WriteByte('[')
		for i := range r.IntN(4) {
			if i > 0 {
				b.WriteByte(',')
			}
			value(b, r, depth+1)
		}
		b.WriteByte(']')
	default:
		b.WriteString([]string{"1", `"a"`, "null", "true"}[r.IntN(4)])
	}
}

func BenchmarkMark(b *testing.B) {
	r := loadTexts(b, Config{Catalog: true}, rich)
	for _, c := range []struct{ id, line string }{
		{"https://events.jupyter.org/jupyter_server/kernel_actions/v1",
			`{"__timestamp__": "x", "__schema__": "x", "__schema_version__": "1", "__metadata_version__": 1, "action": "start", "kernel_id": "x", "kernel_name": "x", "status": "success", "status_code": 200, "msg": "x"}`},
		{"urn:rich", `{"__timestamp__": "x", "__schema__": "x", "__schema_version__": "1", "__metadata_version__": 1, "name": "a", "user": {"id": 1, "mail": "x"}, "tree": {"id": "x", "kids": [{"id": "x"}, {"id": "y"}]}, "free": [1, 2]}`},
	} {
		b.Run(c.id, func(b *testing.B) {
			s := r.Find(c.id, "1")
			line := []byte(c.line)
			tape, err := jsonscan.NewScanner(r.Names()).Scan(nil, line)
			if err != nil {
				b.Fatal(err)
			}
			for i := 1; i < 5; i++ {
				tape[i].Flags |= jsonscan.Off
			}
			b.ReportMetric(float64(len(tape)), "tokens")
			b.ReportAllocs()
			for b.Loop() {
				s.Mark(line, tape)
			}
		})
	}
}

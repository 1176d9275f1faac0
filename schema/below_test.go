package schema

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What is below a place is found as marking finds it.
func TestBelow(t *testing.T) {
	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "e.yaml"), []byte(`
$id: urn:e
version: 1
properties:
  box:
    properties: {a: {type: string}}
    patternProperties: {"^x": {type: string, categories: [x]}, "y$": {type: string, categories: [y]}}
    anyOf: [{properties: {c: {categories: [c]}}}]
  many: {categories: [m], patternProperties: {a: {type: string}, b: {type: string}, c: {type: string}, d: {type: string}, e: {type: string}}}
  rest: {additionalProperties: {type: string}}
  list: {items: [{type: string}, {}], additionalItems: {type: number}}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Load(Config{Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	s := r.Find("urn:e", "1")
	if !slices.Equal(s.IDs(), s.ids) || s.IDs()[0] != "urn:e" {
		t.Error(s.IDs())
	}
	at := func(of PlaceID, find func(*Below) PlaceID) string { return s.places[find(s.Below(of))].Identity }
	name := func(n string) func(*Below) PlaceID { return func(b *Below) PlaceID { return b.Member(n) } }
	item := func(i int) func(*Below) PlaceID { return func(b *Below) PlaceID { return b.Item(i) } }
	top := s.Below(Root)
	box, many, rest, list := top.Member("box"), top.Member("many"), top.Member("rest"), top.Member("list")
	for _, c := range []struct {
		of   PlaceID
		find func(*Below) PlaceID
		want string
	}{
		{Root, name("box"), "/box"}, {Root, name("other"), ""}, {Root, name("a"), ""},
		{box, name("a"), "/box/a"}, {box, name("x1"), "/box/{^x}"}, {box, name("by"), "/box/{y$}"}, {box, name("xy"), "/box/{^x}{y$}"}, {box, name("b"), ""}, {box, name("c"), "/box/c"},
		{many, name("a"), "/many/{a}"}, {many, name("ae"), "/many/{a}{e}"}, {many, name("abe"), "/many/{*}{*}"}, {many, name("abcde"), "/many/{*}{*}"}, {many, name("f"), ""},
		{rest, name("a"), "/rest/{*}"}, {rest, name("none"), "/rest/{*}"},
		{list, item(0), "/list/0"}, {list, item(1), "/list/1"}, {list, item(2), "/list/*"}, {list, item(1000), "/list/*"},
		{Undeclared, name("a"), ""}, {Undeclared, item(0), ""},
	} {
		if got := at(c.of, c.find); got != c.want {
			t.Errorf("below %s: %q, want %q", s.places[c.of].Identity, got, c.want)
		}
	}
	if s.Below(box).Most() != 2 || s.Below(many).Most() != 2 || s.Below(rest).Most() != 0 || s.Below(list).Most() != 0 {
		t.Error("another number of patterns at once")
	}
}

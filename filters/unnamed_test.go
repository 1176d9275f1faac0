package filters

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/schema"
)

// TestUnnamedPairs: of any two objects with up to six patterns, of which each
// matches or not whatever the others do, the pairs of places are those that the
// names have that neither names, all of them and no other.
func TestUnnamedPairs(t *testing.T) {
	const letters = "abcdefgh"
	var properties []string
	sides := []string{"", "x", "a", "b", "ab", "bc", "abcd", "defg", "abcde", "cdefg", "abcdex", "bcdefx", "cdefgh"} // x: additional members as well
	for i, side := range sides {
		var patterns []string
		for _, letter := range strings.Trim(side, "x") {
			patterns = append(patterns, fmt.Sprintf(`"%c": {"categories": ["of-%c"]}`, letter, letter))
		}
		more := ""
		if strings.HasSuffix(side, "x") {
			more = `, "additionalProperties": {"categories": ["others"]}`
		}
		properties = append(properties, fmt.Sprintf(`"p%d": {"categories": ["unrestricted"], "properties": {"abc": {"categories": ["named"]}}, "patternProperties": {%s}%s}`, i, strings.Join(patterns, ", "), more))
	}
	s := one(t, `{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {`+strings.Join(properties, ",\n")+`}}`)
	top, most := s.Below(schema.Root), 0
	for i := range sides {
		for j := range sides {
			before, after := s.Below(top.Names[fmt.Sprint("p", i)]), s.Below(top.Names[fmt.Sprint("p", j)])
			want := map[[2]schema.PlaceID]bool{}
			for set := range 1 << len(letters) {
				name := "-" // so that none is a name of the schema's
				for k := range letters {
					if set>>k&1 == 1 {
						name += letters[k : k+1]
					}
				}
				want[[2]schema.PlaceID{before.Member(name), after.Member(name)}] = true
			}
			got := map[[2]schema.PlaceID]bool{}
			for _, pair := range unnamed(before, after) {
				got[pair] = true
			}
			if !maps.Equal(got, want) {
				t.Errorf("%q and %q: %v, want %v", sides[i], sides[j], got, want)
			}
			most = max(most, len(want))
		}
	}
	if most < 30 {
		t.Errorf("at most %d pairs", most)
	}
}

// TestUnnamedNames: every name meets a pair, also where patterns say how it begins,
// and where nothing describes what some of them match.
func TestUnnamedNames(t *testing.T) {
	objects := []string{
		`"type": "object"`,
		`"patternProperties": {"^a": {"categories": ["1"]}, "^b": {"categories": ["2"]}}`,
		`"patternProperties": {"^ab": {"categories": ["1"]}, "b$": {"categories": ["2"]}, "^a": {"categories": ["3"]}}`,
		`"patternProperties": {"b": {"categories": ["1"]}}, "anyOf": [{"patternProperties": {"a": {}, "^b": {}}}], "additionalProperties": {"categories": ["2"]}`,
		`"patternProperties": {"(?i)^a": {"categories": ["1"]}, "^(a|b)": {"categories": ["2"]}, "^a|b": {"categories": ["3"]}, "^a*b": {"categories": ["4"]}, "^a?": {"categories": ["5"]}, "^(?i)ab": {"categories": ["6"]}}`,
		`"patternProperties": {"^aa": {"categories": ["1"]}, "^ab": {"categories": ["2"]}, "^ba": {"categories": ["3"]}, "^bb": {"categories": ["4"]}, "^aab": {"categories": ["5"]}, "^abb": {"categories": ["6"]}}`,
		`"patternProperties": {"^a": {"categories": ["1"]}, "^aa": {"categories": ["2"]}, "^aab": {"categories": ["3"]}, "b": {"categories": ["4"]}, "^b": {"categories": ["5"]}}`,
		`"patternProperties": {"a": {"categories": ["1"]}}, "anyOf": [{"patternProperties": {"aa": {}, "b": {}, "bb": {}, "_": {}}}]`,
	}
	var properties []string
	for i, o := range objects {
		properties = append(properties, fmt.Sprintf(`"p%d": {"categories": ["unrestricted"], %s}`, i, o))
	}
	s := one(t, `{"$id": "https://x.test/e", "version": "1", "properties": {`+strings.Join(properties, ",\n")+`}}`)
	names := []string{""}
	for i := 0; i < len(names); i++ {
		for _, letter := range []string{"a", "b", "A", "_"} {
			if len(names[i]) < 5 {
				names = append(names, names[i]+letter)
			}
		}
	}
	top := s.Below(schema.Root)
	for i := range objects {
		for j := range objects {
			before, after := s.Below(top.Names[fmt.Sprint("p", i)]), s.Below(top.Names[fmt.Sprint("p", j)])
			pairs := unnamed(before, after)
			for _, name := range names {
				if pair := [2]schema.PlaceID{before.Member(name), after.Member(name)}; !slices.Contains(pairs, pair) {
					t.Fatalf("%s, then %s: %q is nowhere", objects[i], objects[j], name)
				}
			}
		}
	}
	if pairs := unnamed(s.Below(top.Names["p1"]), s.Below(top.Names["p5"])); len(pairs) != 19 {
		t.Errorf("%d pairs, of which one may begin with a or b, or not, and with some of six beginnings", len(pairs))
	}
}

// one is the schema of that text.
func one(t *testing.T, text string) *schema.Schema {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "e.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	known, err := schema.Load(schema.Config{Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	return known.Schemas()[slices.IndexFunc(known.Schemas(), func(s *schema.Schema) bool { return s.ID() == "https://x.test/e" })]
}

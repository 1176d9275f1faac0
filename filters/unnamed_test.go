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
	dir := t.TempDir()
	text := `{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {` + strings.Join(properties, ",\n") + `}}`
	if err := os.WriteFile(filepath.Join(dir, "e.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	known, err := schema.Load(schema.Config{Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	s := known.Schemas()[slices.IndexFunc(known.Schemas(), func(s *schema.Schema) bool { return s.ID() == "https://x.test/e" })]
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

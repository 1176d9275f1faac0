package schema

import (
	"fmt"
	"strings"
	"testing"
)

// TestChoicesOfManyValues: what would take too long to find out is not found
// out, and nothing is refused for it: the place is merely not closed.
func TestChoicesOfManyValues(t *testing.T) {
	each := func(n int, f func(i int) string) string {
		var all []string
		for i := range n {
			all = append(all, f(i))
		}
		return strings.Join(all, ",")
	}
	values := func(n int) string { return each(n, func(i int) string { return fmt.Sprintf(`"v%d"`, i) }) }
	chain := func(n int, other string) string {
		return `{"properties": {"m": {"$ref": "#/definitions/d0"}, "last": {"$ref": "#/definitions/d` + fmt.Sprint(n-10) + `"}}, "definitions": {` + each(n, func(i int) string {
			return fmt.Sprintf(`"d%d": {"anyOf": [{"$ref": "#/definitions/d%d"}, {`+strings.ReplaceAll(other, "N", fmt.Sprint(i))+`}]}`, i, i+1)
		}) + fmt.Sprintf(`, "d%d": {"type": "boolean"}}}`, n)
	}
	for _, c := range []struct {
		name, text string
		all        int            // closed places
		closed     map[string]int // some of them, and of how many values
	}{
		{"one list", `{"properties": {"m": {"enum": [` + values(100_000) + `]}}}`, 1, map[string]int{"/m": 100_000}},
		{"two lists, both", `{"properties": {"m": {"allOf": [{"enum": [` + values(100_000) + `]}, {"enum": [` + values(90_000) + `]}]}}}`, 1, map[string]int{"/m": 90_000}},
		{"two lists, either", `{"properties": {"m": {"anyOf": [{"enum": [` + values(100_000) + `]}, {"const": 1}]}}}`, 0, nil},
		{"two lists, either, of some", `{"properties": {"m": {"anyOf": [{"enum": [` + values(maxChosen-1) + `]}, {"const": 1}]}}}`, 1, map[string]int{"/m": maxChosen}},
		{"and one more", `{"properties": {"m": {"anyOf": [{"enum": [` + values(maxChosen-1) + `]}, {"const": 1}, {"const": 2}]}}}`, 0, nil},
		{"one list of a choice, and one more", `{"properties": {"m": {"anyOf": [{"enum": [` + values(maxChosen+1) + `]}]}}}`, 0, nil},
		{"few of many", `{"properties": {"m": {"anyOf": [{"enum": [` + values(maxChosen+1) + `]}, {"const": 1}], "oneOf": [{"const": "v1"}, {"const": "w"}]}}}`, 1, map[string]int{"/m": 2}},
		{"within one another", chain(990, `"type": "null"`), 2, map[string]int{"/m": 3, "/last": 3}},
		{"too deep within one another", chain(4000, `"type": "null"`), 1, map[string]int{"/last": 3}},
		{"of a type, too deep", chain(4000, `"type": "string"`), 0, nil},
		{"too many of lists", `{"properties": {` + each(2000, func(i int) string {
			return fmt.Sprintf(`"m%d": {"anyOf": [{"$ref": "#/definitions/d"}, {"const": %d}]}`, i, i)
		}) + `}, "definitions": {"d": {"enum": [` + values(4000) + `]}}}`, 249, map[string]int{"/m0": 4001, "/m10": 4001}},
		{"one choice of many places", `{"properties": {` + each(400, func(i int) string {
			return fmt.Sprintf(`"m%d": {"$ref": "#/definitions/d"}`, i)
		}) + `}, "definitions": {"d": {"anyOf": [{"enum": [` + values(4000) + `]}, {"const": 1}]}}}`, 400, map[string]int{"/m0": 4001, "/m399": 4001}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := load(t, `{"$id": "urn:e", "version": "1", `+c.text[1:]).Schemas()[0]
			all := 0
			for i := range s.Places() {
				p := &s.Places()[i]
				if n, known := c.closed[p.Identity]; known && (!p.Closed || len(p.Enum) != n) {
					t.Errorf("%s: closed %v, of %d values, want %d", p.Identity, p.Closed, len(p.Enum), n)
				}
				if p.Closed {
					all++
				}
			}
			if all != c.all {
				t.Errorf("%d places are closed, want %d", all, c.all)
			}
		})
	}
}

package filters_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
)

// joined are n texts with commas.
func joined(n int, text func(i int) string) string {
	var all []string
	for i := range n {
		all = append(all, text(i))
	}
	return strings.Join(all, ", ")
}

// TestDiffIsBounded: schemas that together give pairs without end are compared as
// far as a bound, and that it was no further is let out. All these took the
// memory of the stack, or minutes.
func TestDiffIsBounded(t *testing.T) {
	const tooMany = "(properties)"
	cycle := func(n int) string {
		return `"m": {"$ref": "#/definitions/d0"}}, "definitions": {` + joined(n, func(i int) string {
			return fmt.Sprintf(`"d%d": {"type": "object", "categories": ["unrestricted"], "properties": {"m": {"$ref": "#/definitions/d%d"}}}`, i, (i+1)%n)
		})
	}
	patterns := func(form string) string {
		object := func(in string) string {
			return `{"type": "object", "categories": ["unrestricted"], "patternProperties": {` + joined(8, func(i int) string { return fmt.Sprintf(`"`+form+`": %s`, i, in) }) + "}}"
		}
		return `"m": ` + object(object(`{"type": "string", "categories": ["unrestricted"]}`))
	}
	tokens := func(n int) string {
		return joined(n/100, func(i int) string {
			return fmt.Sprintf(`"o%d": {"type": "object", "categories": ["unrestricted"], "properties": {%s}}`, i, joined(100, func(j int) string {
				return fmt.Sprintf(`"m%d": {"type": "string", "categories": ["coded"]}`, j)
			}))
		})
	}
	for name, c := range map[string]struct {
		was, is string
		bounded bool
		most    int // changes
	}{
		"cycles":                 {cycle(1000), cycle(1001), true, 10},
		"cycles that are alike":  {cycle(1000), cycle(1000), false, 0},
		"patterns":               {patterns("%d_$"), patterns("%dx$"), true, 1 << 17},
		"patterns that begin":    {patterns("^a%d"), patterns("^b%d"), false, 200},
		"patterns that are kept": {patterns("%d$"), patterns("%d$"), false, 0},
		"tokens":                 {tokens(30_000), tokens(30_000), false, 0},
	} {
		fed := func(properties string) filters.Fed {
			p := filters.Policy{Output: "o", Categories: []string{"unrestricted"}, Tokens: numbered(), Actions: map[string]filters.Action{"coded": {Action: "tokenize"}}}
			return filters.Fed{Filter: compile(t, p, registry(t, "e.json", `{"$id": "https://x.test/e", "version": "1", "properties": {`+properties+"}}"))}
		}
		said := filters.Diff(fed(c.was), fed(c.is))
		all := len(said)
		said = slices.DeleteFunc(said, func(s filters.Change) bool { return s.Property != tooMany })
		if bounded := len(said) == 1 && said[0].LetOut; bounded != c.bounded || len(said) > 1 || all > c.most {
			t.Errorf("%s: %d changes, of them %+v", name, all, said)
		}
	}
}

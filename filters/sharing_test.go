package filters_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// Outputs whose policies differ in one word share no plan: each gets what it
// gets from a Compiler of its own, whichever was compiled before it.
func TestOnlyEqualPlansAreShared(t *testing.T) {
	var many []string
	for i := range 600 { // numbers of places that differ in their upper byte alone
		many = append(many, fmt.Sprintf(`"m%03d": {"categories": ["many"], "type": "string"}`, i))
	}
	known := registry(t, "e.json", `{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {
		"free": {"categories": ["unrestricted"], "type": "string"},
		"both": {"categories": ["health", "location"], "type": "string"},
		"open": {"categories": ["unrestricted"], "type": "object", "properties": {"who": {"categories": ["user-identifier"], "type": "string"}}}, `+strings.Join(many, ", ")+`}}`)
	l := newLines(t, known, schema.Rules{})
	const event = `{"free": "F", "both": "B", "open": {"who": "W", "un": "U"}, "undeclared": 1, "m010": "a", "m266": "b", "m522": "c"}`
	e, fault := l.event(line(event))
	if fault != nil {
		t.Fatal(fault)
	}
	base := filters.Policy{Output: "o", Metadata: []string{"categories", "redacted"}, Categories: []string{"location"}}
	policies := []filters.Policy{base}
	vary := func(change func(p *filters.Policy)) {
		for _, p := range slices.Clone(policies) {
			change(&p)
			policies = append(policies, p)
		}
	}
	vary(func(p *filters.Policy) { p.Match = "any" })
	vary(func(p *filters.Policy) { p.Denied = "null" })
	vary(func(p *filters.Policy) { p.Undeclared = "inherit" })
	vary(func(p *filters.Policy) { p.Apart = true })
	vary(func(p *filters.Policy) { p.Metadata = []string{"categories"} })
	vary(func(p *filters.Policy) { p.Actions = map[string]filters.Action{"user-identifier": {Action: "mask"}} })
	for _, name := range []string{"m010", "m266", "m522"} {
		p := base
		p.Properties = map[string][]string{"https://x.test/e": {name}}
		policies = append(policies, p)
		p.Templates = []filters.Template{{Use: "key", Text: "{" + name + "}"}}
		p.Properties = map[string][]string{"https://x.test/e": {"m010", "m266", "m522"}}
		policies = append(policies, p)
	}
	policies = append(policies, filters.Policy{Output: "o", Metadata: base.Metadata, Categories: []string{"*"}}, filters.Policy{Output: "o", Metadata: base.Metadata})
	show := func(c *filters.Compiler, p filters.Policy) string {
		f, _, err := c.Compile(p)
		if err != nil {
			t.Fatal(err)
		}
		r, _ := f.Apply(e, new(filters.Arena))
		text := string(r.JSON())
		if p.Apart {
			text += string(r.AppendWhole(nil))
		}
		if len(p.Templates) > 0 {
			field, _ := r.Field(0)
			text += string(field)
		}
		return text
	}
	shared := filters.NewCompiler(known)
	for range 2 {
		for _, p := range policies {
			if got, want := show(shared, p), show(filters.NewCompiler(known), p); got != want {
				t.Errorf("%+v:\ngot  %s\nwant %s", p, got, want)
			}
		}
		slices.Reverse(policies)
	}
}

// TestNeverTogetherBesideSharedPlaces: in a large schema a place that stands
// in several objects is one; what stands beside it counts all the same.
func TestNeverTogetherBesideSharedPlaces(t *testing.T) {
	var many []string
	for i := range 5000 {
		many = append(many, fmt.Sprintf(`"a%04d": {"categories": ["unrestricted"], "type": "string"}`, i))
	}
	known := registry(t, "e.json", `{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {
		"z": {"categories": ["unrestricted"], "type": "object", "properties": {
			"first": {"$ref": "#/definitions/d"},
			"second": {"allOf": [{"$ref": "#/definitions/d"}], "properties": {"own": {"categories": ["health"], "type": "string"}}}}},
		`+strings.Join(many, ", ")+`},
		"definitions": {"d": {"categories": ["unrestricted"], "type": "object", "properties": {"a": {"categories": ["location"], "type": "string"}}}}}`)
	if _, _, err := filters.Compile(filters.Policy{Categories: []string{"location", "health"}, Never: [][]string{{"location", "health"}}}, known); err == nil {
		t.Error("they go out together")
	}
}

package filters_test

import (
	"slices"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// A schema comes to an output from the inputs that may bring it, where the
// policy takes the schema and trusts the input.
func TestFrom(t *testing.T) {
	r := registry(t, "a.json", `{"$id": "https://x.test/a", "version": "1"}`, "b.json", `{"$id": "https://x.test/b", "version": "1"}`)
	checker := func(rules schema.Rules, name string, trusted bool) *schema.Checker {
		rules.Source = &inputs.Source{Input: name, Trusted: trusted}
		c, err := r.Checker(rules)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	all := []*schema.Checker{
		checker(schema.Rules{}, "anybody", false),
		checker(schema.Rules{Schemas: []string{"*/b"}}, "hub", true),
		checker(schema.Rules{Envelope: schema.None, Schema: "https://x.test/a"}, "bare", true),
	}
	a, b := r.Find("https://x.test/a", "1"), r.Find("https://x.test/b", "1")
	whole, trusting := compile(t, filters.Policy{}, r), compile(t, filters.Policy{TrustedOnly: true}, r)
	onlyA := compile(t, filters.Policy{TrustedOnly: true, Schemas: []string{"*/a"}}, r)
	for _, c := range []struct {
		f    *filters.Filter
		s    *schema.Schema
		want []int
	}{{whole, a, []int{0, 2}}, {whole, b, []int{0, 1}}, {trusting, a, []int{2}}, {trusting, b, []int{1}}, {onlyA, a, []int{2}}, {onlyA, b, nil}} {
		if got := c.f.From(all, c.s); !slices.Equal(got, c.want) || c.f.Gets(all, c.s) != (len(c.want) > 0) {
			t.Errorf("schema %s comes from %v, want %v", c.s.ID(), got, c.want)
		}
	}
	if trusting.Gets(all[:1], a) || !trusting.Gets(nil, a) || onlyA.Gets(nil, b) {
		t.Error("without inputs every schema that is taken counts, and no other")
	}
	if nameless, err := r.Checker(schema.Rules{}); err != nil || nameless.Trusted() || nameless.Input() != "" || all[1].Input() != "hub" {
		t.Error("trusted or named otherwise", err)
	}
}

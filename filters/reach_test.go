package filters_test

import (
	"slices"
	"strings"
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

// What names persons is known of each schema that is brought: the fields of the
// paths of the inputs that bring it, once, and the places that count, of a value
// that counts as a whole that alone.
func TestPersons(t *testing.T) {
	const many = `{"$id": "https://x.test/many", "version": "1", "properties": {
		"n": {"categories": ["unrestricted"]}, "user": {"categories": ["user-identifier"], "type": "object", "properties": {"name": {}, "with": {"categories": ["location"]}}},
		"box": {"categories": ["secret"], "properties": {"owner": {"categories": ["user-identifier"], "type": "string"}}}}}`
	r := registry(t, "many.json", many, "none.json", `{"$id": "https://x.test/none", "version": "1"}`, "all.json", `{"$id": "https://x.test/all", "version": "1", "categories": ["user-identifier"], "properties": {"a": {"categories": []}}}`)
	pattern, wrong := inputs.NewPathPattern("/home/{username}/{room}/events.log", map[string][]string{"username": {"user-identifier"}, "room": {"location"}})
	if wrong != nil {
		t.Fatal(wrong)
	}
	var sources []*inputs.Source
	var checkers []*schema.Checker
	for i, schemas := range [][]string{nil, {"*/many"}, {"*/many", "*/none"}} {
		source := &inputs.Source{Input: "i", Index: i, Trusted: i > 0}
		if i > 0 {
			source.Pattern = pattern
		}
		c, err := r.Checker(schema.Rules{Source: source, Schemas: schemas})
		if err != nil {
			t.Fatal(err)
		}
		sources, checkers = append(sources, source), append(checkers, c)
	}
	said := []string{}
	asks := compile(t, filters.Policy{Consent: yes(&said, "drop"), Sources: sources}, r)
	unknown := compile(t, filters.Policy{Consent: yes(&said, "drop"), Sources: sources[:1]}, r)
	plain := compile(t, filters.Policy{Sources: sources}, r)
	for _, c := range []struct {
		f        *filters.Filter
		checkers []*schema.Checker
		schema   string
		want     []string
	}{
		{asks, checkers, "many", []string{"/__path__/username", "/user", "/box/owner"}},
		{asks, checkers[:1], "many", []string{"/user", "/box/owner"}},
		{asks, nil, "many", []string{"/user", "/box/owner"}},
		{unknown, checkers, "many", []string{"/user", "/box/owner"}},
		{asks, checkers, "none", []string{"/__path__/username"}},
		{asks, checkers[:1], "all", nil},
		{asks, checkers[1:2], "none", nil},
		{plain, checkers, "many", nil},
	} {
		if got := c.f.Persons(c.checkers, r.Find("https://x.test/"+c.schema, "1")); !slices.Equal(got, c.want) {
			t.Errorf("%s of %d inputs: %q, want %q", c.schema, len(c.checkers), got, c.want)
		}
	}
}

// Brought describes what the inputs bring, and no other schema, nor fields of the
// paths of inputs that bring nothing; what comes it makes as before.
func TestBrought(t *testing.T) {
	r := registry(t,
		"a.json", `{"$id": "https://x.test/a", "version": "1", "type": "object", "properties": {"a": {"categories": ["unrestricted"], "type": "string"}}}`,
		"b.json", `{"$id": "https://x.test/b", "version": "1", "type": "object", "properties": {"b": {"categories": ["unrestricted"], "type": "string"}}}`)
	var sources []*inputs.Source
	var checkers []*schema.Checker
	for i, field := range []string{"x", "y", "z"} {
		pattern, wrong := inputs.NewPathPattern("/home/{"+field+"}.log", map[string][]string{field: {}})
		if wrong != nil {
			t.Fatal(wrong)
		}
		source := &inputs.Source{Input: field, Index: i, Trusted: i < 2, Pattern: pattern}
		c, err := r.Checker(schema.Rules{Source: source, Schemas: []string{"*/" + []string{"a", "b", "*"}[i]}})
		if err != nil {
			t.Fatal(err)
		}
		sources, checkers = append(sources, source), append(checkers, c)
	}
	compiled := func(p filters.Policy) *filters.Filter {
		p.Sources = sources
		return compile(t, p, r)
	}
	whole := filters.Policy{}
	onlyA, trusting := filters.Policy{Schemas: []string{"*/a"}}, filters.Policy{TrustedOnly: true}
	for _, c := range []struct {
		p        filters.Policy
		checkers []*schema.Checker
		want     string
	}{
		{whole, nil, "a b __path__ x __path__ y __path__ z"},
		{whole, checkers, "a b __path__ x __path__ y __path__ z"},
		{whole, checkers[:1], "a __path__ x"},
		{whole, checkers[:2], "a b __path__ x __path__ y"},
		{onlyA, checkers, "a __path__ x __path__ z"},
		{onlyA, checkers[:2], "a __path__ x"},
		{filters.Policy{Schemas: []string{"*/b"}}, checkers, "b __path__ y __path__ z"},
		{trusting, checkers, "a b __path__ x __path__ y"},
	} {
		var got []string
		brought := compiled(c.p).Brought(c.checkers)
		for _, o := range brought.Outgoing() {
			got = append(got, o.Path[len(o.Path)-1])
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q with %d inputs, want %s", got, len(c.checkers), c.want)
		}
		if brought.JSONSchema(filters.Intake{}, nil)["not"] != nil {
			t.Error("a schema that nothing is valid against")
		}
	}
	of := func(f *filters.Filter) (string, bool) {
		l := newLines(t, r, schema.Rules{Source: sources[0]})
		l.from = sources[0].At("/home/ada.log")
		return record(t, f, l, `{"__timestamp__": "2026-11-22T14:20:46.357294Z", "__schema__": "https://x.test/a", "__schema_version__": "1", "a": "b"}`)
	}
	got, _ := of(compiled(whole).Brought(checkers[:1]))
	if want, taken := of(compiled(whole)); !taken || got != want || !strings.Contains(got, `"__path__":{"x":"ada"}`) {
		t.Errorf("%s, want %s", got, want)
	}
	nothing := compiled(filters.Policy{Schemas: []string{"*/b"}}).Brought(checkers[:1])
	if of := nothing.Outgoing(); of != nil {
		t.Errorf("nothing is brought, yet %v goes out", of)
	}
	if valid(t, derived(t, nothing, filters.Intake{}), got) == nil {
		t.Error("a record is valid where none comes")
	}
}

package filters_test

import (
	"slices"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// TestFromDropped: an input brings nothing where what the paths of its files say
// drops all its events; one whose paths say other things, or nothing, does.
func TestFromDropped(t *testing.T) {
	r := registry(t, "a.json", `{"$id": "https://x.test/a", "version": "1", "type": "object", "properties": {"a": {"categories": ["unrestricted"]}}}`)
	var sources []*inputs.Source
	var checkers []*schema.Checker
	for i, category := range []string{"health", "staff", ""} {
		source := &inputs.Source{Input: string(rune('a' + i)), Index: i}
		if category != "" {
			var errs []error
			if source.Pattern, errs = inputs.NewPathPattern("/home/{field}.log", map[string][]string{"field": {category}}); errs != nil {
				t.Fatal(errs)
			}
		}
		checker, err := r.Checker(schema.Rules{Source: source})
		if err != nil {
			t.Fatal(err)
		}
		sources, checkers = append(sources, source), append(checkers, checker)
	}
	f := compile(t, filters.Policy{Sources: sources, DropEvents: []string{"health"}}, r)
	if from := f.From(checkers, r.Schemas()[0]); !slices.Equal(from, []int{1, 2}) {
		t.Errorf("from %v, want the second and the third", from)
	}
	if f.Gets(checkers[:1], r.Schemas()[0]) || !f.Gets(nil, r.Schemas()[0]) {
		t.Error("an output gets what is dropped, or nothing while there is no input")
	}
}

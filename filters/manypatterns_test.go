package filters_test

import (
	"fmt"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// TestManyPatterns: of names that match more patterns at once than are told apart
// goes out nothing that the reference, which tells all apart, would not let out.
func TestManyPatterns(t *testing.T) {
	const letters = "abcdef"
	withheld, sent := 0, 0
	for i := range rounds(200) {
		g := &generator{Rand: newRand(11, uint64(i))}
		categories := func() string {
			return []string{"", `"categories": [], `, `"categories": ["x"], `, `"categories": ["y"], `, `"categories": ["x", "y"], `}[g.IntN(5)]
		}
		patterns := func() string {
			var all []string
			for _, letter := range letters {
				all = append(all, fmt.Sprintf(`"%c": {%s"properties": {"in": {%s"type": "integer"}}}`, letter, categories(), categories()))
			}
			return `"patternProperties": {` + strings.Join(all, ", ") + "}"
		}
		box := patterns()
		if g.one(2) {
			box = `"anyOf": [{` + patterns() + `, "additionalProperties": {` + categories() + `"title": "others"}}, {` + box + `}], "allOf": [{"patternProperties": {"g": {` + categories() + `"title": "one more"}}}]`
		}
		text := `{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {"m": {"type": "object", "categories": ["unrestricted"], ` + box + `}}}`
		known := registry(t, "e.json", text)
		source := &inputs.Source{Input: "i", Trusted: true}
		l := newLines(t, known, schema.Rules{Source: source})
		for _, p := range []filters.Policy{
			{Undeclared: "inherit", Categories: []string{"x"}}, {Undeclared: "inherit", Match: "any", Categories: []string{"y"}},
			{Undeclared: "inherit", Properties: map[string][]string{"https://x.test/e": {"m"}}}, {Categories: []string{"x", "y"}},
		} {
			p.Output, p.Metadata, p.Sources = "o", []string{}, []*inputs.Source{source}
			f, _, err := filters.Compile(p, known)
			if err != nil {
				t.Fatal(err)
			}
			r := newReference(text, p)
			var members []string
			for set := range 1 << len(letters) {
				name := "_"
				for n, letter := range letters {
					if set>>n&1 != 0 {
						name += string(letter)
					}
				}
				members = append(members, fmt.Sprintf(`"%s": {"in": %d, "un": 1}`, name, set))
			}
			event := `{"m": {` + strings.Join(members, ", ") + `, "g": 1}}`
			got, taken := record(t, f, l, line(event))
			if !taken {
				t.Fatal("not taken")
			}
			want := r.redact(parse(event))
			n := within(t, parse(own(t, got)), want, "")
			sent, withheld = sent+n, withheld+want.size()-n
			if t.Failed() {
				t.Fatalf("schema %s\npolicy %+v\ngot  %s\nwant %s", text, p, own(t, got), want.render())
			}
		}
	}
	if sent == 0 || withheld == 0 {
		t.Errorf("%d values sent, %d withheld for want of telling apart: too little was tried", sent, withheld)
	}
}

// within fails where a value holds what the other does not; it counts the values.
func within(t *testing.T, v, of *value, at string) (n int) {
	t.Helper()
	if v.kind == 0 && v.text != of.text {
		t.Errorf("%s is %s, not %s", at, v.text, of.text)
	}
	for _, m := range v.members {
		found := false
		for _, o := range of.members {
			if o.name == m.name {
				found = true
				n += within(t, m.value, o.value, at+"/"+m.name)
			}
		}
		if !found {
			t.Errorf("%s/%s goes out, and should not", at, m.name)
		}
	}
	return n + 1
}

func (v *value) size() (n int) {
	for _, m := range v.members {
		n += m.value.size()
	}
	return n + 1
}

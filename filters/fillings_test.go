package filters_test

import (
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
)

// TestFillings: every text that a template may become, and no end where there is none.
func TestFillings(t *testing.T) {
	r := registry(t, "a.json", `{"$id": "https://x.test/a", "version": "1", "type": "object", "required": ["kind"], "properties": {
		"kind": {"categories": ["unrestricted"], "enum": ["a\u0062", 7, "c"], "type": "string"},
		"done": {"categories": ["unrestricted"], "type": "boolean"},
		"n": {"categories": ["unrestricted"], "enum": [1, null]},
		"free": {"categories": ["unrestricted"], "type": "string"}}}`,
		"b.json", `{"$id": "https://x.test/b", "version": "2", "type": "object"}`)
	a, both := []string{"https://x.test/a"}, []string(nil)
	for _, test := range []struct {
		text    string
		schemas []string
		closed  bool
		want    string // "-": no end
	}{
		{"x", both, true, "x"},
		{"", both, false, ""},
		{"{{e-{schema}-{version}}}", both, true, "{e-https://x.test/a-1} {e-https://x.test/b-2}"},
		{"e-{kind}", a, true, "e-ab e-c"},
		{"{kind|none}{done|?}", both, true, "ab? abfalse abtrue c? cfalse ctrue none? nonefalse nonetrue"},
		{"{schema}", []string{"https://x.test/b"}, true, "https://x.test/b"},
		{"{n|none}", a, true, "1 none null"},
		{"{free|none}", a, false, "-"},
		{"{__event_id__}", a, false, "-"},
		{"{kind}{kind}{kind}{kind}{kind}{kind}{kind}", a, true, "-"},
	} {
		f, _, err := filters.Compile(filters.Policy{Output: "o", Schemas: test.schemas, Templates: []filters.Template{{Use: "topic", Text: test.text, Closed: test.closed}}}, r)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		got, ok := f.Fillings(0, 100)
		if want := strings.Split(test.want, " "); ok != (test.want != "-") || ok && !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", test.text, got, ok, test.want)
		}
		if !ok {
			continue
		}
		if _, ok := f.Fillings(0, len(got)); !ok {
			t.Errorf("%q: %d are more than %d", test.text, len(got), len(got))
		}
		if got, ok := f.Fillings(0, len(got)-1); ok {
			t.Errorf("%q: more were asked for than there may be: %q", test.text, got)
		}
	}
}

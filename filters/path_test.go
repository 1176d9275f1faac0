package filters_test

import (
	"strings"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// Of several inputs only those whose paths have fields add them, and only
// theirs name persons, whichever stands first.
func TestPathsOfSeveralInputs(t *testing.T) {
	known := registry(t, "e.json", asked)
	pattern, wrong := inputs.NewPathPattern("/home/{username}/events.log", map[string][]string{"username": {"user-identifier"}})
	if wrong != nil {
		t.Fatal(wrong)
	}
	sources := []*inputs.Source{
		{Input: "before", Index: 0, Trusted: true}, {Input: "homes", Index: 1, Trusted: true, Pattern: pattern}, {Input: "after", Index: 2, Trusted: true},
	}
	said := []string{"ada"}
	all := compile(t, filters.Policy{Sources: sources, Categories: []string{"user-identifier"}, Templates: []filters.Template{{Use: "key", Text: "{__path__.username|none}"}}}, known)
	asks := compile(t, filters.Policy{Sources: sources, Categories: []string{"user-identifier"}, Consent: yes(&said, "drop")}, known)
	stranger := compile(t, filters.Policy{Categories: []string{"user-identifier"}, Consent: yes(&said, "deliver")}, known) // knows of no input
	if all.Asks() || !asks.Asks() {
		t.Error("who asks")
	}
	for i, source := range sources {
		l := newLines(t, known, schema.Rules{Source: source})
		l.from = source.At("/home/ada/events.log")
		for _, c := range []struct {
			f     *filters.Filter
			path  bool
			taken bool
		}{{all, i == 1, true}, {asks, i == 1, i == 1}, {stranger, false, true}} {
			got, taken := record(t, c.f, l, line(`{"action": "x"}`))
			if taken != c.taken || strings.Contains(got, `"__path__":{"username":"ada"}`) != c.path || strings.Contains(got, "ada") != c.path {
				t.Errorf("%s: %v %s", source.Input, taken, got)
			}
		}
	}
}

// A filter that was compiled without the input takes its paths for none, also
// where it is the first.
func TestPathsOfAnUnknownInput(t *testing.T) {
	known := registry(t, "e.json", asked)
	pattern, wrong := inputs.NewPathPattern("/home/{username}/events.log", map[string][]string{"username": {"user-identifier"}})
	if wrong != nil {
		t.Fatal(wrong)
	}
	source, said := &inputs.Source{Input: "homes", Trusted: true, Pattern: pattern}, []string(nil)
	l := newLines(t, known, schema.Rules{Source: source})
	l.from = source.At("/home/ada/events.log")
	f := compile(t, filters.Policy{Categories: []string{"user-identifier"}, Consent: yes(&said, "deliver")}, known)
	if got, taken := record(t, f, l, line(`{"action": "x"}`)); !taken || strings.Contains(got, "ada") {
		t.Errorf("%v %s", taken, got)
	}
}

// Tokens of a path stand beside those of members, and alone.
func TestTokensOfPaths(t *testing.T) {
	pattern, wrong := inputs.NewPathPattern("/home/{username}/events.log", map[string][]string{"username": {"user-identifier"}})
	if wrong != nil {
		t.Fatal(wrong)
	}
	source := &inputs.Source{Input: "homes", Trusted: true, Pattern: pattern}
	const alone = `{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {"action": {"categories": ["unrestricted"], "type": "string"}}}`
	for text, want := range map[string]string{
		asked: `,"user":"00000000000000000000000000000001","__path__":{"username":"00000000000000000000000000000002"}}`,
		alone: `,"action":"x","__path__":{"username":"00000000000000000000000000000001"}}`,
	} {
		known := registry(t, "e.json", text)
		l := newLines(t, known, schema.Rules{Source: source})
		l.from = source.At("/home/bob/events.log")
		p := filters.Policy{Sources: []*inputs.Source{source}, Metadata: []string{}, Tokens: numbered(), Actions: map[string]filters.Action{"user-identifier": {Action: "tokenize"}}}
		f := compile(t, p, known)
		event := `{"action": "x"}`
		if text == asked {
			event = `{"user": "ada"}`
		}
		if got, _ := record(t, f, l, line(event)); !strings.HasSuffix(got, want) || !f.Tokenizes() {
			t.Errorf("%v %s", f.Tokenizes(), got)
		}
		p.Actions = nil
		if compile(t, p, known).Tokenizes() {
			t.Error("tokens where nothing is tokenized")
		}
	}
}

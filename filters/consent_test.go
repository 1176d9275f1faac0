package filters_test

import (
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/tokens"
	"jupyter-events-agent/schema"
)

const asked = `{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {
	"action": {"categories": ["unrestricted"], "type": "string"},
	"user": {"categories": ["user-identifier"], "type": "string"},
	"guests": {"categories": ["user-identifier"], "type": "array", "items": {"type": "string"}}}}`

// yes is a Consent of those who say yes at the moment.
func yes(names *[]string, without string) *filters.Consent {
	return &filters.Consent{WithoutSubject: without, Yes: func(person []byte) bool { return slices.Contains(*names, string(person)) }}
}

// TestStillConsented: of each record of a batch the very persons of its event
// are asked again.
func TestStillConsented(t *testing.T) {
	r := registry(t, "e.json", asked)
	said := []string{"ada", "bob", "eve"}
	f := compile(t, filters.Policy{Consent: yes(&said, "deliver"), Templates: []filters.Template{{Use: "key", Text: "{action|none}"}}}, r)
	l := newLines(t, r, schema.Rules{})
	var a filters.Arena
	for range 2 { // and with an Arena that is used again
		a.Reset()
		var records []filters.Record
		for _, members := range []string{`{"user": "ada"}`, `{"user": "carol"}`, `{"user": "bob", "guests": ["ada"]}`, `{"action": "x"}`, `{"guests": ["eve", "ada", "bob"]}`, `{"user": "eve", "guests": ["carol"]}`, `{"user": "eve"}`} {
			e, fault := l.event(line(members))
			if fault != nil {
				t.Fatal(fault)
			}
			if r, taken := f.Apply(e, &a); taken {
				records = append(records, r)
			}
		}
		if n := a.Withheld()[filters.Unconsented]; n != 2 || len(records) != 5 {
			t.Fatalf("%d withheld, %d records", n, len(records))
		}
		for _, c := range []struct {
			says string
			want []bool
		}{
			{"ada bob eve", []bool{true, true, true, true, true}},
			{"ada eve", []bool{true, false, true, false, true}},
			{"bob eve", []bool{false, false, true, false, true}},
			{"", []bool{false, false, true, false, false}},
		} {
			said = strings.Fields(c.says)
			for i := range records {
				if got := f.Consented(&records[i]); got != c.want[i] {
					t.Errorf("%q say yes: record %d: %v", c.says, i, got)
				}
			}
		}
		said = []string{"ada", "bob", "eve"}
	}
}

// TestConsentDownstream: of an event that another agent has sent whom it is
// about is known as far as that agent has said it.
func TestConsentDownstream(t *testing.T) {
	known := derive(t, asked)
	said := []string{"ada"}
	f := compile(t, filters.Policy{Output: "next", Consent: yes(&said, "deliver")}, known)
	const head = `{"__schema__":"https://x.test/e","__schema_version__":"1","__timestamp__":"2026-11-22T14:20:46.000000Z",`
	l := newLines(t, known, schema.Rules{Envelope: schema.Agent})
	for members, want := range map[string]bool{
		`"user":"ada","__categories__":["user-identifier"]}`:                                                     true,
		`"user":"bob","__categories__":["user-identifier"]}`:                                                     false,
		`"action":"x","__categories__":["user-identifier"]}`:                                                     true,
		`"action":"x","__categories__":["unrestricted"],"__redacted__":["user-identifier"]}`:                     false,
		`"user":"ada","__categories__":["unrestricted"],"__redacted__":["user-identifier"]}`:                     false,
		`"action":"x","__path__":{"username":"ada"},"__categories__":["unrestricted","user-identifier"]}`:        true,
		`"action":"x","__path__":{"username":"bob"},"__categories__":["unrestricted","user-identifier"]}`:        false,
		`"action":"x","__p\u0061th__":{"in":[{"x":"bob"}]},"__categories__":["unrestricted","user-identifier"]}`: false,
		`"action":"x","__path__":{"username":"bob"}}`:                                                            false,
		`"action":"x","__path__":{"project":"bob"},"__categories__":["unrestricted"]}`:                           true,
		`"action":"x","__path__":["bob"],"__categories__":["unrestricted"]}`:                                     true,
		`"action":"x","__path__":[["bob"]],"__categories__":["user-identifier"]}`:                                false,
		`"action":"x","__path__":"bob","__categories__":["user-identifier"]}`:                                    false,
		`"user":"","__categories__":["user-identifier"]}`:                                                        true,
		`"action":"x","__path__":{"username":"","room":[""]},"__categories__":["user-identifier"]}`:              true,
		`"action":"x","__path__":{"username":"","room":"bob"},"__categories__":["user-identifier"]}`:             false,
		`"action":"x","__path__":{"username":null},"__categories__":["unrestricted","user-identifier"]}`:         true,
	} {
		e, fault := l.event(head + members)
		if fault != nil {
			t.Fatal(members, fault)
		}
		if _, taken := f.Apply(e, new(filters.Arena)); taken != want {
			t.Errorf("%s: taken %v", members, taken)
		}
	}
}

func TestConsentDiff(t *testing.T) {
	r := registry(t, "e.json", asked)
	none := []string{}
	plain := compile(t, filters.Policy{}, r)
	drop, deliver := compile(t, filters.Policy{Consent: yes(&none, "drop")}, r), compile(t, filters.Policy{Consent: yes(&none, "deliver")}, r)
	const persons, nobody = "(events about persons who have not said yes)", "(events about nobody)"
	for _, c := range []struct {
		before, after *filters.Filter
		want          map[string]bool // let out
	}{
		{plain, plain, nil}, {drop, drop, nil}, {nil, nil, nil},
		{plain, drop, map[string]bool{persons: false, nobody: false}}, {drop, plain, map[string]bool{persons: true, nobody: true}},
		{plain, deliver, map[string]bool{persons: false}}, {deliver, plain, map[string]bool{persons: true}},
		{drop, deliver, map[string]bool{nobody: true}}, {deliver, drop, map[string]bool{nobody: false}},
	} {
		changes := filters.Diff(filters.Fed{Filter: c.before}, filters.Fed{Filter: c.after})
		for _, change := range changes {
			if let, expected := c.want[change.Property]; !expected || let != change.LetOut || (change.After == "sent") != let {
				t.Errorf("%+v", change)
			}
		}
		if len(changes) != len(c.want) {
			t.Errorf("%d changes, want %v", len(changes), c.want)
		}
	}
}

// BenchmarkAsked: a record, with a token for its person, and where the person
// is asked first.
func BenchmarkAsked(b *testing.B) {
	known := registry(b, "e.json", asked)
	e, fault := newLines(b, known, schema.Rules{}).event(line(`{"action": "save", "user": "ada.lovelace@example.org"}`))
	if fault != nil {
		b.Fatal(fault)
	}
	said := map[string]bool{"ada.lovelace@example.org": true}
	tokenize := map[string]filters.Action{"user-identifier": {Action: "tokenize"}}
	for name, p := range map[string]filters.Policy{
		"neither": {}, "token": {Actions: tokenize, Tokens: tokens.Fresh().Scope},
		"consent": {Consent: &filters.Consent{Yes: func(person []byte) bool { return said[string(person)] }}},
	} {
		b.Run(name, func(b *testing.B) {
			p.Metadata = []string{}
			f := compile(b, p, known)
			var a filters.Arena
			b.ReportAllocs()
			for b.Loop() {
				a.Reset()
				f.Apply(e, &a)
			}
		})
	}
}

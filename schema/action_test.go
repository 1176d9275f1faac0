package schema

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
)

func TestActions(t *testing.T) {
	schema := func(action string) string {
		return `{"$id": "https://example.org/s", "version": "1", "properties": {"action": ` + action + `, "x": {"type": "string"}}}`
	}
	for text, want := range map[string][]string{
		schema(`{"enum": ["get", "save"], "categories": ["unrestricted"]}`):                         {"get", "save"},
		schema(`{"const": "get", "categories": ["unrestricted"]}`):                                  {"get"},
		schema(`{"enum": ["get", "save"], "categories": ["user-identifier"]}`):                      nil, // metrics have no policy
		schema(`{"enum": ["get", "save"]}`):                                                         nil,
		schema(`{"enum": ["get", 2], "categories": ["unrestricted"]}`):                              nil,
		schema(`{"type": "string", "categories": ["unrestricted"]}`):                                nil, // who wrote it could say anything
		`{"$id": "https://example.org/s", "version": "1", "properties": {"x": {"type": "string"}}}`: nil,
	} {
		s := load(t, text).Find("https://example.org/s", "1")
		if got := s.Actions(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestTally(t *testing.T) {
	r := load(t, `{"$id": "https://example.org/s", "version": "1", "properties": {"action": {"enum": ["get", "save"], "categories": ["unrestricted"]}, "x": {"type": "object"}}}`,
		`{"$id": "https://example.org/other", "version": "2"}`)
	const event = `{"__schema__": "https://example.org/%s", "__schema_version__": "%d", "__timestamp__": "2026-11-22T10:00:00Z"%s}`
	var tally Tally
	for _, line := range []string{
		fmt.Sprintf(event, "s", 1, `, "action": "save"`),
		fmt.Sprintf(event, "s", 1, `, "x": {"action": "get"}, "action": "save"`),
		fmt.Sprintf(event, "s", 1, `, "action": "get"`),
		fmt.Sprintf(event, "s", 1, `, "action": "g\u0065t"`),
		fmt.Sprintf(event, "s", 1, ""),
		fmt.Sprintf(event, "other", 2, `, "action": "secret"`),
	} {
		e, fault := checkLine(t, r, Rules{}, line)
		if fault != nil {
			t.Fatal(line, fault)
		}
		tally.Add(&e)
	}
	got := tally.Counted()
	slices.SortFunc(got, func(a, b Counted) int {
		return cmp.Or(cmp.Compare(b.Schema, a.Schema), cmp.Compare(a.Action, b.Action))
	})
	want := []Counted{
		{"https://example.org/s", "1", "", 2}, // one is escaped: it is not looked for
		{"https://example.org/s", "1", "get", 1},
		{"https://example.org/s", "1", "save", 2},
		{"https://example.org/other", "2", "", 1},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func BenchmarkTally(b *testing.B) {
	r := load(b, `{"$id": "https://example.org/s", "version": "1", "properties": {"action": {"enum": ["get", "save"], "categories": ["unrestricted"]}}}`)
	e, fault := checkLine(b, r, Rules{}, `{"__schema__": "https://example.org/s", "__schema_version__": "1", "__timestamp__": "2026-11-22T10:00:00Z", "a": {"b": [1, 2, 3]}, "c": "d", "action": "save"}`)
	if fault != nil {
		b.Fatal(fault)
	}
	var tally Tally
	b.ReportAllocs()
	for b.Loop() {
		tally.Add(&e)
	}
}

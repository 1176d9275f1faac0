package filters_test

import (
	"reflect"
	"testing"

	"jupyter-events-agent/filters"
)

func TestPieces(t *testing.T) {
	for text, want := range map[string][]filters.Piece{
		"":         nil,
		"jupyter":  {{Text: "jupyter"}},
		"e-{{{a}}": {{Text: "e-"}, {Text: "{"}, {Place: "a"}}, // what follows cannot be read
		"{schema}/{version}.{user/name|none}{__event_id__}{x|}": {
			{Place: "schema"}, {Text: "/"}, {Place: "version"}, {Text: "."},
			{Place: "user/name", Text: "none", OrElse: true}, {Place: "__event_id__"}, {Place: "x", OrElse: true},
		},
		"{schema|none}": {{Place: "schema"}}, // it always has a value
		"a{":            {{Text: "a"}},
	} {
		if got := (filters.Template{Text: text}).Pieces(); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v; want %+v", text, got, want)
		}
	}
}

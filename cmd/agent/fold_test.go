package main

import (
	"bytes"
	"slices"
	"testing"
)

func TestWrap(t *testing.T) {
	for text, want := range map[string][]string{
		"short":                          {"short"},
		"a text of several words":        {"a text of", "  several", "  words"},
		"one-very-long-word and another": {"one-very-l", "  ong-word", "  and", "  another"},
		"exactly 10":                     {"exactly 10"},
		"exactly 10 and more":            {"exactly 10", "  and more"},
		"":                               {""},
	} {
		if got := wrap(text, 10, 2); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFold(t *testing.T) {
	for line, want := range map[string][]string{
		"  note: a remark that is longer than the line": {"  note: a remark that is longer than the", "    line"},
		"  /a  sent    what goes on under its own column": {
			"  /a  sent    what goes on under its own",
			"              column",
		},
		"  /a/long/property  denied    what has too little room there, and so goes below": {
			"  /a/long/property  denied",
			"      what has too little room there,",
			"      and so goes below",
		},
		"a-word-of-more-than-forty-columns-in-all-ends": {"a-word-of-more-than-forty-columns-in-all", "  -ends"},
	} {
		if got := fold(line, 40); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	var out bytes.Buffer
	f := &folding{to: &out, columns: 10}
	for _, part := range []string{"a li", "ne\nand ", "another one\n"} {
		if _, err := f.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if got := out.String(); got != "a line\nand\n  another\n  one\n" {
		t.Errorf("%q", got)
	}
}

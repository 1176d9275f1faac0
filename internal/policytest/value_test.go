package policytest

import (
	"testing"

	"github.com/BurntSushi/toml"
)

func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`1`, `1.0`, true}, {`150e-2`, `1.5`, true}, {`1`, `2`, false}, {`12345678901234567890`, `12345678901234567891`, false},
		{`1e999999999`, `1e999999999`, true}, {`1e999999999`, `10e999999998`, false}, // too much work to find out
		{`1`, `"1"`, false}, {`"a"`, `"a"`, true}, {`null`, `null`, true}, {`null`, `false`, false}, {`true`, `true`, true},
		{`{"a": [1, {}]}`, `{"a": [1.0, {}]}`, true}, {`{"a": 1}`, `{"a": 1, "b": 2}`, false}, {`[]`, `{}`, false}, {`"x"`, `[]`, false}, {`[1]`, `[1, 2]`, false},
	} {
		a, err := decodeJSON([]byte(c.a))
		if err != nil {
			t.Fatal(err)
		}
		b, err := decodeJSON([]byte(c.b))
		if err != nil {
			t.Fatal(err)
		}
		if equal(a, b) != c.want || equal(b, a) != c.want {
			t.Errorf("%s and %s: want %v", c.a, c.b, c.want)
		}
	}
}

// TestTables: what is written as TOML is read as it was.
func TestTables(t *testing.T) {
	for _, text := range []string{
		`{}`, `{"a": 1, "b": -5, "c": 1.5, "d": true, "e": "x"}`, `{"a": {"b": [1, {"c": []}, "x"]}}`,
		`{"a.b": 1, "": 2, "ä b": 3, "quo\"te": 4}`, `{"a": "\u0000\u0001\u007f\n\t\\ \" ' '''  \u2028 <&> \ud83d\ude00 ä"}`,
		`{"a": null}`, `{"a": null, "b": "it's"}`, `{"a": 12345678901234567890}`, `{"a": 1e400}`, `{"a": 1e5}`, `{"a": 0.1}`, `{"a": -0}`,
	} {
		value, err := decodeJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		written := table(value.(map[string]any))
		var doc map[string]any
		if _, err := toml.Decode("v = "+written, &doc); err != nil {
			t.Errorf("%s is written as %s: %v", text, written, err)
			continue
		}
		back, wrong := fromTOML(doc["v"])
		if inner, isText := back.(string); isText {
			if back, err = decodeJSON([]byte(inner)); err != nil {
				t.Fatal(err)
			}
		}
		if wrong != "" || !equal(back, value) {
			t.Errorf("%s is written as %s, which is read as %s", text, written, said(back))
		}
	}
}

func TestHolds(t *testing.T) {
	event, err := decodeJSON([]byte(`{"who": "ada", "n": 4711, "m": 1.50, "deep": [{"a/b": "caf\u00e9"}], "t": true}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`"ada"`: "/who", `"ad"`: "/who", `4711`: "/n", `"4711"`: "/n", `1.5`: "/m", `"café"`: "/deep/0/a~1b", `"a/b"`: "/deep/0/a~1b",
		`471`: "", `"true"`: "", `"grace"`: "",
	} {
		what, err := decodeJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if at, held := holds(event, what); at != want || held != (want != "") {
			t.Errorf("%s: %q %v, want %q", text, at, held, want)
		}
	}
}

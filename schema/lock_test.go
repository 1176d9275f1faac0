package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// lockOf loads one schema with these properties and an overlay.
func lockOf(t *testing.T, properties, overlay string) *Registry {
	t.Helper()
	dir := t.TempDir()
	c := Config{Paths: []string{filepath.Join(dir, "e.json")}, Aliases: map[string]string{"PII": "personal"}}
	text := `{"$id": "https://x.test/e", "version": "1", "type": "object", ` + properties + `}`
	if err := os.WriteFile(c.Paths[0], []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if overlay != "" {
		c.Overlays = []string{filepath.Join(dir, "o.toml")}
		if err := os.WriteFile(c.Overlays[0], []byte("[[schema]]\nid = \"https://x.test/e\"\n"+overlay), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Load(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLock(t *testing.T) {
	const base = `"properties": {
		"a": {"categories": ["x", "y"], "type": "string"}, "none": {},
		"o": {"categories": ["x"], "type": "object", "properties": {"in": {"categories": ["deep"]}, "as": {"type": "string"}}},
		"p": {"categories": ["x"], "type": "object", "patternProperties": {"^a": {"categories": ["deep"]}, "z$": {"categories": ["y"]}}, "anyOf": [{"properties": {"c": {"categories": ["cond"]}}}]},
		"g": {"categories": ["w", "x"], "type": "object", "properties": {"empty": {"categories": [], "type": "string"}, "inner": {"categories": ["x", "w"], "type": "object", "properties": {"v": {"categories": ["x"], "type": "string"}}}, "less": {"categories": ["x"]}}, "anyOf": [{"properties": {"d": {"categories": ["x"]}}}]},
		"q": {"categories": ["x"], "type": "object", "patternProperties": {"^b": {"properties": {"v": {"categories": ["deep"]}}}}},
		"m": {"type": "object", "categories": ["x"], "additionalProperties": {"type": "object", "categories": ["deep"], "properties": {"in": {"categories": ["deeper"]}}}},
		"l": {"type": "array", "categories": ["x"], "items": {"categories": ["deep"], "type": "string"}}}`
	for _, c := range []struct {
		name    string
		change  [2]string // of base
		overlay string
		any     bool
		want    []string // with "FAILS " before what fails
	}{
		{name: "nothing"},
		{name: "only a text", change: [2]string{`"none": {}`, `"none": {"description": "d"}`}, want: []string{": its properties have the same categories; something else has changed"}},
		{name: "loses one", change: [2]string{`["x", "y"]`, `["x"]`}, want: []string{"FAILS /a: lost y"}},
		{name: "loses all", change: [2]string{`"categories": ["x", "y"], `, ``}, want: []string{"FAILS /a: lost its categories: x, y"}},
		{name: "nothing to protect any more", change: [2]string{`["x", "y"]`, `[]`}, want: []string{"FAILS /a: lost x, y"}},
		{name: "gains", change: [2]string{`["x", "y"]`, `["x", "y", "z"]`}, want: []string{"/a: gained z"}},
		{name: "one for another", change: [2]string{`["x", "y"]`, `["x", "z"]`}, want: []string{"FAILS /a: lost y", "/a: gained z"}},
		{name: "new, uncategorised", change: [2]string{`"none": {}`, `"none": {}, "fresh": {"type": "string"}`}, want: []string{"FAILS /fresh: is new and uncategorised"}},
		{name: "new, with categories", change: [2]string{`"none": {}`, `"none": {}, "fresh": {"categories": ["x"], "type": "string"}`}, want: []string{"/fresh: is new: x"}},
		{name: "new, and an overlay", change: [2]string{`"none": {}`, `"none": {}, "fresh": {"type": "string"}`}, overlay: "categories = { \"/fresh\" = [\"x\"] }", want: []string{"/fresh: is new: x"}},
		{name: "categorised", change: [2]string{`"none": {}`, `"none": {"categories": ["x"], "type": "string"}`}, want: []string{"/none: is no longer uncategorised, but x", "/none/*: is gone"}},
		{name: "an overlay replaces", overlay: "replace = true\ncategories = { \"/a\" = [\"x\"] }", want: []string{"FAILS /a: lost y"}},
		{name: "gone", change: [2]string{`"a": {"categories": ["x", "y"], "type": "string"},`, ``}, want: []string{"/a: is gone"}},
		{name: "nested, gone, and with it a category", change: [2]string{`"in": {"categories": ["deep"]}, `, ``},
			want: []string{`FAILS /o/in: is gone, and with it deep: what stands there may go out as whatever else /o holds`, "/o/in/*: is gone"}},
		{name: "nested, gone, as its parent", change: [2]string{`, "as": {"type": "string"}`, ``}, want: []string{"/o/as: is gone"}},
		{name: "its parent loses, and so does it", change: [2]string{`"o": {"categories": ["x"]`, `"o": {"categories": ["w"]`}, want: []string{"FAILS /o: lost x", "/o: gained w", "FAILS /o/as: lost x", "/o/as: gained w"}},
		{name: "root categories", change: [2]string{`"properties": {`, `"categories": ["r"], "properties": {`}, want: []string{"/a: gained r"}},
		{name: "of a condition", change: [2]string{`["cond"]`, `["other"]`}, want: []string{"FAILS /p/c (conditional): lost cond", "/p/c (conditional): gained other"}},
		{name: "of one pattern", change: [2]string{`"^a": {"categories": ["deep"]}`, `"^a": {"categories": ["w"]}`}, want: []string{"FAILS /p/{^a}: lost deep", "FAILS /p/{^a}{z$}: lost deep"}},
		{name: "a pattern, and another takes its words", change: [2]string{`"^a": {"categories": ["deep"]}, "z$": {"categories": ["y"]}`, `"^_": {"categories": ["deep"]}, "^a": {"categories": ["y"]}`},
			want: []string{"FAILS /p/{^a}: lost deep", "/p/{^a}: gained y", "/p/{^_}: is new: deep", "FAILS /p/{z$}: is gone, and with it y: what stands there may go out as whatever else /p holds"}},
		{name: "below a pattern", change: [2]string{`"^b": {"properties": {"v": {"categories": ["deep"]}}}`, `"^b": {"properties": {"v": {"categories": []}}}`}, want: []string{"FAILS /q/{^b}/v: lost deep"}},
		{name: "a pattern and all below it", change: [2]string{`"^b": {"properties": {"v": {"categories": ["deep"]}}}`, `"^c": {"categories": ["x"]}`},
			want: []string{"/q/{^b}: is gone", "FAILS /q/{^b}/v: is gone, and with it deep: what stands there may go out as whatever else /q holds"}},
		{name: "one of all others", change: [2]string{`"m": {"type": "object", "categories": ["x"]`, `"m": {"type": "object", "categories": ["x"], "properties": {"s": {"categories": []}, "t": {"categories": ["x", "deep"]}}`},
			want: []string{"FAILS /m/s: is new: []; it was one of /m/{*}, and lost deep", "/m/t: is new: deep, x"}},
		{name: "a pattern of all others", change: [2]string{`"m": {"type": "object", "categories": ["x"]`, `"m": {"type": "object", "categories": ["x"], "patternProperties": {"^s": {"type": "object", "categories": ["deep"], "properties": {"in": {"categories": ["x"]}}}}`},
			want: []string{"/m/{^s}: is new: deep", "FAILS /m/{^s}/in: is new: x; it was one of /m/{*}/in, and lost deeper"}},
		{name: "a position of the items", change: [2]string{`"items": {"categories": ["deep"]`, `"items": [{"categories": ["x"]}], "additionalItems": {"categories": ["deep"]`},
			want: []string{"FAILS /l/0: is new: x; it was one of /l/*, and lost deep"}},
		{name: "any: nothing", any: true},
		{name: "any: gains", any: true, change: [2]string{`["x", "y"]`, `["x", "y", "z"]`}, want: []string{`FAILS /a: gained z, by which match = "any" may let it out`}},
		{name: "any: gains what opens nothing", any: true, change: [2]string{`["x", "y"]`, `["x", "y", "unrestricted", "level:low"]`}, want: []string{"/a: gained level:low, unrestricted"}},
		{name: "any: was open", any: true, change: [2]string{`"in": {"categories": ["deep"]}`, `"in": {"categories": []}`}, want: []string{"FAILS /o/in: lost deep"}},
		{name: "any: one for another", any: true, change: [2]string{`["x", "y"]`, `["x", "z"]`}, want: []string{"FAILS /a: lost y", `FAILS /a: gained z, by which match = "any" may let it out`}},
		{name: "any: nested, gone, as its parent", any: true, change: [2]string{`, "as": {"type": "string"}`, ``}, want: []string{"/o/as: is gone"}},
		{name: "nested, gone, less than its parent", change: [2]string{`, "less": {"categories": ["x"]}`, ``}, want: []string{"/g/less: is gone"}},
		{name: "any: nested, gone, less than its parent", any: true, change: [2]string{`, "less": {"categories": ["x"]}`, ``},
			want: []string{`FAILS /g/less: is gone: by w of /g match = "any" may let out what stands there`}},
		{name: "any: nested, gone, open", any: true, change: [2]string{`"empty": {"categories": [], "type": "string"}, `, ``}, want: []string{"/g/empty: is gone"}},
		{name: "any: nested, gone, with what held it", any: true, change: [2]string{`"inner": {"categories": ["x", "w"], "type": "object", "properties": {"v": {"categories": ["x"], "type": "string"}}}, `, ``},
			want: []string{"/g/inner: is gone", `FAILS /g/inner/v: is gone: by w of /g match = "any" may let out what stands there`}},
		{name: "any: conditional, gone", any: true, change: [2]string{`, "anyOf": [{"properties": {"c": {"categories": ["cond"]}}}]`, ``},
			want: []string{"FAILS /p/c (conditional): is gone, and with it cond: what stands there may go out as whatever else /p holds"}},
		{name: "any: conditional, gone, with nothing of its own", any: true, change: [2]string{`, "anyOf": [{"properties": {"d": {"categories": ["x"]}}}]`, ``}, want: []string{"/g/d (conditional): is gone"}},
		{name: "any: top level, gone", any: true, change: [2]string{`"a": {"categories": ["x", "y"], "type": "string"},`, ``}, want: []string{"/a: is gone"}},
		{name: "any: one of all others", any: true, change: [2]string{`"m": {"type": "object", "categories": ["x"]`, `"m": {"type": "object", "categories": ["x"], "properties": {"t": {"categories": ["x", "deep"], "type": "string"}}`},
			want: []string{`FAILS /m/t: is new: deep, x; it was one of /m/{*}, and gained x, by which match = "any" may let it out`}},
		{name: "any: new", any: true, change: [2]string{`"none": {}`, `"none": {}, "fresh": {"categories": ["x"], "type": "string"}`}, want: []string{"/fresh: is new: x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := lockOf(t, base, "")
			lock, err := ReadLock(before.Lock().Text())
			if err != nil {
				t.Fatal(err)
			}
			text := base
			if c.change[0] != "" {
				if text = strings.Replace(base, c.change[0], c.change[1], 1); text == base {
					t.Fatal("the change changes nothing")
				}
			}
			var got []string
			for _, d := range lock.Drift(lockOf(t, text, c.overlay), c.any) {
				line := d.Property + ": " + d.Change
				if d.Fails {
					line = "FAILS " + line
				}
				got = append(got, line)
			}
			for _, want := range c.want {
				if !slices.Contains(got, want) {
					t.Errorf("%s is missing", want)
				}
			}
			fails := func(s string) bool { return strings.HasPrefix(s, "FAILS") }
			if slices.ContainsFunc(got, fails) != slices.ContainsFunc(c.want, fails) || len(c.want) == 0 && len(got) > 0 || t.Failed() {
				t.Errorf("got\n%s", strings.Join(got, "\n"))
			}
		})
	}
}

func TestLockOfOtherSchemas(t *testing.T) {
	old := &Lock{schemas: []locked{{ID: "https://x.test/gone", Version: "1", Hash: "sha256:1", Properties: map[string][]string{"/a": {"x"}}}}}
	var got []string
	for _, d := range old.Drift(lockOf(t, `"properties": {"a": {"categories": ["PII"]}, "b": {}}`, ""), false) {
		got = append(got, fmt.Sprintf("%s %s %s %v", d.Schema, d.Property, d.Change, d.Fails))
	}
	want := []string{
		"https://x.test/e  the schema is new false", "https://x.test/e /b is new and uncategorised true", "https://x.test/e /b/* is new and uncategorised true",
		"https://x.test/gone  the schema is gone false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// TestLockAliases: a category that is called otherwise now goes out where that
// goes, which somebody has to accept: once, and not as a loss at each place.
func TestLockAliases(t *testing.T) {
	r := lockOf(t, `"properties": {"a": {"categories": ["personal"]}, "b": {"categories": ["personal"]}}`, "")
	old := r.Lock()
	old.schemas[0].Hash, old.schemas[0].Properties["/a"], old.schemas[0].Properties["/b"] = "", []string{"PII"}, []string{"PII"}
	want := []Drift{{"https://x.test/e", "1", "", "PII is called personal now, by categories.aliases: it goes out wherever that goes", true}}
	if got := old.Drift(r, false); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestReadLock(t *testing.T) {
	for text, want := range map[string]string{
		"format = 1":               "format 1",
		"":                         "format 0",
		"format = 2\nother = 3":    `unknown key "other"`,
		"{":                        "is no lock file",
		"format = 2\nschema = 'x'": "is no lock file",
	} {
		if _, err := ReadLock([]byte(text)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "schema lock") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

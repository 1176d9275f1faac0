package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// tree writes files below a new folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func event(id string) string { return fmt.Sprintf(`{"$id": %q, "version": 1}`, id) }

func TestLoadPaths(t *testing.T) {
	dir := tree(t, map[string]string{
		"one.json":                  event("urn:one"),
		"folder/two.yaml":           event("urn:two"),
		"folder/deep/er/three.yml":  event("urn:three"),
		"folder/.hidden/four.yaml":  event("urn:four"),
		"folder/readme.md":          "no schema",
		"lib/a/event_schemas/x.yml": event("urn:x"),
		"lib/b/event-schemas/y.yml": event("urn:y"),
		"lib/b/other/z.yml":         event("urn:z"),
	})
	if err := os.Symlink(filepath.Join(dir, "one.json"), filepath.Join(dir, "folder", "link.json")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		paths []string
		want  string
	}{
		{[]string{"one.json"}, "urn:one"},
		{[]string{"folder"}, "urn:one urn:three urn:two"},
		{[]string{"folder/*"}, "urn:one urn:three urn:two"},
		{[]string{"lib/*/event*schemas/**/*.yml"}, "urn:x urn:y"},
		{[]string{"**/*.yml", "one.json", "one.json"}, "urn:one urn:three urn:x urn:y urn:z"},
		{nil, ""},
	} {
		var full []string
		for _, p := range c.paths {
			full = append(full, filepath.Join(dir, p))
		}
		r, err := Load(Config{Paths: full})
		if err != nil {
			t.Errorf("%v: %v", c.paths, err)
		}
		if got := strings.Join(r.IDs(), " "); got != c.want {
			t.Errorf("%v: %s, want %s", c.paths, got, c.want)
		}
	}
}

func TestLoadMistakes(t *testing.T) {
	dir := tree(t, map[string]string{
		"list.json":      `[1]`,
		"noid.yaml":      `version: 1`,
		"noversion.yaml": `$id: urn:lib`,
		"meta.yaml":      "$id: http://event.jupyter.org/event-schema\nversion: '1'",
		"version.yaml":   "$id: urn:v\nversion: 1.5",
		"broken.json":    `{"$id": "urn:b"`,
		"twice.json":     `{"$id": "urn:b", "$id": "urn:c", "version": 1}`,
		"twice.yaml":     "$id: urn:b\nversion: 1\nversion: 2",
		"broken.yaml":    "a: [",
		"first.yaml":     "$id: a: b",
		"second.yaml":    "$id: urn:b\nversion: a: b",
		"octet.yaml":     "$id: urn:b\n\nversion: \xff",
		"control.yaml":   "$id: urn:b\nversion: \x01",
		"ends.json":      "{\n  \"$id\": \"urn:b\",\n  \"version\": \"1\"\n",
		"comma.json":     "{\n  \"$id\": \"urn:b\"\n  \"version\": 1}",
		"value.json":     "{\n  \"a\": 1,\n  \"b\": trx}",
		"after.json":     `{} {}`,
		"cycle.yaml":     "$id: urn:c\nversion: 1\nproperties: &p {a: {properties: *p}}",
		"bomb.yaml":      bomb(),
		"pattern.json":   `{"$id": "urn:p", "version": 1, "properties": {"a": {"patternProperties": {"^(?!x)": {}}}}}`,
		"type.json":      `{"$id": "urn:t", "version": 1, "type": "strange"}`,
		"text.txt":       `{}`,
	})
	for name, want := range map[string]string{
		"list.json":      "is no event schema: it is not a JSON object",
		"noid.yaml":      "it has no $id",
		"noversion.yaml": "it has no version",
		"meta.yaml":      "it is a schema of schemas",
		"version.yaml":   `#/version: is neither a text nor a whole number`,
		"broken.json":    "line 1, column 16: not JSON: the file ends in the middle: close every",
		"twice.json":     `line 1, column 23: the member "$id" stands twice in one object: take one out`,
		"twice.yaml":     `"version" stands twice`,
		"broken.yaml":    "not YAML: line 1: ",
		"first.yaml":     "not YAML: line 1: mapping values are not allowed in this context: see that",
		"second.yaml":    "not YAML: line 2: mapping values are not allowed in this context: see that",
		"octet.yaml":     "not YAML: line 3: invalid leading UTF-8 octet: save it as UTF-8",
		"control.yaml":   "not YAML: line 2: control characters are not allowed: save it",
		"ends.json":      "line 3, column 17: not JSON: the file ends in the middle",
		"value.json":     "line 3, column 8: not JSON: invalid character 'x' in literal true (expecting 'u'): see whether",
		"comma.json":     "line 3, column 3: not JSON: invalid character '\"' after object key:value pair: see whether a comma",
		"after.json":     "something after the JSON value",
		"cycle.yaml":     "nested more than 200 deep",
		"bomb.yaml":      "more than 500000 values",
		"pattern.json":   "#/properties/a/patternProperties/^(?!x): the agent cannot use this regular expression",
		"type.json":      "type",
		"text.txt":       "is not .json, .yaml or .yml",
		"none.json":      "no such file",
	} {
		_, err := Load(Config{Paths: []string{filepath.Join(dir, name)}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v\nwant %s", name, err, want)
		}
	}
	// All at once, and what is found in a folder need not be a schema.
	r, err := Load(Config{Paths: []string{dir, filepath.Join(dir, "*.nothing")}, Catalog: true})
	for _, name := range []string{"version.yaml", "broken.json", "twice.json", "twice.yaml", "broken.yaml", "after.json", "cycle.yaml", "bomb.yaml", "pattern.json", "type.json"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not among the mistakes", name)
		}
	}
	warnings := strings.Join(r.Warnings(), "\n")
	for _, name := range []string{"list.json", "noid.yaml", "noversion.yaml", "meta.yaml", "*.nothing"} {
		if strings.Contains(err.Error(), name) || !strings.Contains(warnings, name) {
			t.Errorf("%s: has to be a warning:\n%s", name, warnings)
		}
	}
	if r.Find("hub.jupyter.org/server-action", "1") == nil {
		t.Error("the schemas that are right are not there")
	}
}

// TestNothingThere: a folder without schemas is said as a glob without a match.
func TestNothingThere(t *testing.T) {
	dir := tree(t, map[string]string{"empty/readme.txt": "", "empty/below/.hidden.json": "{}", "full/below/a.json": `{"$id": "urn:a", "version": 1}`})
	r, err := Load(Config{Paths: []string{filepath.Join(dir, "empty"), filepath.Join(dir, "emp*"), filepath.Join(dir, "full"), filepath.Join(dir, "ful*")}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		filepath.Join(dir, "empty") + ": no schema file is in it: there is no .json, .yaml or .yml",
		filepath.Join(dir, "emp*") + ": matches no schema file: no .json, .yaml or .yml",
	}
	if got := r.Warnings(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// bomb is a small file that stands for a large document.
func bomb() string {
	var b strings.Builder
	b.WriteString("$id: urn:bomb\nversion: 1\nx0: &x0 [a, a, a, a, a, a, a, a, a, a]\n")
	for i := range 8 {
		fmt.Fprintf(&b, "x%d: &x%d [%s*x%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*x%d, ", i), 9), i)
	}
	return b.String()
}

func TestYAMLIsReadAsJSON(t *testing.T) {
	docs, old, err := decodeYAML([]byte(`
base: &base {type: string, title: base}
merged: {<<: *base, title: own}
both: {<<: [{a: 1}, {a: 2, b: 2}]}
date: 2020-01-01
stamp: 2020-01-01T00:00:00Z
octal: 0o17
hex: 0xff
big: 123456789012345678901234567890
float: 1.50
plus: +5
half: .5
empty:
yes: "no"
state: [on, "off", true]
1: one
text: !!str 5
`))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"1":"one","base":{"title":"base","type":"string"},"big":123456789012345678901234567890,"both":{"a":1,"b":2},` +
		`"date":"2020-01-01","empty":null,"float":1.50,"half":0.5,"hex":255,"merged":{"title":"own","type":"string"},"octal":15,` +
		`"plus":5,"stamp":"2020-01-01T00:00:00Z","state":["on","off",true],"text":"5","yes":"no"}`
	if got := compact(docs[0]); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if len(old) != 2 {
		t.Errorf("words that PyYAML reads otherwise: %q", old)
	}
}

func TestVersions(t *testing.T) {
	r := loadTexts(t, Config{},
		"$id: urn:a\nversion: 1\nproperties: {a: {type: string, categories: [x]}}",
		"$id: urn:a\nversion: '1'\nproperties: {a: {type: string, categories: [y]}}",
		"$id: urn:a\nversion: '01'", "$id: urn:a\nversion: 10", "$id: urn:a\nversion: 2", "$id: urn:hash#\nversion: v1")
	var versions []string
	for _, s := range r.Versions("urn:a") {
		versions = append(versions, s.Version())
	}
	if got := strings.Join(versions, " "); got != "01 1 2 10" {
		t.Errorf("versions %s", got)
	}
	if got := r.Find("urn:a", "1").Places()[2].Categories; !slices.Equal(got, []string{"x", "y"}) {
		t.Errorf("version 1 and \"1\": categories %v", got)
	}
	if s := r.Find("urn:hash#", "v1"); s == nil || s.ID() != "urn:hash" || r.Find("urn:hash", "v1") != s {
		t.Error("a trailing # makes another schema")
	}
	for i, s := range r.Schemas() {
		if s.Index() != i {
			t.Errorf("schema %d says it is %d", i, s.Index())
		}
	}
}

func TestAliases(t *testing.T) {
	var m messages
	ends := resolveAliases(map[string]string{
		"a": "b", "b": "c", "PII": "category.jupyter.org/user-identifier", "category.jupyter.org/user-identifier": "user-identifier",
		"category.jupyter.org/action-timestamp": "time",
	}, &m)
	for name, want := range map[string]string{"a": "c", "b": "c", "c": "c", "PII": "user-identifier", "action-timestamp": "time",
		"category.jupyter.org/action-timestamp": "time", "category.jupyter.org/unrestricted": "unrestricted", "category.jupyter.org/other": "category.jupyter.org/other"} {
		if got := resolve(ends, name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if len(m.mistakes) > 0 {
		t.Error(m.mistakes)
	}
	for _, wrong := range []map[string]string{
		{"a": "a"}, {"a": "b", "b": "c", "c": "b"}, {"a": "unrestricted"}, {"a": "b", "b": "category.jupyter.org/unrestricted"},
		{"unrestricted": "secret"}, {"category.jupyter.org/unrestricted": "secret"},
		{"user-identifier": "a", "category.jupyter.org/user-identifier": "b"},
	} {
		if _, err := Load(Config{Aliases: wrong}); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}

func TestMatch(t *testing.T) {
	r := loadTexts(t, Config{Catalog: true})
	for _, c := range []struct {
		patterns []string
		want     int
	}{
		{[]string{"https://schema.jupyter.org/*"}, 4},
		{[]string{"hub.jupyter.org/server-action"}, 1},
		{[]string{"https://events.jupyter.org/jupyter_server/*/v1", "*/kernel_actions/*"}, 3},
		{[]string{"*"}, len(r.Schemas())},
		{[]string{"https://events.jupyter.org"}, 0},
		{nil, 0},
	} {
		if got := r.Match(c.patterns); len(got) != c.want {
			t.Errorf("%v: %d schemas, want %d", c.patterns, len(got), c.want)
		}
	}
}

// A schema whose parts refer to one another describes more places the deeper
// one looks; the agent takes what it can hold and refuses the rest, soon.
func TestBoundedGrowth(t *testing.T) {
	var doubling, mutual, wide strings.Builder
	doubling.WriteString("$id: urn:d\nversion: 1\nproperties: {top: {categories: [x], $ref: '#/definitions/d0'}}\ndefinitions:\n  d40: {type: string}\n")
	for i := range 40 {
		fmt.Fprintf(&doubling, "  d%d: {type: object, properties: {a: {$ref: '#/definitions/d%d'}, b: {$ref: '#/definitions/d%d'}}}\n", i, i+1, i+1)
	}
	mutual.WriteString("$id: urn:m\nversion: 1\nproperties: {top: {categories: [x], $ref: '#/definitions/m0'}}\ndefinitions:\n")
	for i := range 12 {
		fmt.Fprintf(&mutual, "  m%d: {type: object, properties: {", i)
		for j := range 12 {
			fmt.Fprintf(&mutual, "p%d: {$ref: '#/definitions/m%d'}, ", j, j)
		}
		mutual.WriteString("}}\n")
	}
	wide.WriteString("$id: urn:w\nversion: 1\nproperties:\n")
	for i := range 300 {
		fmt.Fprintf(&wide, "  t%d: {categories: [c%d], $ref: '#/definitions/d'}\n", i, i)
	}
	wide.WriteString("definitions: {d: {type: object, properties: {")
	for i := range 300 {
		fmt.Fprintf(&wide, "p%d: {type: string}, ", i)
	}
	wide.WriteString("}}}\n")
	for name, c := range map[string]struct{ text, want string }{
		"doubling": {doubling.String(), ""}, "mutual": {mutual.String(), ""}, "wide": {wide.String(), "describes too much"},
	} {
		start := time.Now()
		dir := tree(t, map[string]string{"s.yaml": c.text})
		r, err := Load(Config{Paths: []string{dir}})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s took %v", name, d)
		}
		if err == nil {
			t.Logf("%s: %d places in %v", name, len(r.Schemas()[0].Places()), time.Since(start))
		}
	}
}

func TestManySchemas(t *testing.T) {
	files := map[string]string{}
	for i := range 1000 {
		files[fmt.Sprintf("%d.json", i)] = fmt.Sprintf(`{"$id": "https://example.org/%d", "version": "1", "type": "object", "required": ["action"], "properties": {
			"action": {"enum": ["a", "b"], "categories": ["unrestricted"]}, "p%d": {"type": "string", "categories": ["c%d"]},
			"user": {"type": "object", "categories": ["u"], "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}},
			"cells": {"type": "array", "categories": ["u"], "items": {"type": "object", "properties": {"id": {"type": "string"}}}}}}`, i, i, i)
	}
	dir := tree(t, files)
	start := time.Now()
	r, err := Load(Config{Paths: []string{dir}, Catalog: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Match([]string{"https://example.org/*"})) != 1000 {
		t.Error("not all are there")
	}
	t.Logf("%d schemas in %v", len(r.Schemas()), time.Since(start))
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("loading took %v", d)
	}
}

package schema

import (
	"os"
	"path/filepath"
	"testing"
)

// TestText: what a schema says for people comes from where it says it most plainly.
func TestText(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(file, []byte(`
$id: https://example.org/a
version: "1"
title: A
description: All of it.
definitions:
  name: {type: string, description: A name.}
properties:
  own: {description: Own., title: not this, $ref: '#/definitions/name'}
  title: {title: Title}
  referred: {$ref: '#/definitions/name'}
  added: {allOf: [{title: Added}], anyOf: [{title: not this}]}
  branch: {anyOf: [{description: Of a branch.}]}
  none: {}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Load(Config{Paths: []string{file}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range r.Schemas()[0].Places()[1:] {
		got[p.Pointer] = p.Text
	}
	for pointer, want := range map[string]string{
		"": "All of it.", "/own": "Own.", "/title": "Title", "/referred": "A name.", "/added": "Added",
		"/branch": "Of a branch.", "/none": "",
	} {
		if got[pointer] != want {
			t.Errorf("%q says %q, want %q", pointer, got[pointer], want)
		}
	}
}

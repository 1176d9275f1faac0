package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// What is no wider takes no event that was refused, as far as the keywords tell.
func TestNoWider(t *testing.T) {
	load := func(keywords string) *Schema {
		dir := t.TempDir()
		for name, text := range map[string]string{
			"e.json": fmt.Sprintf(`{"$id": "urn:e", "version": "1", %s}`, keywords),
			"o.json": `{"$id": "urn:o", "version": "1", "type": "string"}`, "p.json": `{"$id": "urn:p", "version": "1", "$ref": "urn:o"}`,
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Load(Config{Paths: []string{dir}})
		if err != nil {
			t.Fatal(keywords, err)
		}
		return r.Find("urn:e", "1")
	}
	for _, c := range []struct {
		was, is string
		want    bool
	}{
		{`"type": "object"`, `"type": "object"`, true},
		{`"type": "object"`, `"type": "object", "categories": ["a"], "description": "b"`, true},
		{`"properties": {"a": {"enum": [1, 2]}}`, `"properties": {"a": {"enum": [2]}, "b": {}}`, true},
		{`"properties": {"a": {"enum": [2]}}`, `"properties": {"a": {"enum": [1, 2]}}`, false},
		{`"properties": {"a": {"type": "string"}}`, `"properties": {"a": {"type": "number"}}`, false},
		{`"properties": {"a": {"type": "string"}}`, `"properties": {"a": {}}`, false},
		{`"properties": {"a": {"type": "string"}}`, `"properties": {"b": {"type": "string"}}`, false},
		{`"properties": {"a": true}`, `"properties": {"a": {"type": "string"}}`, true},
		{`"properties": {"a": {"type": "string"}}`, `"properties": {"a": true}`, false},
		{`"properties": {"a": {"type": "string"}}`, `"properties": {"a": false}`, true},
		{`"properties": {"a": {"maxLength": 3}}`, `"properties": {"a": {"maxLength": 4}}`, false},
		{`"properties": {"a": {"maxLength": 3}}`, `"properties": {"a": {"maxLength": 3, "pattern": "b"}}`, true},
		{`"additionalProperties": false`, `"additionalProperties": false, "properties": {"a": {}}`, false},
		{`"additionalProperties": false, "properties": {"b": {}}`, `"additionalProperties": false, "properties": {"a": {}, "b": {}}`, false},
		{`"additionalProperties": false`, `"type": "object"`, false},
		{`"type": "object"`, `"type": "object", "additionalProperties": false`, true},
		{`"additionalProperties": {"type": "string"}`, `"additionalProperties": false`, true},
		{`"additionalProperties": false`, `"additionalProperties": {"type": "string"}`, false},
		{`"required": ["a"]`, `"required": ["a", "b"]`, true},
		{`"required": ["a", "b"]`, `"required": ["a"]`, false},
		{`"type": "object"`, `"type": "object", "required": ["a"]`, true},
		{`"properties": {"a": {"items": {"type": "string"}}}`, `"properties": {"a": {}}`, false},
		{`"properties": {"a": {}}`, `"properties": {"a": {"items": {"type": "string"}}}`, false}, // not looked at
		{`"properties": {"a": {"not": {"type": "string"}}}`, `"properties": {"a": {"not": {"type": "string", "minLength": 1}}}`, false},
		{`"properties": {"a": {"type": "string", "maxLength": 1}}`, `"properties": {"a": {"$ref": "#/definitions/b", "type": "string", "maxLength": 1}}, "definitions": {"b": {}}`, false},
		{`"unevaluatedProperties": false`, `"unevaluatedProperties": false, "additionalProperties": true`, false},
		{`"properties": {"a": {"$ref": "urn:o"}}`, `"properties": {"a": {"$ref": "urn:o"}, "b": {"type": "string"}}`, true},
		{`"properties": {"a": {"$ref": "urn:o"}}`, `"properties": {"a": {"$ref": "urn:p"}}`, false},
		{`"properties": {"b": {"$ref": "urn:o"}}`, `"properties": {"a": {"$ref": "urn:p"}, "b": {"$ref": "urn:o"}}`, true},
		// What is referred to from a place that negates it refuses more where less is taken.
		{`"properties": {"a": {"type": "string"}, "b": {"not": {"$ref": "#/properties/a"}}}`, `"properties": {"a": {"type": "string", "maxLength": 1}, "b": {"not": {"$ref": "#/properties/a"}}}`, false},
		{`"properties": {"a": {"type": "string"}, "b": {"oneOf": [{"$ref": "#/properties/a"}, {"minLength": 3}]}}`, `"properties": {"a": {"type": "string", "maxLength": 1}, "b": {"oneOf": [{"$ref": "#/properties/a"}, {"minLength": 3}]}}`, false},
		{`"properties": {"b": {"not": {"$ref": "#"}}}`, `"required": ["x"], "properties": {"b": {"not": {"$ref": "#"}}}`, false},
		{`"properties": {"b": {"$ref": "#/properties/a"}, "a": {}}`, `"properties": {"b": {"$ref": "#/properties/a"}, "a": false}`, false}, // not looked at
		{`"properties": {"b": {"$ref": "#/definitions/s"}}, "definitions": {"s": {}}`, `"properties": {"b": {"$ref": "#/definitions/s"}, "c": {"$ref": "#/definitions/t"}}, "definitions": {"s": {}, "t": {"minLength": 1}}`, true},
		{`"properties": {"b": {"$ref": "#/definitions/s"}}, "definitions": {"s": {"minLength": 1}}`, `"properties": {"b": {"$ref": "#/definitions/s"}}, "definitions": {"s": {}}`, false},
		{`"properties": {"b": {"$ref": "#/definitions/s"}}, "definitions": {"s": {"$ref": "#/definitions/t"}, "t": {"minLength": 1}}`, `"properties": {"b": {"$ref": "#/definitions/s"}}, "definitions": {"s": {"$ref": "#/definitions/t"}, "t": {}}`, false},
		{`"properties": {"b": {"$ref": "#/default"}}, "default": {"minLength": 1}`, `"properties": {"b": {"$ref": "#/default"}}, "default": {}`, false},
		{`"properties": {"b": {"$ref": "#/default"}}, "default": {"minLength": 1}`, `"properties": {"b": {"$ref": "#/default"}}, "default": {"minLength": 1, "title": "a"}`, true},
		{`"properties": {"b": {"$ref": "#/x/title"}}, "x": {"title": {"minLength": 1}}`, `"properties": {"b": {"$ref": "#/x/title"}}, "x": {"title": {}}`, false},
		// Names of members are no keywords, nor is what stands in values.
		{`"dependentRequired": {"level": ["reason"]}`, `"dependentRequired": {}`, false},
		{`"dependencies": {"level": ["reason"]}`, `"dependencies": {"level": []}`, false},
		{`"dependencies": {"level": {"required": ["a"]}}`, `"dependencies": {"level": {}}`, false},
		{`"dependencies": {"a": {"title": "b"}}`, `"dependencies": {"a": {"title": "c"}}`, true},
		{`"patternProperties": {"title": {"type": "string"}}`, `"patternProperties": {"title": {}}`, false},
		{`"properties": {"title": {"const": {"title": 1}}}`, `"properties": {"title": {"const": {"title": 2}}}`, false},
		{`"properties": {"title": {"enum": [{"title": 1}]}}`, `"properties": {"title": {"enum": [{"title": 2}]}}`, false},
		{`"properties": {"a": {"not": {"properties": {"level": {"type": "string"}}}}}`, `"properties": {"a": {"not": {"properties": {"level": {}}}}}`, false},
		{`"properties": {"a": {"not": {"title": "b"}}}`, `"properties": {"a": {"not": {"title": "c"}}}`, true},
		// What is called differently is something else to who refers to it.
		{`"properties": {"a": {"$id": "urn:x", "type": "string"}, "b": {"$id": "urn:y", "type": "number"}, "c": {"$ref": "urn:x"}}`, `"properties": {"a": {"$id": "urn:y", "type": "string"}, "b": {"$id": "urn:x", "type": "number"}, "c": {"$ref": "urn:x"}}`, false},
		{`"properties": {"c": {"$ref": "#f"}, "z": {"$id": "#f", "type": "string"}}`, `"properties": {"a": {"$id": "#f"}, "c": {"$ref": "#f"}, "z": {"$id": "#f", "type": "string"}}`, false},
		{`"properties": {"a": {}}`, `"properties": {"a": {}, "b": {"$id": "urn:b"}}`, false}, // not looked at
	} {
		if got := load(c.is).NoWider(load(c.was)); got != c.want {
			t.Errorf("%s after %s: %v", c.is, c.was, got)
		}
	}
	other := load(`"properties": {"a": {"$ref": "urn:p"}}`)
	changed := *load(`"properties": {"a": {"$ref": "urn:p"}}`)
	if !other.NoWider(&changed) {
		t.Error("the same documents are not the same")
	}
}

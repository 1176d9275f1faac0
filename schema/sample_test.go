package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// TestSamplesOfTheCatalog: what ships has samples, in every envelope, with every
// place that a schema declares.
func TestSamplesOfTheCatalog(t *testing.T) {
	r, err := schema.Load(schema.Config{Catalog: true, Derived: true})
	if err != nil {
		t.Fatal(err)
	}
	trusted := &inputs.Source{Input: "hub", Trusted: true}
	for _, rules := range []schema.Rules{{}, {Envelope: schema.Agent, Source: trusted}, {Envelope: schema.BinderHub}} {
		c, err := r.Checker(rules)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Schemas() {
			line, ok := c.Sample(s)
			if !ok {
				t.Errorf("%q: %s has no sample: %s", rules.Envelope, s.ID(), line)
				continue
			}
			again, _ := c.Sample(s)
			if string(again) != string(line) {
				t.Errorf("another sample the second time: %s, %s", line, again)
			}
			covers(t, c, s, line)
		}
	}
}

// covers looks for every place of the schema in its sample.
func covers(t *testing.T, c *schema.Checker, s *schema.Schema, line []byte) {
	t.Helper()
	var e schema.Event
	if fault := c.Check(&inputs.Line{Raw: line, At: checkpoint.Position{Stream: 1}, End: int64(len(line)) + 1}, new(schema.Arena), &e); fault != nil {
		t.Fatal(fault)
	}
	has := make([]bool, len(s.Places()))
	for i := range e.Tape() {
		has[e.Tape()[i].Place] = true
	}
	for _, p := range s.Places()[schema.Root:] {
		if !has[p.ID] {
			t.Errorf("%s: the sample has nothing at %s: %s", s.ID(), p.Pointer, line)
		}
	}
}

const sampleSchemas = `[
{"$id": "s:order", "version": 3, "type": "object", "properties": {"b": {"default": "ada"}, "a": {"examples": ["ada"], "type": "string"}, "__c__": {"type": "string"}}},
{"$id": "s:impossible", "version": "1", "type": "object", "required": ["x"], "properties": {"x": false}},
{"$id": "s:envelope", "version": "01", "type": "object", "required": ["version"], "properties": {"version": {"const": "01"}, "schema": {"type": "string"}}},
{"$id": "s:array", "version": "1", "type": "array"}]`

func TestSampleIsOfTheInput(t *testing.T) {
	folder := t.TempDir()
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(sampleSchemas), &all); err != nil {
		t.Fatal(err)
	}
	for i, text := range all {
		if err := os.WriteFile(filepath.Join(folder, string(rune('a'+i))+".json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := schema.Load(schema.Config{Paths: []string{folder}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rules    schema.Rules
		id, want string // "" for none
	}{
		{schema.Rules{}, "s:order", `{"__timestamp__": "2026-01-02T03:04:05.678901Z", "__schema__": "s:order", "__schema_version__": "3", "__metadata_version__": 1, "a": "example-a", "b": "example-b"}`},
		{schema.Rules{}, "s:impossible", ""},
		{schema.Rules{}, "s:array", ""},
		{schema.Rules{Schemas: []string{"s:o*"}}, "s:order", "{"},
		{schema.Rules{Schemas: []string{"s:e*"}}, "s:order", ""},
		{schema.Rules{Envelope: schema.None, Schema: "s:order"}, "s:order", `{"__c__": "example-__c__", "a": "example-a", "b": "example-b"}`},
		{schema.Rules{Envelope: schema.None, Schema: "s:order"}, "s:envelope", ""},
		{schema.Rules{Envelope: schema.BinderHub}, "s:order", `{"timestamp": "2026-01-02T03:04:05.678901Z", "schema": "s:order", "version": 3, "__c__": "example-__c__", "a": "example-a", "b": "example-b"}`},
		{schema.Rules{Envelope: schema.BinderHub}, "s:envelope", `{"timestamp": "2026-01-02T03:04:05.678901Z", "schema": "s:envelope", "version": "01"}`},
	} {
		checker, err := r.Checker(c.rules)
		if err != nil {
			t.Fatal(err)
		}
		var s *schema.Schema
		for _, known := range r.Schemas() {
			if known.ID() == c.id {
				s = known
			}
		}
		line, ok := checker.Sample(s)
		if ok != (c.want != "") || ok && !strings.HasPrefix(string(line), c.want) {
			t.Errorf("%+v, %s: %s %v, want %s", c.rules, c.id, line, ok, c.want)
		}
	}
}

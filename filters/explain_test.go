package filters_test

import (
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// TestExplainSaysWhoSaidSo: a row has the origins of its categories, and an empty
// list, not null, where nobody has said any.
func TestExplainSaysWhoSaidSo(t *testing.T) {
	r := registry(t, "a.json", `{"$id": "https://x.test/a", "version": "1", "type": "object", "properties": {
		"a": {"categories": ["unrestricted"], "type": "string"}, "b": {"type": "string"}}}`)
	pattern, errs := inputs.NewPathPattern("/home/{username}/{team}.log", map[string][]string{"username": {"user-identifier"}, "team": {}})
	if errs != nil {
		t.Fatal(errs)
	}
	rows := compile(t, filters.Policy{Sources: []*inputs.Source{{Input: "hub", Pattern: pattern}}}, r).Explain()
	if said := rows[0].Origins; len(said) != 1 || said[0] != (schema.Origin{Category: "user-identifier", Source: "path_fields", File: "inputs hub"}) {
		t.Errorf("%s: %v", rows[0].Property, said)
	}
	if said := rows[1]; said.Origins == nil || len(said.Origins) > 0 || said.Categories == nil {
		t.Errorf("%s: %v, %v", said.Property, said.Origins, said.Categories)
	}
	rows = rows[2:]
	if said := rows[0].Origins; len(said) != 1 || said[0].Category != "unrestricted" || said[0].Source != "schema" {
		t.Errorf("%s: %v", rows[0].Property, said)
	}
	if said := rows[1]; said.Origins == nil || len(said.Origins) > 0 || said.Categories == nil {
		t.Errorf("%s: %v, %v", said.Property, said.Origins, said.Categories)
	}
}

package filters_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// TestAgreesWithTelemetry compares with what the real jupyter_telemetry let
// through, which denied = "null" and undeclared = "inherit" are to equal once
// nulls are taken out. The cases are not part of the project.
func TestAgreesWithTelemetry(t *testing.T) {
	name := os.Getenv("JE_POLICY_CASES")
	if name == "" {
		t.Skip("JE_POLICY_CASES names no cases.json of jupyter_telemetry's results")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name       string
		Schema     json.RawMessage
		Line       string
		Valid      bool
		Permitted  map[string]any
		Categories []string `json:"allowed_categories"`
		Properties []string `json:"allowed_properties"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			r := registry(t, "s.json", string(c.Schema))
			f := compile(t, filters.Policy{
				Categories: c.Categories, Denied: "null", Undeclared: "inherit", Metadata: []string{},
				Properties: map[string][]string{r.Schemas()[0].ID(): c.Properties},
			}, r)
			e, fault := newLines(t, r, schema.Rules{}).event(c.Line)
			if (fault == nil) != c.Valid {
				t.Fatalf("valid %v: %v", c.Valid, fault)
			}
			if fault != nil {
				return
			}
			var a filters.Arena
			record, _ := f.Apply(e, &a)
			var got any
			if err := json.Unmarshal(record.JSON(), &got); err != nil {
				t.Fatal(err)
			}
			members := withoutNulls(got).(map[string]any)
			for _, name := range []string{"__schema__", "__schema_version__", "__timestamp__"} {
				delete(members, name)
			}
			if want := withoutNulls(c.Permitted); !reflect.DeepEqual(members, want) {
				t.Errorf("got %v, want %v", members, want)
			}
		})
	}
}

func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inside := range v {
			if v[name] = withoutNulls(inside); inside == nil {
				delete(v, name)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
}

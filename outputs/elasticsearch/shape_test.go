package elasticsearch

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"jupyter-events-agent/filters"
)

// TestShape: documents are valid against what Shape makes of the schema of
// records, and with a member more they are not.
func TestShape(t *testing.T) {
	for name, c := range map[string]struct {
		policy filters.Policy
		event  string
	}{
		"an action":              {filters.Policy{}, `"action": "start", "n": 1, "who": "somebody"`},
		"no action, no metadata": {filters.Policy{Metadata: []string{}}, `"n": 1`},
		"members called as ours": {filters.Policy{}, `"event": {}, "n": 1, "@timestamp": "x"`},
		"nulls":                  {filters.Policy{Denied: "null"}, `"n": 1`},
	} {
		t.Run(name, func(t *testing.T) {
			config := testConfig("http://127.0.0.1:1")
			m := newMaker(t, config, c.policy)
			text, err := json.Marshal(m.Filter.JSONSchema(filters.Intake{}, config.Shape))
			if err != nil {
				t.Fatal(err)
			}
			s, err := jsonschema.CompileString("derived.json", string(text))
			if err != nil {
				t.Fatal(err)
			}
			lines := bytes.Split(mustOpen(t, config).documents.of(m.of(c.event), 0), []byte("\n"))
			valid := func(document []byte) error {
				var v any
				if err := json.Unmarshal(document, &v); err != nil {
					t.Fatal(err)
				}
				return s.Validate(v)
			}
			if err := valid(lines[1]); err != nil {
				t.Errorf("%v\n%s\n%s", err, lines[1], text)
			}
			if valid(bytes.Replace(lines[1], []byte("{"), []byte(`{"more":1,`), 1)) == nil {
				t.Error("a member more is valid too")
			}
		})
	}
}

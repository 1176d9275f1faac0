package filters_test

import (
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// TestOtherID: JupyterHub's server-action goes by two ids; a policy may use
// either, and means the schema.
func TestOtherID(t *testing.T) {
	r, err := schema.Load(schema.Config{Catalog: true})
	if err != nil {
		t.Fatal(err)
	}
	const old, new = "hub.jupyter.org/server-action", "https://schema.jupyter.org/jupyterhub/events/server-action"
	for _, id := range []string{old, new, "hub.jupyter.org/*"} {
		f, warnings, err := filters.Compile(filters.Policy{Schemas: []string{id}, Properties: map[string][]string{old: {"username"}, new: {"servername"}}}, r)
		if err != nil || len(warnings) > 0 {
			t.Fatal(err, warnings)
		}
		took := 0
		for _, s := range r.Schemas() {
			if f.Takes(s) {
				took++
			}
		}
		if took != 1 || !f.Takes(r.Find(old, "1")) || !f.Takes(r.Find(new, "1")) {
			t.Errorf("%s: takes %d schemas", id, took)
		}
		for _, row := range f.Explain() {
			if sent := row.Verdict == "sent"; !sent && (row.Property == "/username" || row.Property == "/servername") {
				t.Errorf("%s: %s is %s: %s", id, row.Property, row.Verdict, row.Reason)
			}
		}
	}
}

package schema_test

import (
	"testing"

	"jupyter-events-agent/schema"
)

// TestSamplesOfTheCatalog: what ships has samples, whole ones.
func TestSamplesOfTheCatalog(t *testing.T) {
	r, err := schema.Load(schema.Config{Catalog: true})
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Checker(schema.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Schemas() {
		line, ok := c.Sample(s)
		if !ok {
			t.Errorf("%s: no sample: %s", s.ID(), line)
		}
		t.Logf("%s", line)
	}
}

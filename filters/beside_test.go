package filters

import (
	"testing"

	"jupyter-events-agent/inputs"
)

// TestMetadataBesideIsBounded: what agents say may be another for each record,
// and is then remembered for some of them only.
func TestMetadataBesideIsBounded(t *testing.T) {
	f, a, s := &Filter{metadata: metaSource}, &Arena{}, &inputs.Source{Input: "agents"}
	for range 3 * mostPassed {
		said := []Member{{Name: "__redacted__", Value: []byte(`["location"]`)}}
		if got := *f.besideOf(&said, s, a); len(got) != 2 || got[0].Name != said[0].Name || got[1].Name != "__source__" {
			t.Fatalf("%v", got)
		}
	}
	if n := len(a.beside); n > mostPassed {
		t.Errorf("%d are remembered", n)
	}
}

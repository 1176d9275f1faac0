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
		got := f.besideOf(&said, s, a)
		if len(*got) != 2 || (*got)[0].Name != said[0].Name || (*got)[1].Name != "__source__" {
			t.Fatalf("%v", *got)
		}
		if n := len(a.beside); n > mostPassed {
			t.Fatalf("%d are remembered", n)
		}
	}
}

// TestMetadataBesideIsTheVerySame: of one input and schema, as Record.Beside says.
func TestMetadataBesideIsTheVerySame(t *testing.T) {
	f, a, said := &Filter{metadata: metaSource}, &Arena{}, []Member{}
	hub, lab := &inputs.Source{Input: "hub"}, &inputs.Source{Input: "lab", Index: 1}
	first, other := f.besideOf(&said, hub, a), f.besideOf(&said, lab, a)
	if first == other || f.besideOf(&said, hub, a) != first || f.besideOf(&said, lab, a) != other {
		t.Errorf("%p and %p, then %p and %p", first, other, f.besideOf(&said, hub, a), f.besideOf(&said, lab, a))
	}
}

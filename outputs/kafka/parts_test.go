package kafka

import (
	"testing"

	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

// TestParts: what Parts says is what stands in the batch, whole.
func TestParts(t *testing.T) {
	c := New().(*Config)
	c.Topic, c.Key = "events/{action|none}", "{schema}"
	b := outputtest.RecordsOf(t, c).Batch("one")
	wire, _, _ := newEncoder(c.keyOf(), "none").batch(nil, b.Records, all(1), identity{}, whole)
	_, got := decoded(t, wire)
	want := map[string]string{"topic": "events_start", "key": string(got[0].key), outputs.Body: got[0].value}
	for _, h := range got[0].headers {
		want["headers."+h.Key] = string(h.Value)
	}
	parts := outputs.Parts(c, &b.Records[0])
	if len(parts) != len(want) || len(parts) < 8 {
		t.Errorf("%d parts, want %d", len(parts), len(want))
	}
	for _, p := range parts {
		if string(p.Value) != want[p.Name] {
			t.Errorf("%s: %s, want %s", p.Name, p.Value, want[p.Name])
		}
	}
}

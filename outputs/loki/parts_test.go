package loki

import (
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/outputs"
)

// TestParts: what Parts says is what stands in the push, whole.
func TestParts(t *testing.T) {
	c := testConfig("http://127.0.0.1:1")
	c.Labels = map[string]string{"job": "jupyter", "free": "{free}", "gone": "{action}"}
	c.Tenant, c.AllowHighCardinality = "team-{team|none}", true
	batch := newRecords(t, c, "id", "categories", "redacted", "policy", "source").batch(
		event{at: time.Now(), team: "a/b", free: strings.Repeat("ä", maxLabelValue), text: "x"})
	o := mustOpen(t, c)
	o.read(batch)
	got, err := unpack(o.encode(o.entries))
	if err != nil {
		t.Fatal(err)
	}
	line := got[0].lines[0]
	want := map[string]string{"tenant": o.entries[0].stream.tenant, outputs.Body: line.text,
		"labels.job": "jupyter", "labels.free": strings.Repeat("ä", maxLabelValue/2)}
	if labels := `{free="` + want["labels.free"] + `", job="jupyter"}`; got[0].labels != labels {
		t.Errorf("labels %s", got[0].labels)
	}
	for _, m := range line.metadata {
		want["metadata."+m[0]] = m[1]
	}
	parts := outputs.Parts(c, &batch[0])
	if len(parts) != len(want) || want["tenant"] != "team-a!2Fb" {
		t.Errorf("%d parts, want %d; tenant %s", len(parts), len(want), want["tenant"])
	}
	for _, p := range parts {
		if string(p.Value) != want[p.Name] {
			t.Errorf("%s: %s, want %s", p.Name, p.Value, want[p.Name])
		}
	}
}

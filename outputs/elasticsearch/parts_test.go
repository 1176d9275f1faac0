package elasticsearch

import (
	"bytes"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// TestParts: what Parts says is what stands in the request.
func TestParts(t *testing.T) {
	for _, index := range []string{"logs-{action|none}", "Logs-x.y-z"} {
		c := testConfig("http://127.0.0.1:1")
		c.Index = index
		batch := newMaker(t, c, filters.Policy{}).of(`"action": "sa\"y \\ \u0001 ä", "who": "ada"`)
		o := mustOpen(t, c)
		lines := bytes.Split(o.documents.of(batch, 0), []byte("\n"))
		parts := outputs.Parts(c, &batch[0])
		if len(parts) != 3 || parts[0].Name != "id" || parts[1].Name != "index" || parts[2].Name != outputs.Body {
			t.Fatalf("%v", parts)
		}
		if !bytes.Contains(lines[0], append([]byte(`"_id":"`), parts[0].Value...)) || !bytes.Equal(lines[1], parts[2].Value) {
			t.Errorf("%s %s, want %s", parts[0].Value, parts[2].Value, lines[1])
		}
		if at := string(parts[1].Value); o.path == "" && !bytes.Contains(lines[0], []byte(`"_index":"`+at+`"`)) || o.path != "" && at != o.path {
			t.Errorf("index %s, want %s %s", at, o.path, lines[0])
		}
	}
}

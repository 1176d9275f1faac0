package telemetry

import (
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

func reporter() *Reporter {
	return &Reporter{
		Version: "1.2.3", Started: time.Now().Add(-time.Hour), Snapshot: snapshot,
		Policy: func() string { return "abc" },
		Kind:   func(string) string { return "elasticsearch" },
		Progress: func(string) []inputs.Progress {
			return []inputs.Progress{
				{Path: "/home/ada/events.log", Glob: "/home/*/events.log", Size: 100, Delivered: map[string]int64{"elk": 50}},
				{Path: "/home/bob/events.log", Glob: "/home/*/events.log", Size: 10, Delivered: map[string]int64{"elk": 12}}, // it grew meanwhile
				{Path: "/home/bob/events.log.1.gz", Glob: "/home/*/events.log", Size: -1, Delivered: map[string]int64{"elk": 7}},
			}
		},
	}
}

func TestStatus(t *testing.T) {
	s := reporter().Status(false)
	want := LogStatus{Glob: "/home/*/events.log", Files: 3, Bytes: 110, Delivered: map[string]int64{"elk": 60}}
	if got := s.Inputs[0].Logs; len(got) != 1 || got[0].Glob != want.Glob || got[0].Files != 3 || got[0].Bytes != 110 || !maps.Equal(got[0].Delivered, want.Delivered) {
		t.Errorf("%+v", got)
	}
	if s.Quarantined != 2 || len(s.Outputs) != 1 {
		t.Errorf("%+v", s)
	}
	if o := s.Outputs[0]; o.Failing < 1 || o.Behind != 90 || o.Error != "away" || o.Kind != "elasticsearch" || o.Lag != 50 {
		t.Errorf("%+v", o)
	}
	if f := reporter().Status(true).Inputs[0].Files; len(f) != 3 || f[0].Path != "/home/ada/events.log" {
		t.Errorf("%+v", f)
	}
}

// TestPage: what the listener shows to everybody on the machine holds no path.
func TestPage(t *testing.T) {
	s := New(well, slog.New(slog.DiscardHandler))
	s.Handle("GET /status.json", reporter())
	s.Handle("GET /", Page())
	_, c := serve(t, "127.0.0.1:0", s)
	code, text := get(t, c, "GET", "http://localhost/status.json")
	var got Status
	if err := json.Unmarshal([]byte(text), &got); err != nil || code != 200 {
		t.Fatal(code, err)
	}
	if strings.Contains(text, "ada") || strings.Contains(text, "bob") {
		t.Errorf("the path of a log: %s", text)
	}
	for path, want := range map[string]string{"/": "<title>jupyter-events-agent</title>", "/status.css": "color-scheme", "/status.js": "status.json"} {
		if code, text := get(t, c, "GET", "http://localhost"+path); code != 200 || !strings.Contains(text, want) {
			t.Errorf("%s: %d", path, code)
		}
	}
	if code, _ := get(t, c, "GET", "http://localhost/page.go"); code != 404 {
		t.Error(code)
	}
}

func TestMatrix(t *testing.T) {
	dir := t.TempDir()
	text := `{"$id": "https://example.org/s", "version": "1", "properties": {"action": {"enum": ["a"], "categories": ["unrestricted"]}, "user": {"type": "string", "categories": ["user-identifier"]}, "x": {"type": "string"}}}`
	if err := os.WriteFile(filepath.Join(dir, "s.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := schema.Load(schema.Config{Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	var explained [][]filters.Row
	for _, p := range []filters.Policy{
		{Output: "open", Categories: []string{"user-identifier"}},
		{Output: "closed", Categories: []string{}, Actions: map[string]filters.Action{"user-identifier": {Action: "mask"}}},
		{Output: "none", Categories: []string{}, Schemas: []string{"https://example.org/other"}},
		{Output: "drops", Categories: []string{"user-identifier"}, DropEvents: []string{"user-identifier"}},
	} {
		f, _, err := filters.Compile(p, r)
		if err != nil {
			t.Fatal(err)
		}
		explained = append(explained, f.Explain())
	}
	m := NewMatrix([]string{"open", "closed", "none", "drops"}, explained)
	if len(m.Schemas) != 1 || len(m.Schemas[0].Rows) != 3 {
		t.Fatalf("%+v", m)
	}
	for i, want := range [][]string{{"goes", "goes", "none", "goes"}, {"goes", "changed", "none", "stays"}, {"stays", "stays", "none", "stays"}} {
		var got []string
		for _, v := range m.Schemas[0].Rows[i].Verdicts {
			got = append(got, v.Class)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", m.Schemas[0].Rows[i].Property, got, want)
		}
	}
}

package draft

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"jupyter-events-agent/schema"
)

func TestGuess(t *testing.T) {
	for name, want := range map[string]string{
		"user": "user-identifier", "userName": "user-identifier", "hub_user_id": "user-identifier", "USER": "user-identifier",
		"remote_ip": "user-identifiable-information", "userAgent": "user-identifiable-information", "source_path": "user-identifiable-information",
		"started_at": "action-timestamp", "event-time": "action-timestamp", "cell_source": "user-content",
		"action": "", "status": "", "id": "", "name": "", "token": "", "runtime": "", "users": "", "": "", "__": "",
	} {
		if got := guess(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// TestNothingIsOpened: whatever a schema says, what is written is TOML of the
// places that it has, and opens nothing to an output without categories.
func TestNothingIsOpened(t *testing.T) {
	nasty := "x\"]\n\"/secret\" = [\"unrestricted\"] # \x7f\u2028"
	text, err := json.Marshal(map[string]any{
		"$id": "https://x.test/a", "version": "1", "title": nasty, "type": "object",
		"properties": map[string]any{
			nasty:    map[string]any{"type": "string", "description": nasty},
			"secret": map[string]any{"enum": []string{nasty, "b"}},
			"user":   map[string]any{"type": "object", "properties": map[string]any{"name": map[string]any{}, "email": map[string]any{"type": "string"}}},
			"email":  map[string]any{"type": []string{"string", "null"}},
			"paths":  map[string]any{"type": "array"},
			"path":   map[string]any{"type": "array", "items": map[string]any{"type": "string"}},
			"url":    map[string]any{"type": "array", "items": map[string]any{"type": "object"}},
			"done":   map[string]any{"type": "boolean", "categories": []string{"unrestricted"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "a.json")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := schema.Load(schema.Config{Paths: []string{file}})
	if err != nil {
		t.Fatal(err)
	}
	over := Overlay(r.Schemas())
	var read struct {
		Schema []struct {
			ID         string
			Version    string
			Categories map[string][]string
		}
	}
	if _, err := toml.Decode(over, &read); err != nil {
		t.Fatalf("%v in\n%s", err, over)
	}
	got := read.Schema[0].Categories
	for pointer, want := range map[string]string{"/email": "user-identifiable-information", "/path": "user-identifiable-information", "/user/email": "user-identifiable-information"} {
		if list := got[pointer]; len(list) != 1 || list[0] != want {
			t.Errorf("%s: %q", pointer, list)
		}
		delete(got, pointer)
	}
	if len(got) > 0 {
		t.Errorf("more than that got a category: %q\n%s", got, over)
	}
	overlay := filepath.Join(dir, "categories.toml")
	if err := os.WriteFile(overlay, []byte(over), 0o644); err != nil {
		t.Fatal(err)
	}
	// Not even where somebody takes every # away is anything without a decision open.
	bare := strings.NewReplacer("#\"", "\"").Replace(over)
	if _, err := toml.Decode(bare, &read); err != nil {
		t.Errorf("with everything uncommented: %v", err)
	}
	if strings.Contains(bare, "= []") {
		t.Error("a line proposes [], which is open under every policy")
	}
	r, err = schema.Load(schema.Config{Paths: []string{file}, Overlays: []string{overlay}})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range r.Schemas()[0].Places() {
		open := p.Categorised && len(p.Categories) == 0 || len(p.Categories) == 1 && p.Categories[0] == schema.Unrestricted
		if open && i > int(schema.Root) && p.Name != "done" {
			t.Errorf("%s is open", p.Pointer)
		}
	}
}

// TestNothingToPropose: schemas with categories need no overlay.
func TestNothingToPropose(t *testing.T) {
	r, err := schema.Load(schema.Config{Catalog: true})
	if err != nil {
		t.Fatal(err)
	}
	if text := Overlay(r.Schemas()); text != "" {
		t.Errorf("for the catalog:\n%s", text)
	}
}

func TestText(t *testing.T) {
	c := Config{
		Inputs:  []Input{{Name: "a", Path: "/a\"\n\x7f", Why: "b\nc = 1", Pattern: "/{username}"}},
		Outputs: []Output{{Kind: "file", Address: []string{"-"}, Categories: []string{"*", "x"}}, {Kind: "kafka", Address: []string{"a:1", "b:1"}}},
		Left:    []string{"x\n[evil]"},
	}
	var read map[string]any
	if _, err := toml.Decode(c.Text(), &read); err != nil {
		t.Fatalf("%v in\n%s", err, c.Text())
	}
	if _, there := read["evil"]; there {
		t.Error("a comment became a table")
	}
	if !strings.Contains(c.Text(), `policy = { categories = ["*"] }`) || !strings.Contains(c.Text(), "EVERYTHING") {
		t.Errorf("everything is not said loudly:\n%s", c.Text())
	}
}

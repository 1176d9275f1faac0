package schema

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAnAliasThatIsASlip: what an alias leads to and nobody else names is warned
// of where it is like something that somebody does name.
func TestAnAliasThatIsASlip(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file := write("a.yaml", "$id: https://x.test/e\nversion: 1\ntype: object\nproperties:\n  a: {categories: [PII]}\n  b: {categories: [health, location]}\n  c: {level: secret}\n  d: {categories: [house]}\n")
	overlay := write("o.toml", "[[schema]]\nid = 'https://x.test/e'\ncategories = { '/e' = ['finances'] }\n")
	for _, c := range []struct{ from, to, warning string }{
		{"PII", "user-identifyer", `categories.aliases: "PII" stands for "user-identifyer", which nothing else names (did you mean "user-identifier"?)`},
		{"PII", "category.jupyter.org/user-identifier", ""},
		{"PII", "personal-data", ""},
		{"PII", "personal-dat", `(did you mean "personal-data"?)`},
		{"PII", "heath", `(did you mean "health"?)`},
		{"PII", "health", ""},
		{"PII", "finance", `(did you mean "finances"?)`},
		{"PII", "identity", ""},
		{"house", "hous", ""}, // what is renamed is no word any more
		{"level:secret", "level:confidental", `(did you mean "level:confidential"?)`},
		{"level:secret", "level:confidential", ""},
	} {
		r, err := Load(Config{Paths: []string{file}, Overlays: []string{overlay}, Aliases: map[string]string{c.from: c.to}})
		if err != nil {
			t.Fatal(err)
		}
		warnings := slices.DeleteFunc(r.Warnings(), func(w string) bool { return !strings.HasPrefix(w, "categories.aliases") })
		if (c.warning == "") != (len(warnings) == 0) || c.warning != "" && !strings.Contains(warnings[0], c.warning) {
			t.Errorf("%s = %s: %q; want %q", c.from, c.to, warnings, c.warning)
		}
		if end := short(c.to); r.Says(end) != (c.warning == "") && c.to != "identity" && c.to != "hous" {
			t.Errorf("%s = %s: says %v", c.from, c.to, r.Says(end))
		}
	}
}

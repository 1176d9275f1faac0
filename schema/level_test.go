package schema

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLadder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yaml")
	text := "$id: https://x.test/e\nversion: 1\ntype: object\nproperties:\n  a: {level: secret}\n  b: {level: geheim}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		levels  []string
		aliases map[string]string
		mistake string
		warning string
		ladder  []string
	}{
		{name: "default", warning: `level "geheim" is not in categories.levels`, ladder: DefaultLevels},
		{name: "own", levels: []string{"public", "secret", "geheim"}, ladder: []string{"public", "secret", "geheim"}},
		{name: "an alias is on it", aliases: map[string]string{"level:geheim": "level:secret"}, ladder: DefaultLevels},
		{name: "beside", levels: []string{"public", "secrets", "geheim"}, warning: `level "secret" is not in categories.levels, so no max_level lets it out (did you mean "secrets"?)`, ladder: []string{"public", "secrets", "geheim"}},
		{name: "empty", levels: []string{}, mistake: "categories.levels: is empty"},
		{name: "empty word", levels: []string{"", "a"}, mistake: "holds an empty text"},
		{name: "twice", levels: []string{"a", "b", "a"}, mistake: `"a" stands twice`},
		{name: "prefix", levels: []string{"level:a"}, mistake: `without "level:"`},
		{name: "twice by an alias", levels: []string{"secret", "geheim"}, aliases: map[string]string{"level:geheim": "level:secret"}, mistake: `"secret" and "geheim" are aliases of one level`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Load(Config{Paths: []string{file}, Levels: c.levels, Aliases: c.aliases})
			if c.mistake != "" {
				if err == nil || !strings.Contains(err.Error(), c.mistake) {
					t.Fatalf("got %v, want %s", err, c.mistake)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(r.Levels(), c.ladder) {
				t.Errorf("ladder %v", r.Levels())
			}
			warnings := strings.Join(r.Warnings(), "\n")
			if c.warning == "" && warnings != "" || !strings.Contains(warnings, c.warning) {
				t.Errorf("warnings:\n%s", warnings)
			}
		})
	}
}

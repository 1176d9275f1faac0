package filters_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRulesAreListed holds docs/policy-rules.md to the golden files, both ways.
func TestRulesAreListed(t *testing.T) {
	text, err := os.ReadFile("../docs/policy-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, name := range regexp.MustCompile("`([a-z_]+/[A-Za-z_/-]+\\.(?:txtar|go))`").FindAllStringSubmatch(string(text), -1) {
		named[name[1]] = true
		if _, err := os.Stat(filepath.Join("..", name[1])); err != nil {
			t.Errorf("docs/policy-rules.md names a file that is not there: %v", err)
		}
	}
	for _, folder := range []string{"filters/testdata", "schema/testdata/places"} {
		files, _ := filepath.Glob(filepath.Join("..", folder, "*.txtar"))
		if len(files) < 10 {
			t.Errorf("%s: only %d files", folder, len(files))
		}
		for _, file := range files {
			if name := strings.TrimPrefix(filepath.ToSlash(file), "../"); !named[name] {
				t.Errorf("%s: no rule of docs/policy-rules.md names it", name)
			}
		}
	}
}

package filters_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var cited = regexp.MustCompile("`([a-z]+/[A-Za-z_/-]+\\.(?:txtar|go))(?::(Test[A-Za-z0-9]+))?`")

// TestRulesAreListed holds docs/policy-rules.md to the golden files, both ways,
// and to the tests that it names.
func TestRulesAreListed(t *testing.T) {
	text, err := os.ReadFile("../docs/policy-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, name := range cited.FindAllStringSubmatch(string(text), -1) {
		named[name[1]] = true
		file, err := os.ReadFile(filepath.Join("..", name[1]))
		switch {
		case err != nil:
			t.Errorf("docs/policy-rules.md names a file that is not there: %v", err)
		case strings.HasSuffix(name[1], ".txtar"):
		case name[2] == "" || !strings.Contains(string(file), "\nfunc "+name[2]+"("):
			t.Errorf("docs/policy-rules.md: %s has no test %q", name[1], name[2])
		}
	}
	for clause := range strings.Lines(string(text)) {
		if strings.HasPrefix(clause, "| ") && !strings.HasSuffix(clause, " tests |\n") && !cited.MatchString(clause) {
			t.Errorf("docs/policy-rules.md: no test of %s", clause)
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

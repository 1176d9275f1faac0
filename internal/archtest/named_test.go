package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestNamedTestsExist: a page that says which test holds a promise names one that there is.
func TestNamedTestsExist(t *testing.T) {
	defined := map[string]bool{}
	for _, s := range files(t) {
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`).FindAllSubmatch(s.text, -1) {
			defined[string(m[1])] = true
		}
	}
	pages, err := filepath.Glob(filepath.Join(module(), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(module(), "docs", "*", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, page := range append(pages, more...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(string(text), -1) {
			if named++; !defined[m] && m != "TestReal" && m != "TestMillion" {
				t.Errorf("%s: there is no %s: name the test that holds what the page says", filepath.Base(page), m)
			}
		}
	}
	if named < 50 {
		t.Errorf("only %d tests are named: the test does not see them", named)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jupyter-events-agent/internal/policytest"
)

// TestThePolicyTestsPage: the tests that docs/policy-tests.md shows pass, and fail
// as it says when the policy lets more out.
func TestThePolicyTestsPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/policy-tests.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "```toml\n")
	text, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("the page has no test")
	}
	for categories, failures := range map[string]int{`"unrestricted"`: 0, `"unrestricted", "user-identifiable-information"`: 2} {
		file := filepath.Join(t.TempDir(), "agent.toml")
		config := `state_dir = "state"
inputs.file = [{ name = "hub", paths = ["hub.log"] }]
outputs.file = [
  { name = "security", path = "s", policy = { categories = ["*"] } },
  { name = "analytics", path = "a", policy = { categories = [` + categories + `] } },
  { name = "vendor", path = "v", policy = { categories = [], schemas = ["https://schema.jupyter.org/*"] } },
]
`
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := load(file)
		if err != nil {
			t.Fatal(err)
		}
		agent, err := l.tested()
		if err != nil {
			t.Fatal(err)
		}
		tests, err := policytest.Read(agent, "agent.test.toml", []byte(text))
		if err != nil || len(tests) != 2 {
			t.Fatalf("%d tests: %v", len(tests), err)
		}
		var failed []string
		for _, test := range tests {
			for _, f := range policytest.Run(test, nil).Failures {
				failed = append(failed, f.Text)
				if !strings.Contains(string(page), f.Text) {
					t.Errorf("the page does not show: %s", f.Text)
				}
			}
		}
		if len(failed) != failures {
			t.Errorf("categories %s: %q", categories, failed)
		}
	}
}

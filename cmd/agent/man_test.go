package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestManualPages(t *testing.T) {
	dir := t.TempDir()
	if code := execute([]string{"man", dir}); code != exitOK {
		t.Fatal("exit code", code)
	}
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, want := range []string{".BR jupyter\\-events\\-agent\\-check (1)\n", ".B \\-c, \\-\\-config FILE\n"} {
		if root := read("jupyter-events-agent.1"); !strings.Contains(root, want) {
			t.Errorf("%q is missing in\n%s", want, root)
		}
	}
	if sub := read("jupyter-events-agent-setup-elasticsearch.1"); !strings.Contains(sub, ".B jupyter\\-events\\-agent setup elasticsearch") {
		t.Errorf("not the page of a command of a command:\n%s", sub)
	}
	if _, err := os.Stat(filepath.Join(dir, "jupyter-events-agent-man.1")); err == nil {
		t.Error("a command that help does not show has a page")
	}
}

// TestRoff: no text is taken for a request.
func TestRoff(t *testing.T) {
	for text, want := range map[string]string{
		".SH mine":     `\&.SH mine`,
		"'quoted'":     `\&'quoted'`,
		`a\b --config`: `a\eb \-\-config`,
	} {
		if got := roff(text); got != want {
			t.Errorf("roff(%q) = %q, want %q", text, got, want)
		}
	}
}

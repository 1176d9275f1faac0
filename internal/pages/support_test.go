package pages_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	inputkinds "jupyter-events-agent/inputs/all"
	outputkinds "jupyter-events-agent/outputs/all"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/pages"
	"jupyter-events-agent/schema"
)

// lay writes the files of an archive into a folder.
func lay(t testing.TB, archive string) string {
	t.Helper()
	folder := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		file := filepath.Join(folder, f.Name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// gather compiles the folder's agent.toml; change may change the policies before.
func gather(t testing.TB, folder string, change func(*filters.Policy)) *pages.Agent {
	t.Helper()
	c, err := config.Load(filepath.Join(folder, "agent.toml"), config.Kinds{Inputs: inputkinds.Kinds, Outputs: outputkinds.Kinds})
	if err != nil {
		t.Fatal(err)
	}
	r, err := schema.Load(c.Schemas)
	if err != nil {
		t.Fatal(err)
	}
	var checkers []*schema.Checker
	var sources []*inputs.Source
	for i := range c.Inputs {
		checker, err := r.Checker(c.Inputs[i].Rules)
		if err != nil {
			t.Fatal(err)
		}
		checkers, sources = append(checkers, checker), append(sources, c.Inputs[i].Rules.Source)
	}
	var made []*filters.Filter
	var all []int
	warnings := r.Warnings()
	for i := range c.Outputs {
		c.Outputs[i].Policy.Sources = sources
		if change != nil {
			change(&c.Outputs[i].Policy)
		}
		f, more, err := filters.Compile(c.Outputs[i].Policy, r)
		if err != nil {
			t.Fatal(err)
		}
		warnings = append(warnings, more...)
		made, all = append(made, f), append(all, i)
	}
	a, err := pages.Gather(c, r, checkers, made, all, warnings)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// written is what a page's method writes.
func written(t testing.TB, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// all are the four pages by name.
func all(t testing.TB, a *pages.Agent) map[string]string {
	t.Helper()
	return map[string]string{
		"explain.html": written(t, a.ExplainHTML), "explain.md": written(t, a.ExplainMarkdown),
		"notice.html": written(t, a.NoticeHTML), "notice.md": written(t, a.NoticeMarkdown),
	}
}

// holds fails where the page lacks one of the texts.
func holds(t testing.TB, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
}

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

// compiled is the folder's agent.toml, and the pages of it.
type compiled struct {
	*pages.Agent
	config   *config.Config
	registry *schema.Registry
	checkers []*schema.Checker
	filters  []*filters.Filter
}

// gather compiles the folder's agent.toml; change may change the policies before.
func gather(t testing.TB, folder string, change func(*filters.Policy)) *compiled {
	t.Helper()
	var err error
	c := &compiled{}
	if c.config, err = config.Load(filepath.Join(folder, "agent.toml"), config.Kinds{Inputs: inputkinds.Kinds, Outputs: outputkinds.Kinds}); err != nil {
		t.Fatal(err)
	}
	if c.registry, err = schema.Load(c.config.Schemas); err != nil {
		t.Fatal(err)
	}
	var sources []*inputs.Source
	for i := range c.config.Inputs {
		checker, err := c.registry.Checker(c.config.Inputs[i].Rules)
		if err != nil {
			t.Fatal(err)
		}
		c.checkers, sources = append(c.checkers, checker), append(sources, c.config.Inputs[i].Rules.Source)
	}
	var all []int
	warnings := c.registry.Warnings()
	for i := range c.config.Outputs {
		c.config.Outputs[i].Policy.Sources = sources
		if change != nil {
			change(&c.config.Outputs[i].Policy)
		}
		f, more, err := filters.Compile(c.config.Outputs[i].Policy, c.registry)
		if err != nil {
			t.Fatal(err)
		}
		warnings = append(warnings, more...)
		c.filters, all = append(c.filters, f), append(all, i)
	}
	if c.Agent, err = pages.Gather(c.config, c.registry, c.checkers, c.filters, all, warnings); err != nil {
		t.Fatal(err)
	}
	return c
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
func all(t testing.TB, a *compiled) map[string]string {
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

package main

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"jupyter-events-agent/internal/keyring"
)

var update = flag.Bool("update", false, "write docs/examples anew; read the difference before it is kept")

// TestExampleIsChecked: on a machine where nothing was made yet the example passes as
// it comes: what names a file that has to be made first is commented out.
func TestExampleIsChecked(t *testing.T) {
	var said bytes.Buffer
	root := commands()
	root.SetArgs([]string{"check", "--config", "../../agent.toml.example"})
	root.SetOut(&said)
	root.SetErr(&said)
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Errorf("%v\n%s", err, said.String())
	}
}

// TestExamplePages: the pages in docs/examples are what the commands make of
// the configuration there.
func TestExamplePages(t *testing.T) {
	const examples = "../../docs/examples"
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(examples)); err != nil {
		t.Fatal(err)
	}
	if err := keyring.New(filepath.Join(folder, "pseudonym.key")); err != nil {
		t.Fatal(err)
	}
	l, err := load(filepath.Join(folder, "agent.toml"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := l.pages(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(io.Writer) error{
		"explain.html": page.ExplainHTML, "explain.md": page.ExplainMarkdown, "notice.html": page.NoticeHTML, "notice.md": page.NoticeMarkdown,
	} {
		var got bytes.Buffer
		if err := write(&got); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(examples, name)
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if want, err := os.ReadFile(file); err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("docs/examples/%s is not what the agent makes (%v): go test ./cmd/agent -run TestExamplePages -update, and read the difference", name, err)
		}
	}
}

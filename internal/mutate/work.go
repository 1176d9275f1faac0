package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// work is a copy of the tree, and what is built of it.
type work struct {
	options
	dir   string // temporary: tree/, path/, tmp/ and the tests' programs
	files []string
}

// newWork copies what git knows of the tree, so that what others do to it
// meanwhile, and what is built in it, does not matter.
func newWork(ctx context.Context, o options, files []string) (*work, error) {
	var err error
	if o.gremlins, err = filepath.Abs(o.gremlins); err != nil {
		return nil, err
	}
	if _, err := os.Stat(o.gremlins); err != nil {
		return nil, fmt.Errorf("looking for gremlins: %w (make mutate builds it)", err)
	}
	dir, err := os.MkdirTemp("", "jupyter-events-agent-mutate")
	if err != nil {
		return nil, err
	}
	w := &work{options: o, dir: dir, files: files}
	if err := errors.Join(w.copyTree(ctx), os.Mkdir(w.scratch(), 0o700)); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *work) tree() string    { return filepath.Join(w.dir, "tree") }
func (w *work) scratch() string { return filepath.Join(w.dir, "tmp") } // of the tests

func (w *work) close() { _ = os.RemoveAll(w.dir) } // in the system's temporary folder: what stays is swept there

func (w *work) copyTree(ctx context.Context) error {
	list, err := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return fmt.Errorf("listing the tree: %w", err)
	}
	for _, name := range strings.Split(string(list), "\x00") {
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) || name == "" {
			continue // git still knows it
		}
		to := filepath.Join(w.tree(), name)
		if err == nil {
			err = errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, text, 0o600))
		}
		if err != nil {
			return fmt.Errorf("copying the tree: %w", err)
		}
	}
	return nil
}

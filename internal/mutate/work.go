package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// work is a copy of the tree, and what gremlins is run with in it.
type work struct {
	options
	dir   string // temporary: tree/, go, report.json
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
	if err := errors.Join(w.copyTree(ctx), w.shim()); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

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
		to := filepath.Join(w.dir, "tree", name)
		if err == nil {
			err = errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, text, 0o600))
		}
		if err != nil {
			return fmt.Errorf("copying the tree: %w", err)
		}
	}
	return nil
}

// shim is what gremlins finds as go. By Go's measure of coverage the condition
// of a case belongs to no block, and gremlins leaves out what is not covered;
// the shim therefore says that all is, which a survivor refutes. And it links
// the tests once and runs first those that kill most changes soonest, then all
// in their short form, then all as they are. Gremlins takes the time of the
// first call by 300 as the bound of others, 1 as killed and 2 as not viable.
func (w *work) shim() error {
	real, err := exec.LookPath("go")
	if err != nil {
		return err
	}
	module, err := exec.Command("go", "list", "-m").Output()
	if err != nil {
		return fmt.Errorf("asking for the module's name: %w", err)
	}
	long := `"$made" -test.failfast -test.timeout 200s || exit 1`
	if w.short {
		long = ""
	}
	var blocks strings.Builder
	for _, file := range w.files {
		fmt.Fprintf(&blocks, "%s/%s/%s:1.1,99999.1 1 1\n", bytes.TrimSpace(module), w.folder, file)
	}
	return os.WriteFile(filepath.Join(w.dir, "go"), []byte(`#!/bin/sh
go=`+strconv.Quote(real)+`
profile= before= last=
for word; do
	[ "$before" = -coverprofile ] && profile=$word
	before=$word last=$word
done
if [ -n "$profile" ]; then
	sleep 1
	cat >"$profile" <<'end'
mode: set
`+blocks.String()+`end
elif [ "$1" = test ]; then
	made=$GOTMPDIR/$$.test
	trap 'rm -f "$made"' EXIT
	"$go" test -c -vet=off -trimpath -ldflags '-s -w' -o "$made" "$last" || exit 2
	[ -d testdata ] || cd '`+w.folder+`' || exit 3
	"$made" -test.short -test.failfast -test.timeout 40s -test.run '`+w.first+`' || exit 1
	"$made" -test.short -test.failfast -test.timeout 60s || exit 1
	`+long+`
else
	exec "$go" "$@"
fi
`), 0o700)
}

// mutate makes every change of one file.
func (w *work) mutate(ctx context.Context, file string) ([]mutant, error) {
	report := filepath.Join(w.dir, "report.json")
	args := []string{
		"unleash", w.folder, "--silent", "--output", report, "--workers", strconv.Itoa(w.workers), "--timeout-coefficient", "300",
		"--invert-assignments", "--invert-bitwise", "--invert-bwassign", "--invert-logical", "--invert-loopctrl", "--remove-self-assignments",
	}
	for _, other := range w.files {
		if other != file {
			args = append(args, "--exclude-files", "^"+regexp.QuoteMeta(other)+"$")
		}
	}
	c := exec.CommandContext(ctx, w.gremlins, args...)
	c.Dir = filepath.Join(w.dir, "tree")
	c.Env = append(os.Environ(), "PATH="+w.dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	if out, err := c.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("gremlins on %s: %w\n%s", file, err, out)
	}
	text, err := os.ReadFile(report)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // there is nothing in it to change
	}
	if err != nil {
		return nil, err
	}
	defer os.Remove(report)
	source, err := os.ReadFile(filepath.Join(c.Dir, w.folder, file))
	if err != nil {
		return nil, err
	}
	var said struct {
		Files []struct {
			Mutations []mutant `json:"mutations"`
		} `json:"files"`
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return nil, fmt.Errorf("reading gremlins' report: %w", err)
	}
	var all []mutant
	for _, f := range said.Files {
		for _, m := range f.Mutations {
			m.file, m.text = file, strings.Split(string(source), "\n")[m.Line-1]
			all = append(all, m)
		}
	}
	return all, nil
}

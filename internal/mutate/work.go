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
// the tests once, after they have passed unchanged, and runs first those that kill most changes soonest, then all
// in their short form, then all as they are. What runs out of time there is
// killed, and a line of overdue: on a busy machine it may be the machine.
// Gremlins takes the time of the first call by 300 as the bound of others, 1 as
// killed and 2 as not viable.
func (w *work) shim() error {
	real, err := exec.LookPath("go")
	if err != nil {
		return err
	}
	module, err := exec.Command("go", "list", "-m").Output()
	if err != nil {
		return fmt.Errorf("asking for the module's name: %w", err)
	}
	long := `run -test.timeout 200s`
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
	if ! said=$("$go" test -short ./'`+w.folder+`' 2>&1); then
		echo "the tests fail before anything is changed: $said" >&2
		exit 1
	fi
	sleep 1
	cat >"$profile" <<'end'
mode: set
`+blocks.String()+`end
elif [ "$1" = test ]; then
	made=$GOTMPDIR/$$.test
	trap 'rm -f "$made" "$made.said"' EXIT
	run() {
		"$made" -test.failfast "$@" >"$made.said" 2>&1 && return
		grep -q '^panic: test timed out' "$made.said" && echo >>'`+w.overdue()+`'
		exit 1
	}
	"$go" test -c -vet=off -trimpath -ldflags '-s -w' -o "$made" "$last" || exit 2
	[ -d testdata ] || cd '`+w.folder+`' || exit 3
	run -test.short -test.timeout 40s -test.run '`+w.first+`'
	run -test.short -test.timeout 60s
	`+long+`
else
	exec "$go" "$@"
fi
`), 0o700)
}

// overdue is the file that has a line for each change whose tests ran out of time.
func (w *work) overdue() string { return filepath.Join(w.dir, "overdue") }

// mutate makes every change of one file, and says of how many the tests ran out
// of time.
func (w *work) mutate(ctx context.Context, file string) (all []mutant, overdue int, err error) {
	if err := os.WriteFile(w.overdue(), nil, 0o600); err != nil {
		return nil, 0, err
	}
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
		return nil, 0, fmt.Errorf("gremlins on %s: %w\n%s", file, err, out)
	}
	text, err := os.ReadFile(report)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil // there is nothing in it to change
	}
	if err != nil {
		return nil, 0, err
	}
	defer os.Remove(report)
	source, err := os.ReadFile(filepath.Join(c.Dir, w.folder, file))
	if err != nil {
		return nil, 0, err
	}
	var said struct {
		Files []struct {
			Mutations []mutant `json:"mutations"`
		} `json:"files"`
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return nil, 0, fmt.Errorf("reading gremlins' report: %w", err)
	}
	for _, f := range said.Files {
		for _, m := range f.Mutations {
			m.file, m.text = file, strings.Split(string(source), "\n")[m.Line-1]
			all = append(all, m)
		}
	}
	late, err := os.ReadFile(w.overdue())
	return all, bytes.Count(late, []byte("\n")), err
}

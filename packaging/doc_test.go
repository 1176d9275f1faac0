//go:build real

// Package packaging_test builds the packages and the image, and uses them as
// an operator would: on a machine that boots systemd, with a JupyterHub.
//
// It needs root, Debian's tools and what internal/servers needs; what is
// missing is the reason of a skipped test. The machine is a throw-away copy of
// this one: nothing here is changed.
package packaging_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"jupyter-events-agent/internal/servers"
)

var scratch string // for everything that is built

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "packaging-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer os.RemoveAll(scratch)
	servers.Main(m)
}

const (
	first  = "1.0.0"
	second = "1.1.0" // an upgrade
	stamp  = 1700000000
)

// errNotHere is why nothing can be built.
var errNotHere = errors.New("the packages are built from a git checkout by bash on Linux")

// tree copies what git knows of this tree, and what it would take in, to a new
// folder, without .git.
func tree(name string) (string, error) {
	if _, err := exec.LookPath("git"); err != nil || runtime.GOOS != "linux" {
		return "", errNotHere
	}
	top, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return "", errNotHere
	}
	dir := filepath.Join(scratch, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	copied := exec.Command("bash", "-c", `set -o pipefail
		git ls-files -coz --exclude-standard | while IFS= read -rd '' f; do [ -e "$f" ] && printf '%s\0' "$f"; done |
		tar -c --null -T - | tar -x -C "$0"`, dir)
	copied.Dir = strings.TrimSpace(string(top))
	if said, err := copied.CombinedOutput(); err != nil {
		return "", fmt.Errorf("copying the tree: %w: %s", err, said)
	}
	return dir, nil
}

// build runs packaging/build in a tree, with more of the environment.
func build(dir, version string, arches []string, env ...string) error {
	c := exec.Command(filepath.Join(dir, "packaging", "build"), arches...)
	c.Env = append(os.Environ(), "VERSION="+version, fmt.Sprint("SOURCE_DATE_EPOCH=", stamp), "MAINTAINER=Ada Lovelace <ada@analytical-engines.org>")
	c.Env = append(c.Env, env...)
	if said, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("packaging/build: %w: %s", err, said)
	}
	return nil
}

var built = sync.OnceValues(func() (string, error) {
	dir, err := tree("one")
	if err != nil {
		return "", err
	}
	if err := build(dir, first, nil); err != nil {
		return "", err
	}
	// The operator may have changed a file that the new version brings otherwise.
	example, err := os.OpenFile(filepath.Join(dir, "agent.toml.example"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return "", err
	}
	_, err = example.WriteString("# of the second version\n")
	if err := errors.Join(err, example.Close()); err != nil {
		return "", err
	}
	return dir, build(dir, second, []string{runtime.GOARCH})
})

// dist is the folder with the packages: the first version for every
// architecture, the second for this one.
func dist(t *testing.T) string {
	t.Helper()
	dir, err := built()
	if errors.Is(err, errNotHere) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "dist")
}

func deb(version string) string {
	return "jupyter-events-agent_" + version + "_" + runtime.GOARCH + ".deb"
}

// need skips t where a program is missing.
func need(t *testing.T, program, from string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is missing: apt-get install %s", program, from)
	}
}

// output runs a program of this machine.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	said, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, said)
	}
	return string(said)
}

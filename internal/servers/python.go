package servers

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Python returns the Python of a virtual environment with these packages of
// pip, which is kept in the user's cache folder. It skips t where Python or pip
// is missing, and, but in CI, where the packages cannot be had.
func Python(t testing.TB, packages ...string) string {
	t.Helper()
	system, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is missing")
	}
	version, err := exec.Command(system, "-c", "import sys, venv, ensurepip; print(sys.version)").Output()
	if err != nil {
		t.Skip("python3 lacks venv or pip")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	key := sha256.Sum256([]byte(strings.Join(packages, " ") + string(version)))
	dir := filepath.Join(cache, "jupyter-events-agent-test", hex.EncodeToString(key[:8]))
	python, complete := filepath.Join(dir, "bin", "python"), filepath.Join(dir, "complete")
	if _, err := os.Stat(complete); err == nil {
		return python
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for _, step := range [][]string{
		{system, "-m", "venv", dir},
		append([]string{python, "-m", "pip", "install", "--quiet"}, packages...),
	} {
		said, err := exec.Command(step[0], step[1:]...).CombinedOutput()
		if err == nil {
			continue
		}
		if os.Getenv("CI") == "" {
			t.Skip("pip could not install " + strings.Join(packages, " "))
		}
		t.Fatalf("%s: %v: %s", strings.Join(step[1:], " "), err, said)
	}
	if err := os.WriteFile(complete, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return python
}

//go:build real

package packaging_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestRealARM64 runs the program of the .deb for arm64, on another machine by
// an emulator: its version, a check, a log that is delivered, and the demo.
func TestRealARM64(t *testing.T) {
	need(t, "dpkg-deb", "dpkg")
	var emulator []string
	if runtime.GOARCH != "arm64" {
		need(t, "qemu-aarch64-static", "qemu-user-static")
		emulator = []string{"qemu-aarch64-static"}
	}
	dir := t.TempDir()
	output(t, "dpkg-deb", "--extract", filepath.Join(dist(t), "jupyter-events-agent_"+first+"_arm64.deb"), dir)
	agent := func(args ...string) string {
		t.Helper()
		command := append(append(emulator, filepath.Join(dir, "usr/bin/jupyter-events-agent")), args...)
		return output(t, command[0], command[1:]...)
	}
	if got := agent("version"); !strings.Contains(got, first) || !strings.Contains(got, "linux/arm64") {
		t.Errorf("version: %s", got)
	}

	here := strings.NewReplacer("/var/log/jupyter-events-agent", dir, "/var/lib/jupyter-events-agent", filepath.Join(dir, "state"), "/var/log/jupyter", dir)
	file := filepath.Join(dir, "agent.toml")
	var lines strings.Builder
	for range 1000 {
		lines.WriteString(line("n0.ipynb"))
	}
	for name, text := range map[string]string{file: here.Replace(following), filepath.Join(dir, "events.log"): lines.String()} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := agent("check", "--config", file); !strings.Contains(got, "ok: ") {
		t.Errorf("check: %s", got)
	}
	agent("run", "--once", "--config", file)
	if records, err := os.ReadFile(filepath.Join(dir, "security.ndjson")); err != nil || strings.Count(string(records), "\n") != 1000 {
		t.Errorf("%d records of 1000 lines, %v", strings.Count(string(records), "\n"), err)
	}
	t.Setenv("TMPDIR", dir)
	if got := agent("demo", "--pace", "10ms"); !strings.Contains(got, "received: security 10, analytics 10, vendor 3") {
		t.Errorf("demo: %s", got)
	}
}

// Package systemd_test holds the unit against what systemd says of it.
package systemd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const unit = "jupyter-events-agent.service"

// installed is a root with the unit as a package puts it there, and drop-ins.
func installed(t *testing.T, dropIns ...string) string {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed: apt-get install systemd")
	}
	root := t.TempDir()
	put := func(from, to string, mode os.FileMode) {
		text := []byte("#!/bin/sh\n")
		if from != "" {
			var err error
			if text, err = os.ReadFile(from); err != nil {
				t.Fatal(err)
			}
		}
		to = filepath.Join(root, to)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, mode); err != nil {
			t.Fatal(err)
		}
	}
	const units = "usr/lib/systemd/system/"
	put(unit, units+unit, 0o644)
	put("", "usr/bin/jupyter-events-agent", 0o755)
	for _, name := range dropIns {
		put(name, units+unit+".d/"+name, 0o644)
	}
	// What the unit hangs on, and what systemd itself always looks for.
	for _, name := range []string{"network-online", "multi-user", "sysinit", "basic", "shutdown"} {
		target := "[Unit]\nDescription=" + name + "\n"
		if err := os.WriteFile(filepath.Join(root, units, name+".target"), []byte(target), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func analyze(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "systemd-analyze", args...)
	cmd.Env = append(os.Environ(), "SYSTEMD_COLORS=0", "SYSTEMD_LOG_TARGET=console")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestVerify: it exits with 0 also where it finds something wrong, so what
// counts is that it prints nothing.
func TestVerify(t *testing.T) {
	for _, dropIns := range [][]string{nil, {"home-directories.conf"}} {
		root := installed(t, dropIns...)
		if out, err := analyze(t, "verify", "--root="+root, unit); out != "" || err != nil {
			t.Errorf("with %v: %v\n%s", dropIns, err, out)
		}
		bad := filepath.Join(root, "usr/lib/systemd/system", unit)
		text, err := os.ReadFile(bad)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(bad, []byte(strings.Replace(string(text), "RestartSec=5", "RestartSec=soon", 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, _ := analyze(t, "verify", "--root="+root, unit); !strings.Contains(out, "Failed to parse") {
			t.Errorf("with %v a mistake is not seen: %q", dropIns, out)
		}
	}
}

// TestExposure holds systemd's own measure to a bound, in tenths.
func TestExposure(t *testing.T) {
	for _, c := range []struct {
		dropIns   []string
		threshold string
	}{
		{nil, "15"},
		{[]string{"home-directories.conf"}, "18"},
	} {
		root := installed(t, c.dropIns...)
		out, err := analyze(t, "security", "--offline=yes", "--no-pager", "--threshold="+c.threshold, "--root="+root, unit)
		if err != nil || !strings.Contains(out, "Overall exposure level") {
			t.Errorf("with %v: %v\n%s", c.dropIns, err, out)
		}
		t.Log(strings.TrimSpace(out[strings.Index(out, "→"):]))
	}
}

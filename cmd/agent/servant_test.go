//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/schema"
)

// TestWhatTheServantMayRead: the agent's user is not who checks.
func TestWhatTheServantMayRead(t *testing.T) {
	own, group := strconv.Itoa(os.Getuid()), strconv.Itoa(os.Getgid())
	stranger, member, owner := servant{name: "agent", uid: "-1"}, servant{name: "agent", uid: "-1", groups: []string{"-2", group}}, servant{name: "agent", uid: own}
	dir := t.TempDir()
	for dir := dir; dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "key")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who          servant
		folder, mode os.FileMode
		want         string
	}{
		{stranger, 0o755, 0o640, "may not read " + file + ": chgrp agent " + file + " && chmod g+r " + file},
		{stranger, 0o755, 0o644, ""},
		{stranger, 0o750, 0o644, "may not enter " + dir + ", so not read " + file},
		{member, 0o750, 0o640, ""},
		{member, 0o750, 0o604, "may not read " + file}, // the group's bits count for its members
		{member, 0o705, 0o640, "may not enter " + dir},
		{owner, 0o700, 0o400, ""},
		{owner, 0o700, 0o040, "may not read"},
	} {
		if err := os.Chmod(dir, c.folder); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, c.mode); err != nil {
			t.Fatal(err)
		}
		if got := c.who.kept(file); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%+v, %04o, %04o: %q; want %q", c.who, c.folder, c.mode, got, c.want)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	named := &config.Config{File: filepath.Join(dir, "none"), Named: []string{file, file, "$CREDENTIALS_DIRECTORY/x"}, Schemas: schema.Config{Overlays: []string{file}}}
	if got := stranger.warnings(named); len(got) != 1 || !strings.Contains(got[0], file) {
		t.Errorf("%q", got)
	}
	named.IDKeyFile, named.Named = filepath.Join(dir, "id.key"), nil
	if got := stranger.warnings(named); len(got) != 2 || !strings.Contains(got[0], "may not make "+named.IDKeyFile) {
		t.Errorf("%q", got)
	}
	if err := os.WriteFile(named.IDKeyFile, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := stranger.warnings(named); len(got) != 2 || !strings.Contains(got[1], "may not read "+named.IDKeyFile) {
		t.Errorf("%q", got)
	}
}

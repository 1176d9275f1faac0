package file

import (
	"path/filepath"
	"testing"
)

func TestOwner(t *testing.T) {
	for _, tc := range []struct{ glob, path, owner string }{
		{"/log/events.log", "/log/events.log.1", "/log/events.log"},
		{"/log/events.log", "/log/events.log.12.gz", "/log/events.log"},
		{"/log/events.log", "/log/events.log.gz", "/log/events.log"},
		{"/log/events.log", "/log/events.log-20261122", "/log/events.log"},
		{"/log/events.log", "/log/events.log-20261122-1795362000.gz", "/log/events.log"},
		{"/log/events.log", "/log/events.log.2026-11-22_10-00-00", "/log/events.log"},
		{"/log/events.log", "/log/events-20261122.log", "/log/events.log"},
		{"/log/events.log", "/log/events.1.log.gz", "/log/events.log"},
		{"/log/events.log", "/log/events.log.old", "/log/events.log"},
		{"/log/events.log", "/log/events.log~", "/log/events.log"},
		{"/log/events.log", "/log/events.log.offset", ""},
		{"/log/events.log", "/log/events.log.swp", ""},
		{"/log/events.log", "/log/events.logs", ""},
		{"/log/events.log", "/log/other.log.1", ""},
		{"/log/events.log", "/other/events.log.1", ""},
		{"/log/*.log", "/log/a.log.3", "/log/a.log"},
		{"/log/**/x.log", "/log/a/b/x.log.3", "/log/a/b/x.log"},
		{"/log/events.log", "/log/events.log", ""},
	} {
		g := globs{filepath.FromSlash(tc.glob)}
		if got := g.owner(filepath.FromSlash(tc.path)); got != filepath.FromSlash(tc.owner) {
			t.Errorf("%s is a generation of %q by %s, want %q", tc.path, got, tc.glob, tc.owner)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, tc := range []struct {
		name string
		c    Config
		errs int
	}{
		{"fine", Config{Paths: []string{"/log/**/*.{log,ndjson}"}, StartAt: "end", MaxLine: 64 << 20}, 0},
		{"nothing", Config{}, 1},
		{"everything wrong", Config{Paths: []string{"", "/log/[a"}, StartAt: "middle", MaxLine: 64<<20 + 1}, 4},
	} {
		if errs := tc.c.Validate(); len(errs) != tc.errs {
			t.Errorf("%s: %v", tc.name, errs)
		}
	}
}

// Reads is for paths as run sees them: what a glob matches, and its generations.
func TestReads(t *testing.T) {
	c := Config{Paths: []string{"/var/log/hub/*.log", "/srv/**/events"}}
	for path, want := range map[string]bool{
		"/var/log/hub/a.log": true, "/var/log/hub/a.log.1": true, "/var/log/hub/a-20261122.log": true, "/var/log/hub/a.log.2.gz": true, "/srv/x/y/events": true,
		"/var/log/hub/a.txt": false, "/var/log/a.log": false, "hub/a.log": false,
	} {
		if c.Reads(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}

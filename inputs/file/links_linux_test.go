package file

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLinks: whose link on the way to a file is followed. Only root can give
// links to others.
func TestLinks(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make links of other users")
	}
	const eve, bob, agent = 1234, 5678, 0
	for name, tc := range map[string]struct {
		file, link int  // owners
		folder     bool // the link is a folder's
		taken      bool
	}{
		"root's link":           {bob, 0, false, true},
		"of the file's owner":   {bob, bob, false, true},
		"of somebody else":      {bob, eve, false, false},
		"a folder of another":   {bob, eve, true, false},
		"a folder of the owner": {bob, bob, true, true},
		"to a file of root":     {0, eve, false, false},
		"the agent's own":       {bob, agent, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			check := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			check(os.Mkdir(filepath.Join(dir, "real"), 0o755))
			real := filepath.Join(dir, "real", "events.log")
			check(os.WriteFile(real, []byte("line\n"), 0o644))
			check(os.Chown(real, tc.file, tc.file))
			path := filepath.Join(dir, "log")
			target := "real/./../real/events.log"
			if tc.folder {
				target = filepath.Join(dir, "real") // an absolute one
			}
			check(os.Symlink(target, path))
			check(os.Lchown(path, tc.link, tc.link))
			if tc.folder {
				path = filepath.Join(path, "events.log")
			}
			h, _, err := openFile(path)
			if err == nil {
				check(h.Close())
			}
			if (err == nil) != tc.taken {
				t.Errorf("taken %v, want %v: %v", err == nil, tc.taken, err)
			}
			if !tc.taken && (err == nil || !strings.Contains(err.Error(), "belongs to user 1234") || !strings.Contains(err.Error(), "chown -h root")) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestLinksSwapped: what was opened is what the path leads to, or it is not read.
func TestLinksSwapped(t *testing.T) {
	dir := t.TempDir()
	one, other := filepath.Join(dir, "one"), filepath.Join(dir, "other")
	for _, path := range []string{one, other} {
		if err := os.WriteFile(path, []byte("line\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var st unix.Stat_t
	if err := unix.Stat(other, &st); err != nil {
		t.Fatal(err)
	}
	if err := linked(one, &st); err == nil || !strings.Contains(err.Error(), errMoved.Error()) {
		t.Error(err)
	}
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	if err := linked(loop, &st); err != unix.ELOOP {
		t.Error(err)
	}
}

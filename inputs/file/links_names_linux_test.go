package file

import (
	"os"
	"path/filepath"
	"testing"
)

// TestALinkTakesNoFileAway: who makes a link to another one's log neither has
// its lines read as his own nor keeps them from being read.
func TestALinkTakesNoFileAway(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make links of other users")
	}
	const eve, bob = 1234, 5678
	for name, early := range map[string]bool{"before it is known": true, "while it is read": false} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "*/events.log")
			for _, home := range []string{"bob", "ann"} { // ann's is listed first
				if err := os.Mkdir(b.path(home), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			link := func() {
				path := b.path("ann/events.log")
				if err := os.Symlink("../bob/events.log", path); err != nil {
					t.Fatal(err)
				}
				if err := os.Lchown(path, eve, eve); err != nil {
					t.Fatal(err)
				}
			}
			b.add("bob/events.log", "one\n")
			if err := os.Chown(b.path("bob/events.log"), bob, bob); err != nil {
				t.Fatal(err)
			}
			if early {
				link()
			}
			b.start(1)
			b.want("one")
			if !early {
				link()
			}
			in := b.run.in
			scans := func() uint64 {
				in.mu.Lock()
				defer in.mu.Unlock()
				return in.round
			}
			for since := scans(); scans() < since+4; {
				pause(in.tune.scan)
			}
			b.add("bob/events.log", "two\n")
			b.want("one", "two")
			if p := in.Progress(); len(p) != 1 || p[0].Path != filepath.Join(b.dir, "bob/events.log") {
				t.Errorf("read as %+v", p)
			}
			b.stop()
		})
	}
}

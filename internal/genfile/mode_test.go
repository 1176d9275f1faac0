package genfile

import (
	"os"
	"runtime"
	"testing"
)

// TestARightThatWasTakenStaysAway: by no rotation and no compression does anybody
// get to read what he may not.
func TestARightThatWasTakenStaysAway(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such rights")
	}
	b := newBench(t)
	b.config.Size, b.config.Compress = 1, true
	f := b.open(nil)
	b.sync(f)
	if err := os.Chmod(b.config.Path, 0o600); err != nil {
		t.Fatal(err)
	}
	b.append(f, "one")
	f.Close()
	f = b.open(nil) // a start
	b.sync(f)
	for range 4 {
		b.append(f, "line")
		b.sync(f)
	}
	// What an interrupted compression has left may be anybody's.
	if err := os.WriteFile(b.path(gen2+".gz.tmp"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	b.tidy(f)
	entries, err := os.ReadDir(b.path("."))
	if err != nil || len(entries) < 4 {
		t.Fatalf("%v, %v", entries, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want 0600", e.Name(), info.Mode(), err)
		}
	}
}

//go:build !windows

package atomicfile

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestModeWhateverTheUmask is not parallel: the umask is the whole process's.
func TestModeWhateverTheUmask(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	for _, mode := range []os.FileMode{0o600, 0o640, 0o644} {
		path := filepath.Join(t.TempDir(), "file")
		if err := Create(path, nil, mode); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != mode {
				t.Errorf("mode %v, %v; want %v", info.Mode(), err, mode)
			}
			if err := Write(path, nil, mode, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}

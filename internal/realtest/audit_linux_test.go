package realtest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestKillAuditedOnAFullDisk does it where state and audit file share a disk
// that is full after a second, until there is room again.
func TestKillAuditedOnAFullDisk(t *testing.T) {
	t.Parallel()
	disk := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	err := syscall.Mount("none", disk, "tmpfs", 0, "size=400k")
	if errors.Is(err, syscall.EPERM) {
		t.Skip("only root may make a small disk")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	w := newWitness(t, disk)
	full := 0
	total := w.grow(func() {
		for n := 0; n < 4 || full == 0 || !w.enough(); n++ {
			if strings.Contains(w.life(), "no space left on device") {
				full++
			}
		}
	})
	if full == 0 {
		t.Error("the disk was never full")
	}
	if err := syscall.Mount("none", disk, "tmpfs", syscall.MS_REMOUNT, "size=200m"); err != nil {
		t.Fatal(err)
	}
	w.judge(total)
}

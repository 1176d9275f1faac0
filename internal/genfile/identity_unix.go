//go:build unix

package genfile

import (
	"os"
	"syscall"
)

// identify is the device and inode of an open file.
func identify(_ *os.File, info os.FileInfo) (device, inode uint64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Dev), uint64(s.Ino)
	}
	return 0, 0
}

package file

import "golang.org/x/sys/unix"

// nextByte is where the file has bytes on disk again at or after at, and
// false where only a hole follows. A file without holes has them at once.
func (h *handle) nextByte(at int64) (int64, bool) {
	// Nothing else uses this descriptor's own position.
	to, err := unix.Seek(h.fd, at, unix.SEEK_DATA)
	if err == unix.ENXIO {
		return at, false
	}
	if err != nil {
		return at, true
	}
	return to, true
}

//go:build unix

package servers

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock waits until no other process holds the file, and holds it until release
// is called or the process ends. With try it does not wait: release is nil
// where another holds it.
func lock(path string, try bool) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	flags := syscall.LOCK_EX
	if try {
		flags |= syscall.LOCK_NB
	}
	for {
		err = syscall.Flock(int(f.Fd()), flags)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if try && errors.Is(err, syscall.EWOULDBLOCK) {
		f.Close()
		return nil, nil
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { f.Close() }, nil
}

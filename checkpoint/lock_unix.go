//go:build !windows

package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// takeLock opens and locks a file. The lock goes with the process, however it
// ends; the process id in the file is for people.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the state folder: %w: see that the agent's user owns it", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder := make([]byte, 20)
		n, _ := f.ReadAt(holder, 0)
		f.Close()
		return nil, inUse(path, strings.TrimSpace(string(holder[:n])))
	}
	if err == nil {
		// As long as every other, in its place: what was cut first might find no room again.
		_, err = f.WriteAt(fmt.Appendf(nil, "%-19d\n", os.Getpid()), 0)
	}
	if Full(err) {
		_ = f.Truncate(0) // no process is better than one that has gone
		err = nil
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock the state folder: %s: %w: see that its disk can lock files", path, err)
	}
	return f, nil
}

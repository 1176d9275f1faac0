package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// sharingViolation is ERROR_SHARING_VIOLATION: another process has it open.
const sharingViolation = syscall.Errno(32)

// takeLock opens a file that nobody else can open meanwhile. The lock goes
// with the process, however it ends.
func takeLock(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, fmt.Errorf("lock the state folder: %s: %w", path, err)
	}
	const sharedWithNobody = 0
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, sharedWithNobody, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, inUse(path, "")
	}
	if err != nil {
		return nil, fmt.Errorf("lock the state folder: %s: %w: see that the agent's user owns it", path, err)
	}
	return os.NewFile(uintptr(handle), path), nil
}

package checkpoint

import (
	"errors"
	"fmt"
	"path/filepath"
)

// ErrInUse is in the error of Open where an agent runs on the state folder.
var ErrInUse = errors.New("in use")

// inUse is the error of a second agent; pid is "" where it is not known.
func inUse(path, pid string) error {
	agent := "another agent"
	if pid != "" {
		agent += " (process " + pid + ")"
	}
	return fmt.Errorf("the state folder %s is %w by %s", filepath.Dir(path), ErrInUse, agent)
}

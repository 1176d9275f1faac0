package checkpoint

import (
	"fmt"
	"path/filepath"
)

// inUse is the error of a second agent; pid is "" where it is not known.
func inUse(path, pid string) error {
	agent := "another agent"
	if pid != "" {
		agent += " (process " + pid + ")"
	}
	return fmt.Errorf("the state folder %s is in use by %s: stop it, or give this one its own state_dir", filepath.Dir(path), agent)
}

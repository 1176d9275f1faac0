package file

import "fmt"

// linkError is a symbolic link that is not followed.
type linkError struct {
	path string
	uid  uint32
}

// Error says what to do about the link.
func (e *linkError) Error() string {
	return fmt.Sprintf("open %s: a symbolic link on its way belongs to user %d, who does not own what it leads to, and is not followed: whoever owns the link chooses what is read; make it root's (chown -h root), or name the file itself in paths", e.path, e.uid)
}

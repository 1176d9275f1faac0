// Package fileerr says in plain words why a file could not be read.
//
// In come its path and the error of a Stat, an Open or a Read; out comes what
// was wrong, without the path a second time, and the next step. It touches
// nothing.
package fileerr

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Explain is err with what to do; the caller names the file before it. missing
// is the step where there is no such file. errors.Is and As see the cause.
func Explain(path string, err error, missing string) error {
	step := "check the disk and the folder"
	switch {
	case strings.HasPrefix(path, "$"):
		step = "the variable is not set: it is for an agent that systemd starts with LoadCredential=NAME:FILE"
	case errors.Is(err, fs.ErrNotExist):
		step = missing
	case errors.Is(err, fs.ErrPermission):
		step = "let the agent's user read it"
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("%w: %s", err, step)
}

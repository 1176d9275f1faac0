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

// ErrCredential is in the error where the file is one that systemd shows to the
// agent it starts, and to no other process.
var ErrCredential = errors.New("a credential of systemd's")

// credential is an error that is ErrCredential beside what it is.
type credential struct{ error }

func (c credential) Unwrap() error { return c.error }

// Is says so.
func (c credential) Is(target error) bool { return target == ErrCredential }

// Explain is err with what to do; the caller names the file before it. missing
// is the step where there is no such file. errors.Is and As see the cause.
func Explain(path string, err error, missing string) error {
	step, ofSystemd := "check the disk and the folder", false
	switch {
	case strings.HasPrefix(path, "$"):
		ofSystemd = true
		step = "the variable is not set: it is for an agent that systemd starts with LoadCredential=NAME:FILE"
	case strings.HasPrefix(path, "/run/credentials/"):
		ofSystemd = true
		step = "it is there only while systemd runs the agent, and with LoadCredential=NAME:FILE in its unit"
	case errors.Is(err, fs.ErrNotExist):
		step = missing
	case errors.Is(err, fs.ErrPermission):
		step = "let the agent's user read it"
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	err = fmt.Errorf("%w: %s", err, step)
	if ofSystemd {
		return credential{err}
	}
	return err
}

package fileerr_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"jupyter-events-agent/internal/fileerr"
)

func TestExplain(t *testing.T) {
	of := func(cause error) error { return &fs.PathError{Op: "open", Path: "/etc/secret", Err: cause} }
	for _, c := range []struct {
		path string
		err  error
		want string
	}{
		{"/etc/secret", of(fs.ErrNotExist), "file does not exist: make it"},
		{"/etc/secret", of(fs.ErrPermission), "permission denied: let the agent's user read it"},
		{"/etc/secret", of(fs.ErrInvalid), "invalid argument: check the disk and the folder"},
		{"$CREDENTIALS_DIRECTORY/secret", of(fs.ErrNotExist), "file does not exist: the variable is not set: it is for an agent that systemd starts with LoadCredential=NAME:FILE"},
		{"/run/credentials/a.service/secret", of(fs.ErrNotExist), "file does not exist: it is there only while systemd runs the agent, and with LoadCredential=NAME:FILE in its unit"},
	} {
		got := fileerr.Explain(c.path, c.err, "make it")
		if got.Error() != c.want || !errors.Is(got, errors.Unwrap(c.err)) {
			t.Errorf("%s: %v, want %s", c.path, got, c.want)
		}
		if errors.Is(got, fileerr.ErrCredential) != strings.Contains(c.want, "systemd") {
			t.Errorf("%s: %v is taken for another kind of file", c.path, got)
		}
	}
}

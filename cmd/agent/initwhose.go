package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// serviceUser is the user, with a group of the same name, that the packages
// make and the unit names (packaging/systemd).
const serviceUser = "jupyter-events-agent"

// reader is who has to read what init writes, whatever umask its caller has: a
// umask of 077, as careful administrators have it, must not keep the agent from
// its own configuration. There is no secret in it.
type reader struct {
	mode  fs.FileMode
	group int // that gets the files; -1: they stay their maker's
}

// readers are everybody, but where root makes the configuration of a package's
// agent: then its group alone, as in the folder that comes with the package.
func readers() reader {
	everybody := reader{mode: 0o644, group: -1}
	if os.Geteuid() != 0 {
		return everybody
	}
	agent, err := user.Lookup(serviceUser)
	if err != nil {
		return everybody
	}
	group, err := strconv.Atoi(agent.Gid)
	if err != nil {
		return everybody
	}
	return reader{mode: 0o640, group: group}
}

// folder makes dir, and what is missing above it, so that a reader gets in. A
// folder that is there stays as it is.
func (r reader) folder(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := (reader{mode: 0o644, group: -1}).folder(parent); err != nil {
			return err
		}
	}
	switch err := os.Mkdir(dir, 0o700); {
	case errors.Is(err, fs.ErrExist): // meanwhile, or it is no folder
		return os.MkdirAll(dir, 0o700)
	case err != nil:
		return err
	}
	if err := r.give(dir); err != nil {
		return err
	}
	return os.Chmod(dir, r.mode|r.mode>>2&0o111)
}

// give gives what was written to the group.
func (r reader) give(path string) error {
	if r.group < 0 {
		return nil
	}
	return os.Lchown(path, -1, r.group)
}

func (r reader) say() string {
	if r.group < 0 {
		return ""
	}
	return fmt.Sprintf(" (%04o, for root and the group %s)", r.mode, serviceUser)
}

// enter says whether a reader may get into dir, as far as its mode tells.
func (r reader) enter(dir string) bool {
	info, err := os.Stat(dir)
	return err != nil || r.group < 0 || info.Mode().Perm()&0o011 != 0
}

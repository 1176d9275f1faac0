package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"

	"jupyter-events-agent/internal/config"
)

// servant is the user that the agent runs as, where root looks at what it will read.
type servant struct {
	name   string
	uid    string
	groups []string
}

// servantsWarnings says which of the files that a configuration names the
// packages' agent could not read though root, who checks it, can.
func servantsWarnings(c *config.Config) []string {
	if os.Geteuid() != 0 {
		return nil
	}
	agent, err := user.Lookup(serviceUser)
	if err != nil {
		return nil
	}
	groups, err := agent.GroupIds()
	if err != nil {
		groups = []string{agent.Gid}
	}
	return servant{name: serviceUser, uid: agent.Uid, groups: groups}.warnings(c)
}

func (s servant) warnings(c *config.Config) (all []string) {
	paths := append(append([]string{c.File, c.Schemas.Lock}, c.Schemas.Overlays...), c.Named...)
	if key := c.IDKeyFile; filepath.IsAbs(key) {
		folder := filepath.Dir(key)
		if _, err := os.Stat(key); errors.Is(err, fs.ErrNotExist) && !s.may(folder, 0o2) {
			all = append(all, fmt.Sprintf("%s, the user of the packages' agent, may not make %s in %s: make it with jupyter-events-agent key new --id, or copy the one of an agent that shares it, and let that user read it", s.name, key, folder))
		}
		paths = append(paths, key)
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			continue // not there, which is said elsewhere
		}
		if w := s.kept(path); w != "" && !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	return all
}

// kept says what keeps the servant from a file, as far as owners, groups and
// modes tell; "" for nothing. A group of SupplementaryGroups= is not known here.
func (s servant) kept(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if !s.may(dir, 0o1) {
			return fmt.Sprintf("%[2]s, the user of the packages' agent, may not enter %[1]s, so not read %[3]s: chgrp %[2]s %[1]s && chmod g+rx %[1]s", dir, s.name, path)
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if !s.may(path, 0o4) {
		return fmt.Sprintf("%[2]s, the user of the packages' agent, may not read %[1]s: chgrp %[2]s %[1]s && chmod g+r %[1]s", path, s.name)
	}
	return ""
}

//go:build unix

package main

import (
	"io/fs"
	"os"
	"slices"
	"strconv"
	"syscall"
)

// may says whether the servant has a right (4 to read, 2 to write, 1 to enter) to what is
// at path; also where it cannot be told.
func (s servant) may(path string, right fs.FileMode) bool {
	info, err := os.Stat(path)
	if err != nil {
		return true
	}
	of, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return true
	case strconv.Itoa(int(of.Uid)) == s.uid:
		right <<= 6
	case slices.Contains(s.groups, strconv.Itoa(int(of.Gid))):
		right <<= 3
	}
	return info.Mode().Perm()&right != 0
}

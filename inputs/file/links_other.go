//go:build unix && !linux

package file

import "golang.org/x/sys/unix"

// linked is for Linux, where agents have the right to read every home.
func linked(string, *unix.Stat_t) error { return nil }

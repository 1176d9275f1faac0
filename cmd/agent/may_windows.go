package main

import "io/fs"

// may: Windows has no such bits.
func (s servant) may(string, fs.FileMode) bool { return true }

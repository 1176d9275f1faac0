// Package secretfile reads a secret from a file: a password, a token, a key.
//
// In comes a path, such as a file of /etc or one that systemd put into
// $CREDENTIALS_DIRECTORY; out comes the secret as the file has it now, so that
// a new one counts without a restart. It reads that one file and keeps
// nothing. No error holds anything of the content.
package secretfile

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"jupyter-events-agent/internal/fileerr"
)

// longest is the most that a secret may have, in bytes. Tokens are a few KiB
// at most; a longer file is the wrong one.
const longest = 64 << 10

// File is a secret in a file. Safe for use by several goroutines.
type File struct{ path string }

// New names the file; nothing is opened yet.
func New(path string) *File { return &File{path} }

// Path is the file's name, for messages.
func (f *File) Path() string { return f.path }

// Read is the secret as the file has it now, without the end of its line. The
// file is read each time: it is small, and a secret that was changed twice
// within the clock's tick could otherwise stay the old one.
func (f *File) Read() (string, error) {
	info, err := os.Stat(f.path) // before opening: opening a pipe would wait for its writer
	if err != nil {
		return "", unreadable(f.path, err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("read the secret %s: is not a plain file: put the secret into one, on one line", f.path)
	}
	file, err := os.Open(f.path)
	if err != nil {
		return "", unreadable(f.path, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, longest+1))
	if err != nil {
		return "", unreadable(f.path, err)
	}
	if len(text) > longest {
		return "", fmt.Errorf("read the secret %s: is longer than 64 KiB: name the file that holds nothing but the secret", f.path)
	}
	text = bytes.TrimSuffix(text, []byte("\n"))
	text = bytes.TrimSuffix(text, []byte("\r"))
	if len(text) == 0 {
		return "", fmt.Errorf("read the secret %s: is empty: write the secret into it, on one line", f.path)
	}
	if strings.ContainsFunc(string(text), func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfeff }) {
		return "", fmt.Errorf("read the secret %s: holds more than one line, or a character that no secret has: write the secret alone, on one line, as plain text", f.path)
	}
	return string(text), nil
}

// Warnings are what is not wrong yet should not stay: a file that others can
// read. Nil where the file cannot be looked at; Read says why.
func (f *File) Warnings() []string {
	info, err := os.Stat(f.path)
	// Windows has no such bits: there the folder's access list counts.
	if err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o037 == 0 {
		return nil
	}
	return []string{fmt.Sprintf("the secret %s is open to others (mode %04o): run chmod 640 %[1]s, with the agent's group (chgrp jupyter-events-agent %[1]s), and if others may have read it get a new one", f.path, info.Mode().Perm())}
}

func unreadable(path string, err error) error {
	return fmt.Errorf("read the secret %s: %w", path, fileerr.Explain(path, err, "make the file, or correct the path"))
}

// Package keyring keeps secrets that follow one another in a file.
//
// In comes a path; out come the secrets, each with the moment from which it
// counts. It touches that one file: makes it, reads it, and adds to its end. No
// error holds anything of a secret.
package keyring

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"

	"jupyter-events-agent/internal/atomicfile"
)

// Key is a secret and the moment from which it counts.
type Key struct {
	Since  time.Time // the year 1 for one that counts for all that was before the next
	Secret [32]byte
}

const (
	head = "# The secrets of pseudonyms, or of a table of tokens: who has one can find out which values stand behind them.\n" +
		"# Each counts for the epochs that begin at its time or later, until the next one. Without its line the\n" +
		"# pseudonyms made with it can never be connected to values again, and no more are made for its epochs.\n"
	longest = 1 << 20 // bytes; a longer file is the wrong one
)

// New makes a file, 0600, with one secret that counts for all times. It
// replaces no file.
func New(path string) error {
	err := atomicfile.Create(path, append([]byte(head), line(time.Time{})...), 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("make the key file %s: there is a file already, and no key is ever replaced: name another, or add a key to it with key rotate", path)
	case err != nil:
		return fmt.Errorf("make the key file %s: %w: make its folder, or name another file", path, reason(err))
	}
	return nil
}

// Rotate adds a secret that counts from now on, in whole seconds. What the file
// holds stays, and so do its owner and its mode.
func Rotate(path string, now time.Time) error {
	keys, err := Read(path)
	if err != nil {
		return err
	}
	now = now.UTC().Truncate(time.Second)
	if last := keys[len(keys)-1].Since; !now.After(last) {
		return fmt.Errorf("add a key to %s: its last one counts from %s on, which is not before now: see that the clock is right", path, last.Format(time.RFC3339))
	}
	if err := add(path, line(now)); err != nil {
		return fmt.Errorf("add a key to %s: %w: let this user write it, and see that its last line is whole", path, reason(err))
	}
	return nil
}

// add writes to the end of the file, durably.
func add(path string, text []byte) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	last := []byte{0}
	if _, err := f.ReadAt(last, end-1); err != nil {
		return err
	}
	if last[0] != '\n' {
		text = append([]byte("\n"), text...)
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Sync()
}

// line is a new secret as a line of the file.
func line(since time.Time) []byte {
	var secret [32]byte
	rand.Read(secret[:]) // never fails: it ends the process instead
	return fmt.Appendf(nil, "%s %x\n", since.UTC().Format(time.RFC3339), secret)
}

// Read is what the file holds, in the order of time; one secret at least. A
// file that others can read or change is refused.
func Read(path string) ([]Key, error) {
	failed := func(err error, step string) ([]Key, error) {
		return nil, fmt.Errorf("read the key file %s: %w: %s", path, reason(err), step)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return failed(err, "make it with jupyter-events-agent key new "+path)
	case err != nil:
		return failed(err, "let this user read it")
	case !info.Mode().IsRegular():
		return failed(errors.New("it is not a plain file"), "make one with key new")
	// Windows has no such bits: there the folder's access list counts.
	case info.Mode().Perm()&0o037 != 0 && runtime.GOOS != "windows":
		return failed(fmt.Errorf("it is open to others (mode %04o)", info.Mode().Perm()), "run chmod 600 "+path+", and if others may have read it make a new one")
	case info.Size() > longest:
		return failed(errors.New("it is longer than 1 MiB"), "name the file that key new made")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return failed(err, "let this user read it")
	}
	var keys []Key
	for number, row := range bytes.Split(text, []byte("\n")) {
		row = bytes.TrimSpace(row)
		if len(row) == 0 || row[0] == '#' {
			continue
		}
		k, ok := parse(row)
		if !ok {
			return failed(fmt.Errorf("line %d is not a time and a secret of 64 hexadecimal digits", number+1), "put back what key new and key rotate wrote")
		}
		if n := len(keys); n > 0 && !k.Since.After(keys[n-1].Since) {
			return failed(fmt.Errorf("line %d is not later than the one before it", number+1), "put the lines in the order in which key rotate wrote them")
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return failed(errors.New("it holds no key"), "make one with key new, under another name")
	}
	return keys, nil
}

func parse(row []byte) (k Key, ok bool) {
	since, secret, _ := bytes.Cut(row, []byte(" "))
	t, err := time.Parse(time.RFC3339, string(since))
	if err != nil || len(secret) != hex.EncodedLen(len(k.Secret)) {
		return k, false
	}
	k.Since = t.UTC()
	_, err = hex.Decode(k.Secret[:], secret)
	return k, err == nil
}

// reason is the error without the path, which the message has already.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

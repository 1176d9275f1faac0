package genfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Append writes b, whole lines, all of it or nothing: after an error none of it is
// in the file, or will be before anything else is appended: trying again is
// safe.
func (f *File) Append(b []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return fmt.Errorf("write %s: %w", f.config.Path, fs.ErrClosed)
	}
	f.fresh = false
	if err := f.takeBack(); err != nil {
		return f.writeError(err)
	}
	if f.file != nil && !f.config.OnlyInSync && f.mayRotate() && f.due() {
		f.rotate()
	}
	if f.file == nil {
		if err := f.begin(); err != nil {
			return f.writeError(err)
		}
	}
	if f.length == 0 {
		f.begun = f.config.Now() // an empty file has no age
	}
	n, err := f.write(b)
	if err == nil {
		f.length += int64(n)
		f.dirty = true
		return nil
	}
	f.torn = int64(n)
	return f.writeError(errors.Join(err, f.takeBack()))
}

// piece is how much one write call is given. Larger ones save the kernel work on
// its pages (64 KiB: 12 % more CPU for the agent as a whole), but beyond the processor's cache, and where
// the kernel has to look for large pages, half a megabyte has cost half as much again.
const piece = 256 << 10

func (f *File) write(b []byte) (written int, err error) {
	for len(b) > 0 && err == nil {
		var n int
		n, err = f.file.Write(b[:min(len(b), piece)])
		written += n
		b = b[n:]
	}
	return written, err
}

// takeBack removes the bytes of a batch that was written in part.
func (f *File) takeBack() error {
	if f.torn == 0 {
		return nil
	}
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	// From the end, as the file may have been cut by somebody else meanwhile.
	if err := f.file.Truncate(max(0, info.Size()-f.torn)); err != nil {
		return err
	}
	f.torn = 0
	return nil
}

func (f *File) writeError(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: free space on its disk", err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist):
		return hinted(f.config.Path, err)
	}
	return err
}

// Sync makes everything that was appended durable and returns the state for
// Open. Before it is called again that state must be durable. It is also where
// a new generation begins, and where it is seen that another program has
// renamed or deleted the file. After an error the File is of no use: only Open
// with the last durable state knows what the disk really holds.
func (f *File) Sync() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, fmt.Errorf("sync %s: %w", f.config.Path, fs.ErrClosed)
	}
	if f.failed != nil {
		return nil, f.failed
	}
	b, err := f.sync()
	f.fresh = false
	if err != nil {
		f.failed = fmt.Errorf("sync %s: %w: what was written since the last checkpoint may not be on the disk: restart the agent", f.config.Path, err)
		return nil, f.failed
	}
	return b, nil
}

func (f *File) sync() ([]byte, error) {
	if f.settled != f.last.Number {
		f.settled = f.last.Number
		f.wakeUp()
	}
	if f.file == nil {
		return f.last.bytes(), nil // nothing was appended since it was renamed
	}
	s, err := f.flush()
	if err != nil {
		return nil, err
	}
	replaced, err := f.replaced(s)
	if err != nil {
		return nil, err
	}
	if replaced {
		f.renew()
	} else if f.mayRotate() && f.due() {
		f.rotate()
	}
	if f.file != nil {
		if s, err = f.flush(); err != nil {
			return nil, err
		}
	}
	f.last = *s
	return s.bytes(), nil
}

// flush makes the file durable and says its state.
func (f *File) flush() (*state, error) {
	if err := f.takeBack(); err != nil {
		return nil, err
	}
	if f.dirty {
		if err := f.file.Sync(); err != nil {
			return nil, err
		}
		f.dirty = false
	}
	info, err := f.file.Stat()
	if err != nil {
		return nil, err
	}
	if size := info.Size(); size != f.length {
		f.config.Log.Warn("another program has changed the length of the file", "path", f.config.Path, "from", f.length, "to", size)
		f.length = size
	}
	s := &state{Name: f.names.stem + f.names.ext, Length: f.length, Number: f.number, Begun: f.begun.Unix()}
	s.Device, s.Inode = identify(f.file, info)
	s.Tail, err = tailOf(f.file, f.length)
	return s, err
}

// replaced reports whether another program has taken our file away.
func (f *File) replaced(s *state) (bool, error) {
	ours, err := f.file.Stat()
	if err != nil {
		return false, err
	}
	found, err := os.Stat(f.config.Path)
	switch {
	case err == nil && os.SameFile(ours, found):
		return false, nil
	case err == nil, errors.Is(err, fs.ErrNotExist):
		f.config.Log.Warn("another program has renamed or deleted the file: began a new one; let the agent rotate it itself, by rotate", "path", f.config.Path, "bytes", s.Length)
		return true, nil
	}
	return false, err
}

// mayRotate reports whether a rename now would leave a crash something to go
// by: the whole file is on the disk, and the state that is surely durable, the
// one before the last, is of this file. The first Sync rotates nothing, so what is
// as the last run left it has the state of that run, which is durable.
func (f *File) mayRotate() bool {
	return !f.fresh && !f.dirty && f.torn == 0 && f.number == f.settled
}

// rotate renames the file once and for all and begins a new one. Where it
// cannot, the old one goes on.
func (f *File) rotate() {
	path := f.names.of(f.config.Now(), f.number)
	if err := os.Rename(f.config.Path, path); err != nil {
		f.config.Log.Error("could not rotate the file, so it goes on growing: see that the agent's user can write to its folder", "path", f.config.Path, "error", err)
		f.retry = f.config.Now().Add(lookEvery)
		return
	}
	f.renew()
}

// renew begins the file after the one that was open. Where that fails file is
// nil, and the next Append tries again.
func (f *File) renew() {
	f.file.Close()
	f.file = nil
	f.number++
	if err := f.begin(); err != nil {
		f.config.Log.Error("could not begin a new file", "path", f.config.Path, "error", err)
	}
}

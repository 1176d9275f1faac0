package genfile

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"jupyter-events-agent/internal/atomicfile"
)

// Open opens the file and takes back what the state does not know of; state
// is what Sync returned last before a durable checkpoint, nil for none. A file
// that is not the state's is never cut: it is kept as a generation. The folder
// of the file is made where it alone is missing.
func Open(c Config, lastState []byte) (*File, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if target, err := filepath.EvalSymlinks(c.Path); err == nil {
		c.Path = target // else a rotation would rename the link
	}
	f := &File{config: c, mode: c.Mode, names: namesOf(c.Path), wake: make(chan struct{}, 1)}
	if err := os.Mkdir(f.names.folder, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, hinted(c.Path, err)
	}
	if err := f.recover(lastState); err != nil {
		if f.file != nil {
			f.file.Close()
		}
		return nil, hinted(c.Path, err)
	}
	f.last.Number, f.fresh = f.settled, true
	return f, nil
}

// hinted says of which file an error is and what the operator can do.
func hinted(path string, err error) error {
	hint := "see that its folder exists and the agent's user can write there"
	if errors.Is(err, errNotRegular) {
		hint = `name a file, or "-" for standard output`
	}
	return fmt.Errorf("open %s: %w: %s", path, err, hint)
}

var errNotRegular = errors.New("it is not a regular file")

// open opens a regular file to append to; nil where there is none.
func (f *File) open(path string, flags int) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() { // opening a pipe could wait for ever
		return nil, errNotRegular
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|flags, f.mode)
	if errors.Is(err, fs.ErrNotExist) && flags == 0 {
		return nil, nil
	}
	return file, err
}

// recover finds the place where the state was taken.
func (f *File) recover(lastState []byte) error {
	if err := f.names.clean(); err != nil {
		return err
	}
	older, err := f.names.list()
	if err != nil {
		return err
	}
	f.number = 1
	if len(older) > 0 {
		f.number = older[len(older)-1].number + 1
	}
	active, err := f.open(f.config.Path, 0)
	if err != nil {
		return err
	}
	s, ok := parseState(lastState)
	if !ok || s.Name != filepath.Base(f.config.Path) {
		return f.adopt(active, "the checkpoint does not know it")
	}
	f.settled = s.Number
	if s.is(active) {
		f.number = max(f.number, s.Number)
		f.take(active, time.Unix(s.Begun, 0))
		return f.cut(active, s.Length)
	}
	found, err := f.find(s)
	if err != nil {
		return err
	}
	if found == "" {
		f.number = max(f.number, s.Number+1)
		if s.Length > 0 {
			f.config.Log.Warn("the file as the checkpoint knows it is not there: what it received last may be missing or written twice", "path", f.config.Path)
		}
		return f.adopt(active, "it is not the one that the checkpoint knows")
	}
	if g, ok := f.names.parse(filepath.Base(found)); !ok || g.number != s.Number || f.number != s.Number+1 {
		f.number = max(f.number, s.Number+1)
		return f.adopt(active, "it is not the one that the checkpoint knows")
	}
	if active == nil {
		return f.begin()
	}
	f.take(active, f.config.Now())
	return f.cut(active, 0)
}

// find looks for the file of the state under another name, cuts it to what
// the state knows and returns its path; "" where there is none.
func (f *File) find(s *state) (string, error) {
	entries, err := os.ReadDir(f.names.folder)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		path := filepath.Join(f.names.folder, e.Name())
		if !e.Type().IsRegular() || !strings.HasPrefix(e.Name(), f.names.stem) || path == f.config.Path {
			continue
		}
		// Of an empty file only the inode is known, and that may be another's by now.
		if g, ok := f.names.parse(e.Name()); s.Length == 0 && !(ok && g.number == s.Number) {
			continue
		}
		file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
		if err != nil {
			continue // not ours
		}
		if s.is(file) {
			err := f.cut(file, s.Length)
			return path, errors.Join(err, file.Close())
		}
		file.Close()
	}
	return "", nil
}

// adopt goes on with a file of which no state knows: with an empty one as it
// is; another is kept as a generation, because nobody knows whose it is.
func (f *File) adopt(active *os.File, why string) error {
	if active == nil {
		return f.begin()
	}
	info, err := active.Stat()
	if err == nil && info.Size() == 0 {
		f.take(active, f.config.Now())
		return f.cut(active, 0)
	}
	active.Close()
	if err != nil {
		return err
	}
	f.mode = f.narrow(info)
	path := f.names.of(f.config.Now(), f.number)
	if err := os.Rename(f.config.Path, path); err != nil {
		return err
	}
	f.config.Log.Warn("kept a file that was found and began a new one", "path", f.config.Path, "kept", path, "because", why)
	f.number++
	return f.begin()
}

// begin makes a new file.
func (f *File) begin() error {
	file, err := f.open(f.config.Path, os.O_CREATE)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return err
	}
	if info.Size() > 0 {
		return f.adopt(file, "somebody else made it")
	}
	f.take(file, f.config.Now())
	return atomicfile.SyncFolder(f.names.folder)
}

// take makes file the one that is appended to.
func (f *File) take(file *os.File, begun time.Time) {
	f.file, f.begun, f.length, f.dirty, f.torn = file, begun, 0, false, 0
	info, err := file.Stat()
	if err != nil {
		return
	}
	f.mode = f.narrow(info)
	if info.Mode().Perm()&^f.config.Mode != 0 {
		if err := file.Chmod(info.Mode().Perm() & f.config.Mode); err != nil {
			f.config.Log.Warn("could not take rights away that others have on a file", "path", f.config.Path, "error", err)
		}
	}
}

// narrow is the mode of what takes a file's place: whom somebody has taken a right
// from gets it by no rotation.
func (f *File) narrow(info fs.FileInfo) fs.FileMode {
	return info.Mode().Perm()&f.config.Mode | 0o600
}

// cut takes back what is behind length and makes that durable.
func (f *File) cut(file *os.File, length int64) error {
	if file == f.file {
		f.length = length
	}
	info, err := file.Stat()
	if err != nil || info.Size() == length {
		return err
	}
	f.config.Log.Info("took back what the checkpoint does not know of; it is written again", "path", file.Name(), "bytes", info.Size()-length)
	if err := file.Truncate(length); err != nil {
		return err
	}
	return file.Sync()
}

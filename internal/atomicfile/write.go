package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Suffix is the end of temporary names: what is found with it after a crash
// is of no use to anybody.
const Suffix = ".tmp"

// Write replaces path by content: a temporary file in the same folder, fsync,
// rename, fsync of the folder. It calls before, where that is not nil, when
// the new content is safe and not yet in place. Not for several goroutines on
// the same path.
func Write(path string, content []byte, mode fs.FileMode, before func() error) error {
	temporary := path + Suffix
	err := writeNew(temporary, content, mode)
	if err == nil && before != nil {
		err = before()
	}
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		os.Remove(temporary)
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// Create makes path with content unless there is one already: then the error
// is fs.ErrExist and the file is as it was. Nobody ever sees half of it.
func Create(path string, content []byte, mode fs.FileMode) error {
	temporary := path + Suffix
	if err := writeNew(temporary, content, mode); err != nil {
		os.Remove(temporary)
		return err
	}
	defer os.Remove(temporary)
	err := os.Link(temporary, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = createWithoutLinks(temporary, path)
	}
	if err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// createWithoutLinks is for file systems that have no hard links.
func createWithoutLinks(temporary, path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	return os.Rename(temporary, path)
}

// writeNew writes a file that nobody else has open and makes it durable. It has
// the mode, whatever the umask takes away from new files: what others have to
// read they can.
func writeNew(path string, content []byte, mode fs.FileMode) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if err = complete(f, mode); err == nil {
		_, err = f.Write(content)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// complete gives f the bits of mode that it lacks. Where none is missing
// nothing is asked of file systems that know no modes.
func complete(f *os.File, mode fs.FileMode) error {
	info, err := f.Stat()
	if err != nil || info.Mode().Perm()&mode == mode {
		return err
	}
	return f.Chmod(mode)
}

package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"jupyter-events-agent/internal/atomicfile"
)

// damagedSuffix is the end of the name that a damaged checkpoint is kept under.
const damagedSuffix = ".damaged"

// Open takes the state folder, made 0700 where it is missing, and its lock: a
// second agent on the same folder fails here, with ErrInUse. A damaged checkpoint is no
// error: Warnings says what was lost. A sound one of a newer agent is an error
// and stays as it is.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the state folder: %w: make it for the agent's user, or set state_dir", err)
	}
	lock, err := takeLock(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, lock: lock, cursors: map[string]*Cursor{}}
	if err := s.load(); err != nil {
		lock.Close()
		return nil, err
	}
	s.anew = !s.loaded && s.hasDamaged()
	for _, leftover := range []string{newestFile, keyName} {
		os.Remove(filepath.Join(dir, leftover+atomicfile.Suffix))
	}
	return s, nil
}

// Read looks at a state folder without its lock, also while an agent runs on
// it. It changes nothing: Add, Sync of anything changed and the making of a
// missing key fail.
func Read(dir string) (*Store, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("read the state folder: %w: see that state_dir is the one of the agent", err)
	}
	s := &Store{dir: dir, cursors: map[string]*Cursor{}}
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

// hasDamaged says that a damaged checkpoint lies in the folder, of this start or
// of one that ended before it could write another.
func (s *Store) hasDamaged() bool {
	for _, name := range []string{newestFile, olderFile} {
		if _, err := os.Lstat(filepath.Join(s.dir, name+damagedSuffix)); err == nil {
			return true
		}
	}
	return false
}

// load takes the newest sound generation.
func (s *Store) load() error {
	newest, err := s.read(newestFile)
	if err == nil {
		s.restore(newest)
		return nil
	}
	missing := errors.Is(err, fs.ErrNotExist)
	if !missing {
		if err := s.setAside(newestFile, err); err != nil {
			return err
		}
	}
	older, err := s.read(olderFile)
	switch {
	case err == nil:
		s.restore(older)
		if missing {
			s.warn("%s is missing, as after a crash: went on with the one before it", newestFile)
		} else {
			s.warn("went on with the checkpoint before it: what was delivered since that one may be sent again")
		}
		return nil
	case errors.Is(err, fs.ErrNotExist):
		if !missing {
			s.warn("there is no checkpoint before it: began anew, so all that the inputs still hold is sent again")
		}
		return nil
	}
	if err := s.setAside(olderFile, err); err != nil {
		return err
	}
	s.warn("no sound checkpoint is left: began anew, so all that the inputs still hold is sent again")
	return nil
}

// read is one generation. Its errors: fs.ErrNotExist, errDamaged, or one that
// must stop the agent.
func (s *Store) read(name string) (*snapshot, error) {
	file, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		return nil, unread(err)
	}
	return decode(file)
}

// passing are errors of a file that can be read another time: to take it for
// damaged would give up what it holds.
var passing = []error{fs.ErrNotExist, fs.ErrPermission, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ETIMEDOUT, syscall.ESTALE}

// unread is what it means that a file cannot be read.
func unread(err error) error {
	for _, p := range passing {
		if errors.Is(err, p) {
			return err
		}
	}
	return errDamaged // the disk cannot read it
}

// setAside renames a damaged generation, so that the next Sync does not put
// it in the place of a sound one, and says so. Other errors it returns.
func (s *Store) setAside(name string, err error) error {
	path := filepath.Join(s.dir, name)
	if !errors.Is(err, errDamaged) {
		if newer := (newerError{}); errors.As(err, &newer) {
			return fmt.Errorf("the checkpoint %s %w", path, err)
		}
		return fmt.Errorf("read the checkpoint: %w: see that the agent's user owns the state folder, that its disk is there and that enough files may be open (LimitNOFILE), then start again", err)
	}
	if s.lock == nil {
		s.warn("%s is damaged", path)
		return nil
	}
	if err := os.Rename(path, path+damagedSuffix); err != nil {
		return fmt.Errorf("set a damaged checkpoint aside: %w: see that the state folder is writable", err)
	}
	s.warn("%s is damaged and was renamed to %s", path, name+damagedSuffix)
	return nil
}

func (s *Store) warn(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, args...))
}

package checkpoint

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"jupyter-events-agent/internal/atomicfile"
	"jupyter-events-agent/internal/fileerr"
)

const secretBytes = 32

// Secret is the instance's secret of 32 bytes, from keyFile, or from id.key in
// the state folder where keyFile is empty; made, 0600, where it is missing. A
// relative keyFile starts from the state folder. A key that others can read, or
// its group can write, is refused, and one that is there is never replaced.
func (s *Store) Secret(keyFile string) ([]byte, error) {
	keyFile = keyPath(s.dir, keyFile)
	key, err := readKey(keyFile)
	if s.lock == nil || !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	err = NewKey(keyFile)
	if err == nil || errors.Is(err, fs.ErrExist) { // another agent of the group was faster
		return readKey(keyFile)
	}
	return nil, err
}

// NewKey makes a file, 0600, with a secret of 32 bytes. It replaces none: the
// error is then fs.ErrExist.
func NewKey(path string) error {
	key := make([]byte, secretBytes)
	rand.Read(key) // never fails: it ends the process instead
	err := atomicfile.Create(path, key, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("make the key %s: %w, and no key is ever replaced: name another", path, fs.ErrExist)
	case err != nil:
		return fmt.Errorf("make the key %s: %w", path, fileerr.Explain(path, err, "make its folder, or name another file"))
	}
	return nil
}

// LookAtSecret says what would keep Secret from its key in the state folder
// dir, and whether that would be made because it is missing. It makes nothing.
// A state folder that is not there or may not be entered is for Open to tell.
func LookAtSecret(dir, keyFile string) (missing bool, err error) {
	path := keyPath(dir, keyFile)
	folder := filepath.Dir(path)
	own := folder == filepath.Clean(dir)
	_, err = os.Stat(path) // an Open fails as well where the file is there and may not be read
	switch {
	case own && errors.Is(err, fs.ErrNotExist):
		return true, nil
	case own && err != nil:
		return false, nil
	case !errors.Is(err, fs.ErrNotExist):
		_, err = readKey(path)
		return false, err
	}
	if failed := mayCreate(folder); failed != nil {
		step := fmt.Sprintf("the agent may not make it in %s (%v): copy the one of an agent that shares it, or make one for all of them with jupyter-events-agent key new --id %s", folder, failed, path)
		return true, fmt.Errorf("read the key %s: %w", path, fileerr.Explain(path, err, step))
	}
	return true, nil
}

// keyPath is where the key is.
func keyPath(dir, keyFile string) string {
	switch {
	case keyFile == "":
		return filepath.Join(dir, keyName)
	case filepath.IsAbs(keyFile):
		return keyFile
	}
	return filepath.Join(dir, keyFile)
}

func readKey(path string) ([]byte, error) {
	failed := func(err error) ([]byte, error) {
		return nil, fmt.Errorf("read the key %s: %w", path, fileerr.Explain(path, err, "the first run of the agent makes it; one that agents share is made by jupyter-events-agent key new --id"))
	}
	info, err := os.Stat(path) // before opening: opening a pipe would wait for its writer
	if err != nil {
		return failed(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the key file %s is not a plain file: name one that jupyter-events-agent key new --id made", path)
	}
	// Its group may read it, as with every other key: files of a Kubernetes Secret are
	// root's and the pod's group's. Windows has no such bits: there the folder's access list counts.
	if mode := info.Mode().Perm(); mode&0o037 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("the key file %s is open to others (mode %04o): run chmod 600 %[1]s, or 640 with the agent's group, and if others may have read it make a new one", path, mode)
	}
	f, err := os.Open(path)
	if err != nil {
		return failed(err)
	}
	defer f.Close()
	key := make([]byte, secretBytes+1)
	n, _ := f.ReadAt(key, 0)
	if n != secretBytes {
		return nil, fmt.Errorf("the key file %s does not hold exactly %d bytes, as those of jupyter-events-agent key new --id do: restore it, copy the one of an agent that shares it, or delete it, so that a new one is made and events get new ids", path, secretBytes)
	}
	return key[:secretBytes], nil
}

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
)

const secretBytes = 32

// Secret is the instance's secret of 32 bytes, from keyFile, or from id.key in
// the state folder where keyFile is empty; made, 0600, where it is missing. A
// relative keyFile starts from the state folder. A key that others can read, or
// its group can write, is refused, and one that is there is never replaced.
func (s *Store) Secret(keyFile string) ([]byte, error) {
	if keyFile == "" {
		keyFile = keyName
	}
	if !filepath.IsAbs(keyFile) {
		keyFile = filepath.Join(s.dir, keyFile)
	}
	key, err := readKey(keyFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if s.lock == nil {
		return nil, fmt.Errorf("read the key: %w: it is made by the first run of the agent", err)
	}
	key = make([]byte, secretBytes)
	rand.Read(key) // never fails: it ends the process instead
	err = atomicfile.Create(keyFile, key, 0o600)
	if errors.Is(err, fs.ErrExist) { // another agent of the group was faster
		return readKey(keyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("make the key: %w: make its folder for the agent's user, or set id_key_file", err)
	}
	return key, nil
}

func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	// Its group may read it, as with every other key: files of a Kubernetes Secret are
	// root's and the pod's group's. Windows has no such bits: there the folder's access list counts.
	if mode := info.Mode().Perm(); mode&0o037 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("the key file %s is open to others (mode %04o): run chmod 600 %s, and if others may have read it delete it, so that a new one is made", path, mode, path)
	}
	key := make([]byte, secretBytes+1)
	n, _ := f.ReadAt(key, 0)
	if n != secretBytes {
		return nil, fmt.Errorf("the key file %s does not hold exactly %d bytes: restore it, or delete it, so that a new one is made and events get new ids", path, secretBytes)
	}
	return key[:secretBytes], nil
}

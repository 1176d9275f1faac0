// Package consent knows who has said yes.
//
// In comes the path of a file that the operator's script or form writes: one
// JSON object, from a person's name to true or false. Out comes whether a
// person has said yes as the file has it now. It reads that one file. Whatever
// is wrong with it, nobody has said yes. No error holds a name.
package consent

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"jupyter-events-agent/internal/fileerr"
	"jupyter-events-agent/internal/jsonscan"
)

// longest is the most that the file may have, in bytes: a million persons are
// some 30 MB. A longer file is the wrong one.
const longest = 256 << 20

// tick is how coarse the clocks of file systems may be: a file that was changed
// twice within it may look the same, so it is read again until it is older.
const tick = 2 * time.Second

var undecodable = []byte("\ufffd")

// File is the consent file. Safe for use by several goroutines.
type File struct {
	path string
	yes  atomic.Pointer[map[string]struct{}] // who has said yes; nil before Look

	mu      sync.Mutex
	seen    fs.FileInfo // of what was read last; nil: read it whatever it looks like
	persons int
	err     error
}

// New names the file; nobody has said yes before Look.
func New(path string) *File { return &File{path: path} }

// Look reads the file again where it has changed. With an error nobody has said
// yes until a later Look has none.
func (f *File) Look() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path) // before opening: opening a pipe would wait for its writer
	if err == nil && f.seen != nil && same(info, f.seen) {
		return f.err
	}
	f.seen, f.persons = nil, 0
	var yes map[string]struct{}
	if err != nil {
		err = f.unreadable(err)
	} else {
		yes, err = f.read(info)
	}
	f.yes.Store(&yes)
	f.err = err
	return err
}

func same(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode()
}

// read reads the file that looked like this.
func (f *File) read(info fs.FileInfo) (map[string]struct{}, error) {
	now := time.Now()
	if !info.Mode().IsRegular() {
		return nil, f.wrong("is not a plain file", "put a JSON object such as {\"ada\": true} into one")
	}
	file, err := os.Open(f.path)
	if err != nil {
		return nil, f.unreadable(err)
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil { // of the one that is read, not of the one before
		return nil, f.unreadable(err)
	}
	text, err := io.ReadAll(io.LimitReader(file, longest+1))
	if err != nil {
		return nil, f.unreadable(err)
	}
	if age := now.Sub(info.ModTime()); age > tick || age < -tick {
		f.seen = info
	}
	switch {
	// Windows has no such bits: there the folder's access list counts.
	case info.Mode().Perm()&0o002 != 0 && runtime.GOOS != "windows":
		return nil, f.wrong(fmt.Sprintf("can be written by anyone (mode %04o)", info.Mode().Perm()), "run chmod o-w "+f.path+", and see that it holds what its persons said")
	case len(text) > longest:
		return nil, f.wrong("is longer than 256 MiB", "name the file that holds nothing but names and true or false")
	}
	yes, persons, err := parse(text)
	if err != nil {
		return nil, f.wrong(err.Error(), `write one object such as {"ada": true, "bob": false} into a new file and rename that into its place`)
	}
	f.persons = persons
	return yes, nil
}

// parse reads one JSON object from names to true or false.
func parse(text []byte) (yes map[string]struct{}, persons int, err error) {
	tape, err := jsonscan.NewScanner(nil).Scan(nil, text)
	if err != nil {
		var at *jsonscan.Error
		if errors.As(err, &at) {
			if at.Reason == jsonscan.ErrDuplicate {
				return nil, 0, fmt.Errorf("has a name twice, the second time in line %d", line(text, at.Offset))
			}
			return nil, 0, fmt.Errorf("is not one JSON object (%w in line %d)", err, line(text, at.Offset))
		}
		return nil, 0, err
	}
	if tape[0].Kind != jsonscan.Object {
		return nil, 0, errors.New("is not one JSON object")
	}
	yes = map[string]struct{}{}
	for i := uint32(1); i < tape[0].Next; i = tape[i].Next {
		persons++
		switch t := &tape[i]; t.Kind {
		case jsonscan.True:
			yes[string(jsonscan.AppendText(nil, t.Key(text)))] = struct{}{}
		case jsonscan.False:
		default:
			return nil, 0, fmt.Errorf("has something else than true or false in line %d", line(text, int(t.Start)))
		}
	}
	return yes, persons, nil
}

func line(text []byte, offset int) int {
	return 1 + bytes.Count(text[:min(max(offset, 0), len(text))], []byte("\n"))
}

// Yes says whether the person of that name, to the byte, has said yes as the
// last Look found it. A name with U+FFFD is nobody's: whatever cannot be decoded
// becomes that, so that two names may look alike. Without allocation.
func (f *File) Yes(name []byte) bool {
	yes := f.yes.Load()
	if yes == nil || bytes.Contains(name, undecodable) {
		return false
	}
	_, said := (*yes)[string(name)]
	return said
}

// Count is how many have said yes, of how many persons in the file, as the last
// Look found it.
func (f *File) Count() (yes, persons int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if said := f.yes.Load(); said != nil {
		yes = len(*said)
	}
	return yes, f.persons
}

// Path is the file's name, for messages.
func (f *File) Path() string { return f.path }

func (f *File) wrong(what, step string) error {
	return fmt.Errorf("read the consent file %s: %s: %s", f.path, what, step)
}

func (f *File) unreadable(err error) error {
	return fmt.Errorf("read the consent file %s: %w", f.path, fileerr.Explain(f.path, err, "make it, with {} while nobody has been asked, or correct the path"))
}

package tokens

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"jupyter-events-agent/internal/atomicfile"
)

// manyFrames is from how many on they are made one when the table is opened.
const manyFrames = 10_000

// Open opens the table at path, which is made, 0600, where it is missing. The
// last of the secrets seals what is written; whichever it is sealed with opens
// it. max is the most bytes that the file may have. Whoever opens it sees to it
// that nobody else does.
func Open(path string, secrets [][32]byte, max int64, log *slog.Logger) (*Table, error) {
	t := &Table{path: path, keys: secrets, max: max, log: log, scopes: map[string]*scope{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return t, t.rewrite()
	}
	if err != nil {
		return nil, t.failed("read", err)
	}
	c, err := open(text, secrets, func(name string, value []byte, token Token) {
		t.scope(name).known[string(value)] = token
	})
	if err != nil {
		return nil, t.failed("read", err)
	}
	if c.torn || c.key != len(secrets)-1 || c.next > manyFrames {
		return t, t.rewrite()
	}
	t.size = c.size
	if t.file, err = c.appending(path); err != nil {
		return nil, t.failed("open", err)
	}
	return t, nil
}

// rewrite writes the whole file anew from what is known.
func (t *Table) rewrite() error {
	var entries []byte
	for _, s := range t.all() {
		s.mu.RLock()
		for value, token := range s.known {
			entries = appendEntry(entries, s.name, []byte(value), token)
		}
		s.mu.RUnlock()
	}
	text, seal := begin(t.keys[len(t.keys)-1], entries)
	if err := atomicfile.Write(t.path, text, 0o600, nil); err != nil {
		return t.failed("write", err)
	}
	c := content{seal: seal, next: 1, size: int64(len(text))}
	file, err := c.appending(t.path)
	if err != nil {
		return t.failed("open", err)
	}
	t.mu.Lock()
	t.file, t.size = file, c.size+int64(len(t.pending))
	t.mu.Unlock()
	return nil
}

func (t *Table) all() (scopes []*scope) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.scopes {
		scopes = append(scopes, s)
	}
	return scopes
}

// Read is what the table at path holds, also while an agent has it open.
func Read(path string, secrets [][32]byte) (entries []Entry, err error) {
	t := &Table{path: path}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, t.failed("read", err)
	}
	_, err = open(text, secrets, func(scope string, value []byte, token Token) {
		entries = append(entries, entry(scope, value, token))
	})
	if err != nil {
		return nil, t.failed("read", err)
	}
	return entries, nil
}

// Forget takes every entry out of the table that is of this value, durably, and
// says which: from then on the value gets other tokens, and nothing connects it
// with those.
func (t *Table) Forget(value string) (forgotten []Entry, err error) {
	t.writing.Lock()
	defer t.writing.Unlock()
	for _, s := range t.all() {
		s.mu.Lock()
		for tagged, token := range s.known {
			if e := entry(s.name, []byte(tagged), token); e.Is(value) {
				forgotten = append(forgotten, e)
				delete(s.known, tagged)
			}
		}
		s.mu.Unlock()
	}
	if len(forgotten) == 0 {
		return nil, nil
	}
	if t.file != nil {
		_ = t.file.close() // it is written anew
		t.file = nil
	}
	t.mu.Lock()
	t.pending = nil // all that is left is known
	t.mu.Unlock()
	return forgotten, t.rewrite()
}

// failed says what could not be done with the table, and what to do.
func (t *Table) failed(what string, err error) error {
	step := "let the agent's user write state_dir, and see its disk"
	switch {
	case errors.Is(err, errKey):
		step = "put back the key file that it was sealed with, in tokens.key_file; without that nobody can open it again: to begin anew, with other tokens for every value, move it away"
	case errors.Is(err, errDamaged), errors.Is(err, errForeign):
		step = "put back a copy of it; without one move it away to begin anew, with other tokens for every value"
	case errors.Is(err, fs.ErrNotExist):
		step = "it is made when an agent with tokens.key_file first runs; see that state_dir is the one of the agent"
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("%s the token table %s: %w: %s", what, t.path, err, step)
}

// Package tokens keeps which random code stands for which value.
//
// In come values, each with the scope that it was met in; out come codes that
// are not made from them. It keeps the table in one sealed file, which it alone
// writes. A new code is in memory until Commit: who hands codes on calls that
// first. No error or log line holds a value.
package tokens

import (
	"crypto/rand"
	"log/slog"
	"sync"
)

// Size is the length of a token in bytes.
const Size = 16

// Token is 128 random bits.
type Token [Size]byte

// MaxValue is how long a value may be in bytes, its type's letter included: of
// a longer one there is no token.
const MaxValue = 4096

// Table is the table while an agent runs. Safe for use by several goroutines.
type Table struct {
	path string
	keys [][32]byte // the last one seals
	max  int64      // bytes of the file
	log  *slog.Logger

	mu      sync.Mutex // after a scope's
	scopes  map[string]*scope
	pending []byte // entries that are not durable
	size    int64  // of the file, and of what is pending
	full    bool   // that was said

	writing sync.Mutex // before mu
	file    *sealed    // nil: the whole file is to be written anew
}

// scope is what a value was met in: another scope has another token for it.
type scope struct {
	name string // its words, as the file has them
	mu   sync.RWMutex
	// known are the tokens by tagged value.
	known map[string]Token
}

// Fresh is a table that is kept nowhere, for those who only show what would be.
func Fresh() *Table { return &Table{max: 64 << 20, scopes: map[string]*scope{}} }

// Scope is the function that gives the tokens of a scope, which the words name:
// the token that stands for a value, a new one where it has none. false: there
// is no room for it. It does not allocate where the value is known.
func (t *Table) Scope(words ...string) func(value []byte) ([Size]byte, bool) {
	s := t.scope(scopeName(words))
	return func(value []byte) ([Size]byte, bool) {
		s.mu.RLock()
		token, known := s.known[string(value)]
		s.mu.RUnlock()
		if known {
			return token, true
		}
		return t.add(s, value)
	}
}

func (t *Table) scope(name string) *scope {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.scopes[name]
	if s == nil {
		s = &scope{name: name, known: map[string]Token{}}
		t.scopes[name] = s
	}
	return s
}

// add makes the token of a value. Nobody can see it who would not find it among
// the pending ones.
func (t *Table) add(s *scope, value []byte) (token Token, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token, known := s.known[string(value)]; known {
		return token, true
	}
	rand.Read(token[:]) // never fails: it ends the process instead
	if len(value) > MaxValue || !t.note(s.name, value, token) {
		return Token{}, false
	}
	s.known[string(value)] = token
	return token, true
}

// note adds an entry to the pending ones; false where the table is full.
func (t *Table) note(name string, value []byte, token Token) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := len(t.pending)
	grown := appendEntry(t.pending, name, value, token)
	if size := t.size + int64(len(grown)-before); size <= t.max {
		t.pending, t.size = grown, size
		return true
	}
	if !t.full && t.log != nil {
		t.log.Error("the token table is full: values that it does not know yet are left out; raise tokens.max_size and start again", "file", t.path, "max_size", t.max)
	}
	t.full = true
	return false
}

// Commit makes durable every token that was given so far. After an error it
// may be called again; none is lost.
func (t *Table) Commit() error {
	t.writing.Lock()
	defer t.writing.Unlock()
	t.mu.Lock()
	pending := t.pending
	t.pending = nil
	t.mu.Unlock()
	if len(pending) == 0 && t.file != nil {
		return nil
	}
	if t.file == nil {
		return t.rewrite() // from what is known, which is more than what was pending
	}
	if err := t.file.append(pending); err != nil {
		_ = t.file.close() // what it ends in is not known
		t.file = nil
		return t.failed("write", err)
	}
	t.mu.Lock()
	t.size += int64(headLen + t.file.seal.Overhead())
	t.mu.Unlock()
	return nil
}

// Close closes the file. What is pending is lost: nothing with it has left.
func (t *Table) Close() error {
	t.writing.Lock()
	defer t.writing.Unlock()
	if t.file == nil {
		return nil
	}
	err := t.file.close()
	t.file = nil
	return err
}

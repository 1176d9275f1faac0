package checkpoint

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"jupyter-events-agent/internal/atomicfile"
)

// The files of a state folder.
const (
	newestFile = "checkpoint"
	olderFile  = "checkpoint.1"
	lockFile   = "lock"
	keyName    = "id.key"
)

// Store is the state folder of one running agent. Safe for use by several
// goroutines.
type Store struct {
	dir      string
	lock     *os.File // nil: opened by Read
	warnings []string
	loaded   bool // a checkpoint was read
	anew     bool // none could be, and there had been one

	writing sync.Mutex // held while a checkpoint is written; before mu
	buf     []byte     // of the last checkpoint written, for use again

	mu      sync.Mutex
	streams []Stream // by ID
	cursors map[string]*Cursor
	changed bool // something differs from what is durable
	closed  bool
}

var errClosed = errors.New("the state folder is closed")

// Warnings are what Open found damaged and how it went on.
func (s *Store) Warnings() []string { return s.warnings }

// Anew says that all that was known is lost: what the inputs still hold has been
// delivered or not, nobody knows, so none of it may be passed over.
func (s *Store) Anew() bool { return s.anew }

// Dir is the folder.
func (s *Store) Dir() string { return s.dir }

// Streams are all streams that the store remembers, in the order of their IDs.
func (s *Store) Streams() []Stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.streams)
}

// Find is the stream numbered id.
func (s *Store) Find(id uint64) (Stream, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.find(id); ok {
		return s.streams[i], true
	}
	return Stream{}, false
}

func (s *Store) find(id uint64) (int, bool) {
	return slices.BinarySearchFunc(s.streams, id, func(st Stream, id uint64) int { return cmp.Compare(st.ID, id) })
}

// Add gives new files their streams: a random, unused ID each, whatever ID
// they come with. They are durable when it returns, so an event id that was
// sent is never given anew; where that fails none of them is added.
func (s *Store) Add(files ...Stream) ([]Stream, error) {
	if len(files) == 0 {
		return nil, nil
	}
	added := slices.Clone(files)
	s.mu.Lock()
	ids := make([]uint64, len(added))
	for i := range added {
		ids[i] = s.unused(ids[:i])
		added[i].ID = ids[i]
	}
	s.streams = append(s.streams, added...)
	slices.SortFunc(s.streams, func(a, b Stream) int { return cmp.Compare(a.ID, b.ID) })
	s.changed = true
	s.mu.Unlock()
	if err := s.Sync(); err != nil {
		s.Forget(ids...)
		return nil, err
	}
	return added, nil
}

// unused is a random number that names no stream.
func (s *Store) unused(taken []uint64) uint64 {
	for {
		var b [8]byte
		rand.Read(b[:]) // never fails: it ends the process instead
		id := binary.LittleEndian.Uint64(b[:])
		if _, used := s.find(id); !used && id != 0 && !slices.Contains(taken, id) {
			return id
		}
	}
}

// Update notes a stream's new path or inode; durable with the next Sync. A
// stream that is not known is left alone.
func (s *Store) Update(st Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.find(st.ID); ok && s.streams[i] != st {
		s.streams[i] = st
		s.changed = true
	}
}

// Keep remembers a stream whose ID its input computes from what it is, as of a
// partition of a topic: durable with the next Sync. One that is known takes the
// new path.
func (s *Store) Keep(st Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.find(st.ID)
	switch {
	case !ok:
		s.streams = slices.Insert(s.streams, i, st)
	case s.streams[i] == st:
		return
	default:
		s.streams[i] = st
	}
	s.changed = true
}

// Forget drops a stream and every cursor's position in it.
func (s *Store) Forget(ids ...uint64) {
	if len(ids) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	gone := make(map[uint64]bool, len(ids))
	for _, id := range ids {
		gone[id] = true
	}
	before := len(s.streams)
	s.streams = slices.DeleteFunc(s.streams, func(st Stream) bool { return gone[st.ID] })
	s.changed = s.changed || len(s.streams) < before
	for _, c := range s.cursors {
		if c.forget(func(id uint64) bool { return gone[id] }) {
			s.changed = true
		}
	}
}

// Sync makes everything durable that has changed: atomic replace, fsync of
// file and folder, two generations kept. Where nothing has changed it does
// nothing. Safe to call from any goroutine.
func (s *Store) Sync() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errClosed
	}
	if !s.changed {
		s.mu.Unlock()
		return nil
	}
	if s.lock == nil {
		s.mu.Unlock()
		return fmt.Errorf("the state folder %s is open for reading only", s.dir)
	}
	snap := s.snapshot()
	s.buf = encode(s.buf, snap)
	s.changed = false
	s.mu.Unlock()

	path := filepath.Join(s.dir, newestFile)
	err := atomicfile.Write(path, s.buf, 0o600, func() error {
		err := os.Rename(path, filepath.Join(s.dir, olderFile))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the first one, or an older one is all there was
		}
		return err
	})
	if err != nil {
		s.mu.Lock()
		s.changed = true
		s.mu.Unlock()
		return fmt.Errorf("write the checkpoint: %w: see that the state folder is writable and its disk not full", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, saved := range snap.cursors {
		s.cursors[saved.name].wrote(saved)
	}
	return nil
}

// Full says that an error of the Store's is a full disk, or a quota that is used
// up: who can should wait, since it may pass and what is known goes on.
func Full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// snapshot is what may become durable now, in the order of the format.
func (s *Store) snapshot() *snapshot {
	snap := &snapshot{streams: s.streams}
	for _, c := range s.cursors {
		snap.cursors = append(snap.cursors, c.saved())
	}
	slices.SortFunc(snap.cursors, func(a, b savedCursor) int { return strings.Compare(a.name, b.name) })
	return snap
}

// restore fills a new store.
func (s *Store) restore(snap *snapshot) {
	s.loaded = true
	s.streams = snap.streams
	known := func(id uint64) bool { _, ok := s.find(id); return ok }
	for _, saved := range snap.cursors {
		s.cursor(saved.name).restore(saved, known)
	}
}

// Close syncs and gives up the lock. A second Close does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	again, readOnly := s.closed, s.lock == nil
	s.mu.Unlock()
	if again {
		return nil
	}
	var err error
	if !readOnly {
		err = s.Sync()
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if !readOnly {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

package checkpoint

import "errors"

// Store is the state folder of one running agent.
type Store struct{}

var errStub = errors.New("not built")

// Open takes the state folder, made 0700 where it is missing, and its lock: a
// second agent on the same folder fails here. A damaged checkpoint is no
// error: Warnings says what was lost.
func Open(dir string) (*Store, error) { return nil, errStub }

// Warnings are what Open found damaged and how it went on.
func (s *Store) Warnings() []string { return nil }

// Secret is the instance's secret of 32 bytes, from keyFile, or from id.key in
// the state folder where keyFile is empty; made, 0600, where it is missing.
func (s *Store) Secret(keyFile string) ([]byte, error) { return nil, errStub }

// Streams are all streams that the store remembers.
func (s *Store) Streams() []Stream { return nil }

// Add gives new files their streams: a random, unused ID each. They are
// durable when it returns, so an event id that was sent is never given anew.
func (s *Store) Add(files ...Stream) ([]Stream, error) { return nil, errStub }

// Update notes a stream's new path or inode; durable with the next Sync.
func (s *Store) Update(st Stream) {}

// Forget drops a stream and every cursor's position in it.
func (s *Store) Forget(ids ...uint64) {}

// Find is the stream numbered id.
func (s *Store) Find(id uint64) (Stream, bool) { return Stream{}, false }

// Sync makes everything durable that has changed: atomic replace, fsync of
// file and folder, two generations kept. Safe to call from any goroutine.
func (s *Store) Sync() error { return errStub }

// Close syncs and gives up the lock.
func (s *Store) Close() error { return errStub }

package aside

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"jupyter-events-agent/internal/genfile"
	"jupyter-events-agent/internal/units"
)

// largest is the size of one generation where max_size leaves room for it.
const largest = 64 * units.MiB

// Store is an open folder. Append, Sync and Close are called by one goroutine;
// Background beside them by another.
type Store struct {
	folder  string
	file    *genfile.File
	log     *slog.Logger
	dropped atomic.Int64
}

// Open opens the store whose newest file is path/name.ndjson. The folder is
// made, 0700, where it is missing, and what state, of the last Sync that the
// checkpoint holds, does not know of is taken back.
func Open(c Config, name string, state []byte, log *slog.Logger, now func() time.Time) (*Store, error) {
	if err := os.MkdirAll(c.Path, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder: %w: make it for the agent's user, or set another path", err)
	}
	s := &Store{folder: c.Path, log: log}
	g := bounds(c)
	g.Path, g.Mode = filepath.Join(c.Path, name+".ndjson"), 0o600
	g.Dropping, g.Log, g.Now = s.dropping, log, now
	file, err := genfile.Open(g, state)
	if err != nil {
		return nil, err
	}
	s.file = file
	return s, nil
}

// bounds divides the store into enough generations that only a small part goes
// at a time: sixteen for max_size, ten for max_age.
func bounds(c Config) genfile.Config {
	g := genfile.Config{
		Size: int64(largest), MaxTotal: int64(c.MaxSize),
		Age: units.Day, MaxAge: c.MaxAge.Std(),
	}
	if c.MaxSize > 0 {
		g.Size = int64(min(largest, c.MaxSize/16))
	}
	if c.MaxAge > 0 {
		g.Age = min(g.Age, c.MaxAge.Std()/10)
	}
	return g
}

// Append writes one entry with its line end. After an error nothing of it is
// there, and trying again is safe.
func (s *Store) Append(entry []byte) error { return s.file.Append(entry) }

// Sync makes everything appended durable and returns the state for Open, with the
// rules of outputs.Syncer.
func (s *Store) Sync() ([]byte, error) { return s.file.Sync() }

// Due reports whether Sync should be called soon, to begin a new generation.
func (s *Store) Due() bool { return s.file.Due() }

// Background deletes what max_size and max_age do not leave room for, until
// ctx is done.
func (s *Store) Background(ctx context.Context) error { return s.file.Background(ctx) }

// Close closes the store without a Sync.
func (s *Store) Close() error { return s.file.Close() }

// Folder is where the files are.
func (s *Store) Folder() string { return s.folder }

// Dropped is how many lines were deleted because of max_size or max_age since
// Open.
func (s *Store) Dropped() int64 { return s.dropped.Load() }

// dropping counts the lines of a generation that goes.
func (s *Store) dropping(path string) {
	lines, err := countLines(path)
	s.dropped.Add(lines)
	s.log.Warn("deleted the oldest lines of the store: mend what makes them, or make max_size or max_age larger", "lines", lines)
	if err != nil {
		s.log.Warn("could not count all of them", "error", err)
	}
}

func countLines(path string) (lines int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	block := make([]byte, 64<<10)
	for {
		n, err := f.Read(block)
		lines += int64(bytes.Count(block[:n], []byte{'\n'}))
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
	}
}

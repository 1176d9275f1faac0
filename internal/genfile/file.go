package genfile

import (
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Config is what one file needs to know. The zero of a bound is no bound.
type Config struct {
	Path       string
	Mode       fs.FileMode   // of the file and its generations; never wider
	Size       int64         // bytes at which a new generation begins
	Age        time.Duration // of the file at which a new generation begins
	Compress   bool          // older generations with gzip
	Keep       int           // older generations that stay
	MaxTotal   int64         // bytes of all files together; the oldest generation goes first
	MaxAge     time.Duration // since its rotation that a generation stays
	OnlyInSync bool          // rotate in Sync alone: its caller has a last line to write before
	// Dropping is called before a generation goes because of MaxTotal or
	// MaxAge; nil for nobody.
	Dropping func(path string)
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now
}

// File is an open file with its generations. Append, Sync and Close are called
// by one goroutine; Background beside them by another.
type File struct {
	config Config
	names  names
	mode   fs.FileMode   // of the next new file
	wake   chan struct{} // something may be due in Background

	mu     sync.Mutex
	file   *os.File // what is appended to; nil where a new one could not be made yet
	number uint64   // of the generation that it will be
	begun  time.Time
	length int64 // of whole batches
	dirty  bool  // appended to since the last Sync
	fresh  bool  // nothing was done with it since Open
	torn   int64 // bytes at the end that are to be taken back
	last   state // what Sync returned last
	// settled is the number in the state that is surely durable, the one before
	// the last; 0 for none. No restart will ask for generations before it.
	settled uint64
	failed  error     // fsync failed: nobody knows what is on the disk
	retry   time.Time // when to try to rename again, where that failed
	closed  bool
}

// Due reports whether a new generation is to begin, so that Sync should be
// called soon: only after a Sync can the file be renamed.
func (f *File) Due() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file != nil && f.number == f.last.Number && f.due()
}

func (f *File) due() bool {
	c := &f.config
	if f.length == 0 || !f.retry.IsZero() && c.Now().Before(f.retry) {
		return false
	}
	return c.Size > 0 && f.length >= c.Size || c.Age > 0 && c.Now().Sub(f.begun) >= c.Age
}

// Close closes the file without a Sync. Not while Background runs.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

func (f *File) wakeUp() {
	select {
	case f.wake <- struct{}{}:
	default: // it is awake already
	}
}

package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// inode names a file among all files, as long as it exists.
type inode struct{ device, number uint64 }

// info is what the file system says of a file.
type info struct {
	inode
	size     int64
	links    uint64
	modified int64 // nanoseconds
	regular  bool
	folder   bool
}

var (
	errMoved = errors.New("another file has this path now")
	errTorn  = errors.New("the compressed file ends early")
)

// generation is one file on disk, under whatever names it gets. What follows
// mu is shared with readers; the rest is Background's, under Input.mu.
type generation struct {
	inode

	mu    sync.Mutex
	path  string // where it was last seen
	h     *handle
	users int // reads under way
	zip   *unzipper

	complaint string // what was last logged about it

	zipName  bool   // its name says that it is compressed
	home     string // the path under which its stream was first seen
	size     int64  // bytes on disk when last looked at
	modified int64
	changed  time.Time // when it was last found changed
	round    uint64    // of the scan that last saw it
	missed   int       // scans in a row that did not see it
	stream   *stream   // nil: no head yet, or a copy
	copyOf   *stream
	heir     bool // took an inode or a path over: nothing is lost before its first byte
	unlinked bool
	rotated  bool  // does not have the name any more to which its writer writes
	waits    head  // with which it waits for a stream, until the state folder's disk has room
	passed   int64 // where a first start at the end begins; 0: at the beginning
	ripe     bool  // rotated and quiet: a half line is all that will come
}

// acquire opens the file if it is not open, and keeps it open until release.
func (g *generation) acquire() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.h == nil {
		h, i, err := openFile(g.path)
		if err != nil {
			return err
		}
		if i.inode != g.inode || !i.regular {
			_ = h.Close()
			return fmt.Errorf("open %s: %w", g.path, errMoved)
		}
		g.h = h
	}
	g.users++
	return nil
}

func (g *generation) release() {
	g.mu.Lock()
	g.users--
	g.mu.Unlock()
}

// close gives the descriptor back, unless it is being read; false then.
func (g *generation) close() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.users > 0 {
		return false
	}
	if g.h != nil {
		_ = g.h.Close()
		g.h = nil
	}
	if g.zip != nil {
		g.zip.forget()
	}
	return true
}

// opened says whether a descriptor is held, and whether a read is under way.
func (g *generation) opened() (open, used bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.h != nil, g.users > 0
}

// stat is the open file's, or that of the path while it is the same file.
func (g *generation) stat() (info, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.h != nil {
		return g.h.stat()
	}
	i, err := statPath(g.path)
	if err == nil && i.inode != g.inode {
		err = errMoved
	}
	return i, err
}

// readAt reads the stream's bytes, uncompressed, between acquire and release.
// It fills p, or returns io.EOF with what there is; errTorn is the end of a
// compressed file that is not whole (yet). Where much has to be uncompressed before,
// that ends with ctx, whose error it then is.
func (g *generation) readAt(ctx context.Context, p []byte, at int64) (int, error) {
	if g.zip != nil {
		return g.zip.readAt(ctx, g, p, at)
	}
	return g.h.ReadAt(p, at)
}

// ended says that err is the end of what can be read now.
func ended(err error) bool { return err == io.EOF || errors.Is(err, errTorn) }

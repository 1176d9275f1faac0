package file

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"sync"
)

// unzipper reads a compressed generation by uncompressed offsets. It keeps two
// places in the file, so readers that go forward do not start over; a third
// one does. Memory: two times the history.
type unzipper struct {
	history int // bytes kept behind each place: at least a block and a longest line

	mu     sync.Mutex
	places [2]*inflated
	last   int    // the place used last
	length uint32 // see zipLength; under stream.mu
}

func zipHistory(maxLine int64) int { return int(max(maxLine, blockSize)) + 512<<10 }

// inflated is one place in the uncompressed stream.
type inflated struct {
	from io.Reader
	end  int64  // offset behind the last uncompressed byte
	tail []byte // the bytes before end
	err  error  // why it goes no further
}

// isZip goes by the name only where nothing has been read yet; what the file
// holds decides.
func isZip(path string) bool { return strings.HasSuffix(path, ".gz") }

// zipLength is the last four bytes of a gzip file: the uncompressed length of
// its last member, modulo 2^32.
func zipLength(h *handle, size int64) uint32 {
	var b [4]byte
	if size < 18 {
		return 0
	}
	if n, _ := h.ReadAt(b[:], size-4); n < 4 {
		return 0
	}
	return binary.LittleEndian.Uint32(b[:])
}

// raw is the compressed file, through whatever descriptor it has.
type raw struct {
	g  *generation
	at int64
}

func (r *raw) Read(p []byte) (int, error) {
	n, err := r.g.h.ReadAt(p, r.at)
	r.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

func (u *unzipper) forget() {
	u.mu.Lock()
	u.places = [2]*inflated{}
	u.mu.Unlock()
}

func (u *unzipper) readAt(ctx context.Context, g *generation, p []byte, at int64) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	best := -1
	for i, f := range u.places {
		if f != nil && at >= f.end-int64(len(f.tail)) && (best < 0 || f.end > u.places[best].end) {
			best = i
		}
	}
	if best < 0 {
		best = 1 - u.last
		from, err := gzip.NewReader(bufio.NewReaderSize(&raw{g: g}, 32<<10))
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = errTorn
			}
			return 0, err // gzip.ErrHeader: not compressed at all
		}
		u.places[best] = &inflated{from: from, tail: make([]byte, 0, u.history)}
	}
	u.last = best
	f := u.places[best]
	for f.end < at+int64(len(p)) && f.err == nil {
		if err := ctx.Err(); err != nil {
			return 0, err // what is uncompressed stays for the next time
		}
		f.more(u.history)
	}
	start := f.end - int64(len(f.tail))
	n := 0
	if at >= start && at < f.end {
		n = copy(p, f.tail[at-start:])
	}
	if n == len(p) {
		return n, nil
	}
	err := f.err
	if err != nil && err != io.EOF {
		u.places[best] = nil // the file may still be growing: begin again
	}
	return n, zipError(err)
}

// more uncompresses some bytes behind the tail and drops the oldest of it.
func (f *inflated) more(history int) {
	const step = 64 << 10
	if len(f.tail)+step > history {
		keep := history - 4*step
		f.tail = append(f.tail[:0], f.tail[max(0, len(f.tail)-keep):]...)
	}
	var n int
	n, f.err = f.from.Read(f.tail[len(f.tail):min(cap(f.tail), len(f.tail)+step)])
	f.tail = f.tail[:len(f.tail)+n]
	f.end += int64(n)
}

// zipError is err, or errTorn where it is of the compressed bytes.
func zipError(err error) error {
	var corrupt flate.CorruptInputError
	for _, of := range []error{io.ErrUnexpectedEOF, gzip.ErrChecksum, gzip.ErrHeader} {
		if errors.Is(err, of) {
			return errTorn
		}
	}
	if errors.As(err, &corrupt) {
		return errTorn
	}
	return err
}

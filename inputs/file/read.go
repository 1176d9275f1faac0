package file

import (
	"bytes"
	"context"
	"errors"
	"io"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

const (
	blockSize = 256 << 10
	// turn is how much of an endless line one Read looks through, so that
	// other files get theirs.
	turn = 8 << 20
)

// reading is one Read under way.
type reading struct {
	s       *stream
	g       *generation
	head    head // of the stream, as g carries it
	off     int64
	final   bool
	rotated bool
	tornAt  int64
	b       *inputs.Block
	buf     []byte // block, and behind it room for a head
}

// Read is inputs.Blocks.
func (s *stream) Read(ctx context.Context, at checkpoint.Position, b *inputs.Block) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	r := reading{s: s, g: s.gen, head: s.head, off: at.Offset, final: s.final, rotated: s.rotated, tornAt: s.tornAt, b: b}
	ok := s.gen != nil && s.suspect == fine
	b.Source, b.Path, b.At, b.End = s.lineSource(), s.path, at, at.Offset
	s.mu.Unlock()
	if !ok {
		return inputs.ErrGone
	}
	if err := r.g.acquire(); err != nil {
		s.distrust(r.g, shut)
		return inputs.ErrGone
	}
	defer r.g.release()
	if cap(b.Buf) < 1+blockSize+maxHead {
		b.Buf = make([]byte, 1+blockSize+maxHead)
	}
	r.buf = b.Buf[:1+blockSize+maxHead]

	if h := s.halfAt(r.off); h != nil {
		return r.long(ctx, h)
	}
	return r.block(ctx)
}

// block reads up to a block of whole lines.
func (r *reading) block(ctx context.Context) error {
	back := int64(min(r.off, 1)) // the byte before shows that a line begins here
	data := r.buf[:back+blockSize]
	n, err := r.g.readAt(ctx, data, r.off-back)
	if err != nil && !ended(err) {
		return r.failed(err)
	}
	end := ended(err)
	if int64(n) < back {
		return r.beyond(err)
	}
	if back == 1 && !r.rotated && r.off != r.tornAt && data[0] != '\n' && data[0] != 0 {
		r.b.Reset()
		s := r.s
		s.distrust(r.g, misplaced)
		return inputs.ErrGone
	}
	data = data[back:n]
	if ok, err := r.verified(back, n); err != nil {
		return r.failed(err)
	} else if !ok {
		return r.shrunk()
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	if end && r.final && (whole < len(data) || err != io.EOF) {
		return r.last(data, whole, err)
	}
	if whole == 0 {
		return r.none(ctx, data, err)
	}
	r.lines(data[:whole])
	r.done(r.off+int64(whole), r.off+int64(len(data)), end, err)
	return nil
}

// verified says that the file is still the one that the stream is: what was
// read before was of this stream then. n bytes of buf are read.
func (r *reading) verified(back int64, n int) (bool, error) {
	h := r.head
	if r.off-back == 0 && h.hole == 0 && n >= len(h.text) {
		return bytes.Equal(r.buf[:len(h.text)], h.text), nil
	}
	return r.g.holds(h, r.buf[1+blockSize:1+blockSize+maxHead])
}

// done sets the block's end; size is how far the file is known to go.
func (r *reading) done(end, size int64, dry bool, err error) {
	r.b.End = end
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gen != r.g {
		return
	}
	s.size = max(s.size, size)
	if !dry {
		return
	}
	if r.g.zip != nil && err == io.EOF {
		s.size = size
	}
	if end < s.size {
		s.dry(end, s.dried(size))
	}
}

// dried is the size up to which no line comes where reading ended at size.
// Under mu.
func (s *stream) dried(size int64) int64 {
	if s.size == unknownSize {
		return unknownSize
	}
	return size
}

// none is where a block holds no line end.
func (r *reading) none(ctx context.Context, data []byte, err error) error {
	end := ended(err)
	if skip := nulls(data); skip > 0 && (skip < len(data) || !end) {
		if skip < len(data) {
			return r.skip(int64(skip), int64(len(data)))
		}
		next, some := r.off+int64(skip), true
		if r.g.zip == nil {
			next, some = r.g.h.nextByte(next)
		}
		if some {
			return r.skip(next-r.off, next-r.off)
		}
		end = true
	}
	if !end {
		return r.long(ctx, r.s.beginHalf(r.off, r.off+int64(len(data))))
	}
	r.dry(r.off+int64(len(data)), err)
	return r.nothing()
}

// dry notes that no whole line is at off while the file ends at size.
func (r *reading) dry(size int64, err error) {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gen != r.g {
		return
	}
	if r.g.zip != nil && err == io.EOF {
		s.size = size
	}
	s.dry(r.off, s.dried(size))
}

// nothing is the answer where no whole line is there; where the file is
// shorter than it should be that is why.
func (r *reading) nothing() error {
	if r.g.zip == nil {
		if i, err := r.g.h.stat(); err == nil && i.size < r.off {
			return r.shrunk()
		}
	}
	return inputs.ErrNothing
}

// beyond is where the file ends before the offset.
func (r *reading) beyond(err error) error {
	switch {
	case r.g.zip == nil:
		return r.shrunk()
	case err == io.EOF:
		r.dry(r.off, err)
	case r.final:
		r.broken(r.off)
	default:
		r.dry(r.off, err)
	}
	return inputs.ErrNothing
}

// skip passes n NUL bytes; size bytes are known from off on.
func (r *reading) skip(n, size int64) error {
	r.hole(r.off, r.off+n)
	r.done(r.off+n, r.off+size, false, nil)
	return nil
}

// hole declares NUL bytes, once.
func (r *reading) hole(from, to int64) {
	s := r.s
	s.mu.Lock()
	declared := from < s.nulTo
	s.nulTo = max(s.nulTo, to)
	s.mu.Unlock()
	if !declared {
		s.in.gap(s, from, to, "NUL bytes where lines should be: the machine stopped while they were written, or the file was truncated under a writer that does not append")
	}
}

// last takes the end of a file to which nothing will be added.
func (r *reading) last(data []byte, whole int, err error) error {
	end := r.off + int64(len(data))
	if err != io.EOF {
		end = r.off + int64(whole)
		data = data[:whole]
		r.broken(end)
	}
	r.lines(data)
	r.s.mu.Lock()
	if r.s.gen == r.g {
		r.s.size, r.s.tornAt = end, end
	}
	r.s.mu.Unlock()
	r.b.End = end
	if end == r.off {
		return inputs.ErrNothing
	}
	return nil
}

// shrunk hands the stream to Background: its file holds something else.
func (r *reading) shrunk() error {
	r.b.Reset()
	r.s.distrust(r.g, changed)
	return inputs.ErrGone
}

// broken declares that a compressed file cannot be read from offset at on.
func (r *reading) broken(at int64) {
	s := r.s
	s.mu.Lock()
	first := !s.broken && s.gen == r.g
	s.broken = true
	if s.gen == r.g {
		s.size = at
	}
	s.mu.Unlock()
	if first {
		s.in.gap(s, at, -1, "the compressed file is damaged or ends early")
	}
}

// failed is where the file system gives an error: Background tries again.
func (r *reading) failed(err error) error {
	r.b.Reset()
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err // nothing is wrong with it
	}
	r.s.in.complain(r.g, err)
	r.s.distrust(r.g, shut)
	return inputs.ErrGone
}

package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// long goes on with a line that is longer than a block. It remembers how far
// it has looked, so a line that grows slowly is not read again and again; up
// to max_line it is taken, above only hashed.
func (r *reading) long(ctx context.Context, h *half) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for looked := 0; looked < turn; looked += blockSize {
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk := r.buf[:blockSize]
		n, err := r.g.readAt(ctx, chunk, h.scanned)
		if err != nil && !ended(err) {
			return r.failed(err)
		}
		if ok, e := r.g.holds(r.head, r.buf[blockSize:blockSize+maxHead]); e != nil {
			return r.failed(e)
		} else if !ok {
			return r.shrunk()
		}
		if i := bytes.IndexByte(chunk[:n], '\n'); i >= 0 {
			return r.finish(ctx, h, h.scanned+int64(i), 1)
		}
		h.scanned += int64(n)
		if err == io.EOF && r.final {
			return r.finish(ctx, h, h.scanned, 0)
		}
		if ended(err) && r.final {
			r.broken(r.off)
			return inputs.ErrNothing
		}
		if h.scanned-r.off > r.s.in.maxLine {
			// The last byte waits: it may be the \r of the line's end.
			if err := r.hash(ctx, h, h.scanned-1); ended(err) {
				return r.shrunk()
			} else if err != nil {
				return r.failed(err)
			}
		}
		if ended(err) {
			r.dry(h.scanned, err)
			return r.nothing()
		}
	}
	return inputs.ErrNothing
}

// hash takes the line's bytes up to offset to into its sum.
func (r *reading) hash(ctx context.Context, h *half, to int64) error {
	if h.sum == nil {
		h.sum, h.hashed = sha256.New(), r.off
	}
	for h.hashed < to {
		p := r.buf[:min(int64(blockSize), to-h.hashed)]
		n, err := r.g.readAt(ctx, p, h.hashed)
		h.sum.Write(p[:n])
		h.hashed += int64(n)
		if h.hashed < to && err != nil {
			return err
		}
	}
	return nil
}

// finish makes the block of the one line that ends at offset end, before
// newline bytes of line end.
func (r *reading) finish(ctx context.Context, h *half, end, newline int64) error {
	text := end
	if newline == 1 {
		n, err := r.g.readAt(ctx, r.buf[:1], end-1)
		if err != nil && !ended(err) {
			return r.failed(err)
		}
		if n == 1 && r.buf[0] == '\r' {
			text--
		}
	}
	length := text - r.off
	line := inputs.Line{At: checkpoint.Position{Stream: r.s.id, Offset: r.off}, End: end + newline}
	if length > r.s.in.maxLine {
		if err := r.hash(ctx, h, text); ended(err) {
			return r.shrunk()
		} else if err != nil {
			return r.failed(err)
		}
		line.Long = &inputs.Long{Length: length}
		h.sum.Sum(line.Long.SHA256[:0])
	}
	keep := int(min(length, r.s.in.maxLine))
	if cap(r.b.Buf) < keep {
		r.b.Buf = make([]byte, keep)
	}
	n, err := r.g.readAt(ctx, r.b.Buf[:keep], r.off)
	if err != nil && !ended(err) {
		return r.failed(err)
	}
	var again [maxHead]byte
	if ok, e := r.g.holds(r.head, again[:]); n < keep || e != nil || !ok {
		return r.shrunk()
	}
	line.Raw = r.b.Buf[:keep:keep]
	r.s.endHalf(r.off)
	r.b.Lines = append(r.b.Lines[:0], line)
	r.done(end+newline, end+newline, false, nil)
	if newline == 0 {
		r.s.mu.Lock()
		r.s.tornAt = end
		r.s.mu.Unlock()
	}
	return nil
}

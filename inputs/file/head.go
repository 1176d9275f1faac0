package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"jupyter-events-agent/checkpoint"
)

// maxHead is how many bytes of its beginning a file is known by.
const maxHead = 256

// head is by what a file's content is known: its first line, or its first 256
// bytes where that is longer. NULs before them are a hole, and only counted.
type head struct {
	hole int64
	text []byte // nil: no head yet
}

func (h head) sum() (sum [16]byte) {
	d := sha256.New()
	if h.hole > 0 {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(h.hole))
		d.Write(n[:])
	}
	d.Write(h.text)
	copy(sum[:], d.Sum(nil))
	return sum
}

func (h head) identity(of inode) checkpoint.Identity {
	return checkpoint.Identity{Device: of.device, Inode: of.number, Head: h.sum(), HeadLen: uint16(len(h.text))}
}

// cut is the head as it was when it had n bytes.
func (h head) cut(n int) head {
	if n > 0 && n < len(h.text) {
		h.text = h.text[:n]
	}
	return h
}

// readHead finds the head of an acquired file; text is nil where the first
// line is neither whole nor 256 bytes long. Where short is set a short half
// line is a head too: nothing will be added to it.
func (g *generation) readHead(short bool) (head, error) {
	var at int64
	buf := make([]byte, 4<<10)
	for {
		n, err := g.readAt(context.Background(), buf, at)
		if err != nil && !ended(err) {
			return head{}, err
		}
		if skip := nulls(buf[:n]); skip > 0 && (skip < n || n == len(buf)) {
			at += int64(skip)
			if skip == n && g.zip == nil {
				next, some := g.h.nextByte(at)
				if !some {
					return head{}, nil
				}
				at = next
				buf = make([]byte, 64<<10)
			}
			continue
		}
		text := buf[:n]
		if n > 0 && text[0] == 0 {
			return head{}, nil // NULs to the end: what will stand there is not known yet
		}
		text = text[:min(n, maxHead)]
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			text = text[:i+1]
		} else if len(text) < maxHead && (!short || errors.Is(err, errTorn)) {
			return head{}, nil
		}
		if len(text) == 0 {
			return head{}, nil
		}
		return head{hole: at, text: bytes.Clone(text)}, nil
	}
}

// nulls is how many NUL bytes p begins with.
func nulls(p []byte) int {
	n := 0
	for n < len(p) && p[n] == 0 {
		n++
	}
	return n
}

// holds says that an acquired plain file still begins with h.
func (g *generation) holds(h head, scratch []byte) (bool, error) {
	if g.zip != nil {
		return true, nil // a compressed file is never written again
	}
	n, err := g.h.ReadAt(scratch[:len(h.text)], h.hole)
	if err != nil && err != io.EOF {
		return false, err
	}
	return n == len(h.text) && bytes.Equal(scratch[:n], h.text), nil
}

// sameContent compares two acquired files as far as both go: the last 64 KiB
// of that stretch. Their heads are known to be equal.
func sameContent(a, b *generation) (bool, error) {
	if a.zip != nil || b.zip != nil {
		return true, nil
	}
	size := int64(math.MaxInt64)
	for _, g := range []*generation{a, b} {
		i, err := g.h.stat()
		if err != nil {
			return false, err
		}
		size = min(size, i.size)
	}
	p, q := make([]byte, min(size, 64<<10)), make([]byte, min(size, 64<<10))
	n, err := a.h.ReadAt(p, size-int64(len(p)))
	if err != nil && err != io.EOF {
		return false, err
	}
	m, err := b.h.ReadAt(q, size-int64(len(q)))
	if err != nil && err != io.EOF {
		return false, err
	}
	return n == m && bytes.Equal(p[:n], q[:m]), nil
}

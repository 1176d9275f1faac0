package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// A checkpoint file is a frame that no version will change, so that a file of
// a later version is told from a damaged one: magic, version (4 bytes), length
// of the body (8 bytes), body, SHA-256 of all that. Integers of fixed length
// are little-endian. The body of version 1, counts and lengths as uvarint,
// offsets as varint:
//
//	streams, by ascending ID:  ID (8 bytes) device inode head (16 bytes) head length, path, start
//	cursors, by ascending name: name, state, positions by ascending stream: stream (8 bytes) offset
const (
	magic     = "events-agent-ckp"
	version   = 1
	headBytes = len(magic) + 4 + 8
	sumBytes  = sha256.Size
)

// snapshot is what a checkpoint file holds.
type snapshot struct {
	streams []Stream      // by ID
	cursors []savedCursor // by name
}

type savedCursor struct {
	name      string
	state     []byte
	positions []Position // by Stream
}

var errDamaged = errors.New("is damaged")

// newerError is a whole and sound checkpoint of a version that this agent does not know.
type newerError struct{ version uint32 }

func (e newerError) Error() string {
	return fmt.Sprintf("has the format %d of a newer agent, and this one knows %d only: run the newer agent, or give this one another state_dir", e.version, version)
}

// encode appends the file of a snapshot to dst[:0].
func encode(dst []byte, s *snapshot) []byte {
	b := append(dst[:0], magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = append(b, make([]byte, 8)...)
	b = binary.AppendUvarint(b, uint64(len(s.streams)))
	for i := range s.streams {
		b = appendStream(b, &s.streams[i])
	}
	b = binary.AppendUvarint(b, uint64(len(s.cursors)))
	for i := range s.cursors {
		c := &s.cursors[i]
		b = appendBytes(b, c.name)
		b = appendBytes(b, c.state)
		b = binary.AppendUvarint(b, uint64(len(c.positions)))
		for _, p := range c.positions {
			b = binary.LittleEndian.AppendUint64(b, p.Stream)
			b = binary.AppendVarint(b, p.Offset)
		}
	}
	binary.LittleEndian.PutUint64(b[headBytes-8:], uint64(len(b)-headBytes))
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func appendStream(b []byte, s *Stream) []byte {
	b = binary.LittleEndian.AppendUint64(b, s.ID)
	b = binary.AppendUvarint(b, s.Identity.Device)
	b = binary.AppendUvarint(b, s.Identity.Inode)
	b = append(b, s.Identity.Head[:]...)
	b = binary.AppendUvarint(b, uint64(s.Identity.HeadLen))
	b = appendBytes(b, s.Path)
	return binary.AppendVarint(b, s.Start)
}

func appendBytes[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decode reads a whole file. The error is errDamaged or a newerError.
func decode(file []byte) (*snapshot, error) {
	if len(file) < headBytes+sumBytes || string(file[:len(magic)]) != magic {
		return nil, errDamaged
	}
	end := len(file) - sumBytes
	if binary.LittleEndian.Uint64(file[headBytes-8:]) != uint64(end-headBytes) {
		return nil, errDamaged
	}
	if sum := sha256.Sum256(file[:end]); !bytes.Equal(sum[:], file[end:]) {
		return nil, errDamaged
	}
	if v := binary.LittleEndian.Uint32(file[len(magic):]); v > version {
		return nil, newerError{v}
	} else if v != version {
		return nil, errDamaged
	}
	r := reader{rest: file[headBytes:end]}
	s := &snapshot{}
	for n := r.count(); n > 0 && !r.failed; n-- {
		s.streams = append(s.streams, r.stream())
	}
	for n := r.count(); n > 0 && !r.failed; n-- {
		s.cursors = append(s.cursors, r.cursor())
	}
	if r.failed || len(r.rest) > 0 || !s.ordered() {
		return nil, errDamaged
	}
	return s, nil
}

// ordered reports whether the snapshot has the order that encode is given, so
// that nothing is in it twice.
func (s *snapshot) ordered() bool {
	for i := range s.streams {
		if s.streams[i].ID == 0 || i > 0 && s.streams[i-1].ID >= s.streams[i].ID {
			return false
		}
	}
	for i := range s.cursors {
		if i > 0 && s.cursors[i-1].name >= s.cursors[i].name {
			return false
		}
		p := s.cursors[i].positions
		for j := range p {
			if p[j].Offset < 0 || j > 0 && p[j-1].Stream >= p[j].Stream {
				return false
			}
		}
	}
	return true
}

// reader takes a body apart. After the first thing that is not there
// everything is zero and failed is set.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) fail() { r.rest, r.failed = nil, true }

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.fail()
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	// A longer form of the same number is not what encode writes.
	if n <= 0 || n > 1 && r.rest[n-1] == 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *reader) fixed() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// count is a number of things of which each has at least one byte.
func (r *reader) count() uint64 {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.fail()
		return 0
	}
	return n
}

func (r *reader) stream() (s Stream) {
	s.ID = r.fixed()
	s.Identity.Device = r.uvarint()
	s.Identity.Inode = r.uvarint()
	copy(s.Identity.Head[:], r.take(uint64(len(s.Identity.Head))))
	length := r.uvarint()
	if length > 1<<16-1 {
		r.fail()
	}
	s.Identity.HeadLen = uint16(length)
	s.Path = string(r.take(r.uvarint()))
	s.Start = r.varint()
	return s
}

func (r *reader) cursor() (c savedCursor) {
	c.name = string(r.take(r.uvarint()))
	if state := r.take(r.uvarint()); len(state) > 0 {
		c.state = bytes.Clone(state)
	}
	for n := r.count(); n > 0 && !r.failed; n-- {
		c.positions = append(c.positions, Position{Stream: r.fixed(), Offset: r.varint()})
	}
	return c
}

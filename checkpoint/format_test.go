package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func full() *snapshot {
	return &snapshot{
		streams: []Stream{
			{ID: 1, Path: "/var/log/hub/events.log", Start: 12},
			{ID: math.MaxUint64, Identity: Identity{Device: math.MaxUint64, Inode: 5, Head: [16]byte{1, 2, 3}, HeadLen: 256}, Path: "\xff\x00", Start: math.MaxInt64},
		},
		cursors: []savedCursor{
			{name: "", state: []byte{0}},
			{name: "audit", state: []byte("state"), positions: []Position{{1, 0}, {math.MaxUint64, math.MaxInt64}}},
			{name: "lake"},
		},
	}
}

func TestEncodeAndDecode(t *testing.T) {
	for _, want := range []*snapshot{{}, full()} {
		file := encode([]byte("memory to use again"), want)
		got, err := decode(file)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	file := encode(nil, full())
	for i := range file {
		for bit := range 8 {
			file[i] ^= 1 << bit
			if _, err := decode(file); !errors.Is(err, errDamaged) {
				t.Fatalf("bit %d of byte %d: %v, want damaged", bit, i, err)
			}
			file[i] ^= 1 << bit
		}
	}
}

func TestEveryOtherLengthIsFound(t *testing.T) {
	file := encode(nil, full())
	for n := range file {
		if _, err := decode(file[:n]); !errors.Is(err, errDamaged) {
			t.Fatalf("the first %d bytes: %v, want damaged", n, err)
		}
	}
	if _, err := decode(append(file, 0)); !errors.Is(err, errDamaged) {
		t.Fatalf("a byte more: %v, want damaged", err)
	}
}

// framed puts a frame around any body.
func framed(v uint32, body []byte) []byte {
	b := append([]byte(magic), make([]byte, 12)...)
	binary.LittleEndian.PutUint32(b[len(magic):], v)
	binary.LittleEndian.PutUint64(b[len(magic)+4:], uint64(len(body)))
	b = append(b, body...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func TestVersions(t *testing.T) {
	if _, err := decode(framed(version, []byte{0, 0})); err != nil {
		t.Errorf("an empty body: %v", err)
	}
	newer := newerError{}
	if _, err := decode(framed(version+1, []byte("anything"))); !errors.As(err, &newer) || newer.version != version+1 || !strings.Contains(err.Error(), "newer agent") {
		t.Errorf("a newer version: %v", err)
	}
	if _, err := decode(framed(0, []byte{0, 0})); !errors.Is(err, errDamaged) {
		t.Errorf("version 0: %v, want damaged", err)
	}
}

func TestSoundFramesWithImpossibleBodies(t *testing.T) {
	id := []byte{1, 0, 0, 0, 0, 0, 0, 0}
	stream := append(bytes.Clone(id), make([]byte, 21)...)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, body := range map[string][]byte{
		"nothing":               {},
		"more streams than are": {200, 1, 0},
		"half a stream":         join([]byte{1}, stream[:20]),
		"something behind":      {0, 0, 0},
		"a stream twice":        join([]byte{2}, stream, stream, []byte{0}),
		"stream 0":              join([]byte{1}, make([]byte, 29), []byte{0}),
		"a cursor twice":        {0, 2, 0, 0, 0, 0, 0, 0},
		"a position twice":      join([]byte{0, 1, 0, 0, 2}, id, []byte{0}, id, []byte{0}),
		"a negative offset":     join([]byte{0, 1, 0, 0, 1}, id, []byte{1}),
		"a long form of zero":   {0x80, 0x00, 0},
		"a name without end":    {0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 'a'},
	} {
		if s, err := decode(framed(version, body)); !errors.Is(err, errDamaged) {
			t.Errorf("%s: %+v, %v; want damaged", name, s, err)
		}
	}
	if _, err := decode(framed(version, join([]byte{1}, stream, []byte{0}))); err != nil {
		t.Errorf("the stream that the others are made from: %v", err)
	}
}

// FuzzDecode: no file makes decode panic or take more memory than the file
// warrants, and what it takes is exactly what encode writes.
func FuzzDecode(f *testing.F) {
	for _, s := range []*snapshot{{}, full()} {
		file := encode(nil, s)
		f.Add(file)
		f.Add(file[headBytes : len(file)-sumBytes])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, file := range [][]byte{b, framed(version, b)} { // the second, so that fuzzing gets past the checksum
			s, err := decode(file)
			if err != nil {
				continue
			}
			again := encode(nil, s)
			if !bytes.Equal(again, file) {
				t.Fatalf("%x is taken and written as %x", file, again)
			}
			back, err := decode(again)
			if err != nil || !reflect.DeepEqual(back, s) {
				t.Fatalf("%+v, %v; want %+v", back, err, s)
			}
			if len(b) > 0 {
				at := int(b[0]) % len(again)
				again[at] ^= 1 << (b[0] >> 5)
				if _, err := decode(again); err == nil {
					t.Fatalf("a flipped bit in byte %d is not found", at)
				}
			}
		}
	})
}

package kafka

import (
	"encoding/binary"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// codec is a compression by Kafka's number for it. Not for several goroutines.
type codec struct {
	attribute uint16
	append    func(to, from []byte) []byte // nil: none
}

var compressions = []string{"none", "gzip", "snappy", "lz4", "zstd"} // by Kafka's number

// newCodec is the codec of a name in compressions.
func newCodec(name string) codec {
	c := codec{attribute: uint16(slices.Index(compressions, name))}
	switch name {
	case "gzip":
		c.append = newGzip()
	case "snappy":
		c.append = appendSnappy
	case "lz4":
		c.append = newLZ4()
	case "zstd":
		c.append = newZstd()
	}
	return c
}

// sink is a slice that is written to.
type sink struct{ b []byte }

func (s *sink) Write(b []byte) (int, error) {
	s.b = append(s.b, b...)
	return len(b), nil
}

func newGzip() func(to, from []byte) []byte {
	out := &sink{}
	w := gzip.NewWriter(out)
	return func(to, from []byte) []byte {
		out.b = to
		w.Reset(out)
		_, _ = w.Write(from) // a sink takes everything
		_ = w.Close()
		to, out.b = out.b, nil
		return to
	}
}

// appendSnappy writes one plain block, as librdkafka and franz-go do; Kafka's
// own client writes frames, and all readers take both.
func appendSnappy(to, from []byte) []byte {
	to = slices.Grow(to, s2.MaxEncodedLen(len(from)))
	return to[:len(to)+len(s2.EncodeSnappy(to[len(to):cap(to)], from))]
}

// newZstd: the window is small, since a batch is, and the batch has a checksum
// of its own.
func newZstd() func(to, from []byte) []byte {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(256<<10), zstd.WithEncoderCRC(false))
	if err != nil {
		panic("zstd with fixed options: " + err.Error())
	}
	return func(to, from []byte) []byte { return e.EncodeAll(from, to) }
}

// Kafka's readers want blocks that stand alone, and its own frames have no
// checksum of the content: the batch has one (KIP-57).
const (
	lz4Header = "\x04\x22\x4d\x18\x60\x40\x82" // magic; version 1, independent blocks; of 64 KiB; checksum of the two
	lz4Block  = 64 << 10
	lz4Plain  = 1 << 31 // flag of a block that is not compressed
)

func newLZ4() func(to, from []byte) []byte {
	var c lz4.Compressor
	return func(to, from []byte) []byte {
		to = append(to, lz4Header...)
		for len(from) > 0 {
			block := from[:min(len(from), lz4Block)]
			from = from[len(block):]
			at := len(to)
			to = slices.Grow(to, 4+lz4.CompressBlockBound(len(block)))[:at+4]
			n, err := c.CompressBlock(block, to[at+4:cap(to)])
			if err != nil || n == 0 || n >= len(block) { // as where it does not get smaller
				binary.LittleEndian.PutUint32(to[at:], uint32(len(block))|lz4Plain)
				to = append(to, block...)
				continue
			}
			binary.LittleEndian.PutUint32(to[at:], uint32(n))
			to = to[:at+4+n]
		}
		return append(to, 0, 0, 0, 0)
	}
}

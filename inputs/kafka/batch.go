package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"

	"github.com/segmentio/kafka-go/compress"
)

// A record batch of version 2, https://kafka.apache.org/documentation/#recordbatch:
//
//	 0  int64 base offset
//	 8  int32 length of what follows
//	12  int32 leader epoch
//	16  int8  version
//	17  int32 CRC-32C of what follows
//	21  int16 attributes
//	23  int32 offset of the last record - base offset
//	27  int64 time of the first record, 35 int64 latest time
//	43  int64 producer id, 51 int16 its epoch, 53 int32 sequence
//	57  int32 number of records
//	61  the records
const (
	batchHead  = 61
	batchFixed = 12 // before what its length counts
)

// Bits of a batch's attributes.
const (
	compression   = 7
	transactional = 1 << 4
	control       = 1 << 5
)

// largestBatch is the most that one batch may hold uncompressed: what more a
// producer has packed is one line that is too long.
const largestBatch = 64 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	errDamaged   = errors.New("a record batch is damaged: its checksum or its lengths are wrong; restore it from a replica, or move the groups past it")
	errOldFormat = errors.New("a record batch has a format older than Kafka 0.11: have it rewritten, or move the groups past it")
)

// batch is one record batch of a set.
type batch struct {
	first, last int64 // offsets
	bytes       []byte
	skip        bool // no lines: a control batch, or one that was undone
}

func (b *batch) attributes() int { return int(binary.BigEndian.Uint16(b.bytes[21:])) }

// split cuts what a broker sent into batches; what is not there whole is left
// out.
func split(records []byte, undone []aborted) ([]batch, error) {
	var all []batch
	after := int64(0)        // the batch before
	open := map[int64]bool{} // producers whose transaction here was undone
	for order := binary.BigEndian; len(records) >= batchFixed; {
		length := int64(int32(order.Uint32(records[8:]))) + batchFixed
		if length > int64(len(records)) {
			break
		}
		if len(records) > 16 && records[16] != 2 {
			return all, errOldFormat
		}
		if length < batchHead {
			return all, errDamaged
		}
		b := batch{bytes: records[:length:length]}
		records = records[length:]
		b.first = int64(order.Uint64(b.bytes))
		b.last = b.first + int64(int32(order.Uint32(b.bytes[23:])))
		if crc32.Checksum(b.bytes[21:], castagnoli) != order.Uint32(b.bytes[17:]) || b.last < b.first || b.last == math.MaxInt64 || b.first < after {
			return all, errDamaged
		}
		after = b.last + 1
		// The way of Kafka's own consumer (Fetcher, isolation read_committed).
		for len(undone) > 0 && undone[0].first <= b.last {
			open[undone[0].producer] = true
			undone = undone[1:]
		}
		producer := int64(order.Uint64(b.bytes[43:]))
		switch attributes := b.attributes(); {
		case attributes&control != 0:
			b.skip = true
			if b.aborts() {
				delete(open, producer)
			}
		case attributes&transactional != 0 && open[producer]:
			b.skip = true
		}
		all = append(all, b)
	}
	return all, nil
}

// aborts says that a control batch ends a transaction by undoing it.
func (b *batch) aborts() bool {
	r := wire{rest: b.bytes[batchHead:]}
	r.varint()
	r.take(1)
	r.varint()
	r.varint()
	key := wire{rest: r.take(r.varint())}
	key.int16()
	return key.int16() == 0 && !key.failed && !r.failed
}

// unpack are the records of the batch, in buf's memory where they are
// compressed. cut: there were more than largestBatch bytes.
func (b *batch) unpack(buf []byte) (records []byte, cut bool, err error) {
	packed := b.bytes[batchHead:]
	kind := b.attributes() & compression
	if kind == 0 {
		return packed, false, nil
	}
	if kind >= len(codecs) {
		return nil, false, errDamaged
	}
	r := codecs[kind].NewReader(bytes.NewReader(packed))
	defer r.Close()
	out := bytes.NewBuffer(buf[:0])
	n, err := io.Copy(out, io.LimitReader(r, largestBatch+1))
	if err != nil {
		return nil, false, errDamaged
	}
	return out.Bytes()[:min(n, largestBatch)], n > largestBatch, nil
}

var codecs = [...]compress.Codec{
	1: compress.Gzip.Codec(), 2: compress.Snappy.Codec(), 3: compress.Lz4.Codec(), 4: compress.Zstd.Codec(),
}

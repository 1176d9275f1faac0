package kafka

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/bits"
	"slices"

	"jupyter-events-agent/filters"
)

// A record batch of version 2 (https://kafka.apache.org/documentation/#recordbatch),
// after the length that RawRecordSet wants before it:
//
//	 0  int32 length of what follows
//	 4  int64 base offset, the broker's to set
//	12  int32 length of what follows
//	16  int32 leader epoch, -1
//	20  int8  version, 2
//	21  int32 CRC-32C of what follows
//	25  int16 attributes: the compression
//	27  int32 number of records - 1
//	31  int64 time of the first record in ms
//	39  int64 latest time
//	47  int64 producer id
//	55  int16 producer epoch
//	57  int32 sequence number of the first record
//	61  int32 number of records
//	65  the records, compressed together
const (
	atCRC     = 21
	atAttr    = 25
	atRecords = 65
)

// noTime is the time of a record that has none. Not 1970: a topic that keeps
// records for a week would delete them at once.
const noTime = -1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// identity is by whom and at which place of a partition's sequence a batch is.
// A broker that has it already says so instead of appending it again.
type identity struct {
	producer int64 // -1: none
	epoch    int16
	sequence int32 // of the next record
}

// nextSequence is the sequence number n records on; behind the greatest comes 0.
func nextSequence(sequence int32, n int) int32 {
	return int32((int64(sequence) + int64(n)) & 0x7fffffff)
}

// cut is where one batch ends: before more than records or bytes, uncompressed.
// One record is always in it.
type cut struct{ records, bytes int }

// encoder makes record batches. Not for several goroutines.
type encoder struct {
	key   func(*filters.Record) []byte // nil: no record has a key
	codec codec
	raw   []byte // the records before compression, kept for use again
}

// batch makes a batch of the first of records[take...] in wire's memory. count
// is how many are in it, size its length without compression.
func (e *encoder) batch(wire []byte, records []filters.Record, take []int32, id identity, end cut) (_ []byte, count, size int) {
	wire = slices.Grow(wire[:0], atRecords)[:atRecords]
	to := &wire
	if e.codec.append != nil {
		e.raw = e.raw[:0]
		to = &e.raw
	}
	begin := len(*to)
	first, latest := int64(0), int64(noTime)
	for _, i := range take {
		r := &records[i]
		at := int64(noTime)
		if micros := r.Micros(); micros > 0 {
			at = micros / 1000
		}
		if count == 0 {
			first = at
		}
		var key []byte
		if e.key != nil {
			key = e.key(r)
		}
		n := bodySize(r, key, at-first, count)
		whole := n + varintLen(int64(n))
		if count == end.records || count > 0 && atRecords+len(*to)-begin+whole > end.bytes {
			break
		}
		*to = appendRecord(slices.Grow(*to, whole), r, key, at-first, count, n)
		latest = max(latest, at)
		count++
	}
	size = atRecords + len(*to) - begin
	if e.codec.append != nil {
		wire = e.codec.append(wire, e.raw)
	}
	order := binary.BigEndian
	order.PutUint32(wire[0:], uint32(len(wire)-4))
	order.PutUint64(wire[4:], 0)
	order.PutUint32(wire[12:], uint32(len(wire)-16))
	order.PutUint32(wire[16:], 0xffffffff)
	wire[20] = 2
	order.PutUint16(wire[atAttr:], e.codec.attribute)
	order.PutUint32(wire[27:], uint32(count-1))
	order.PutUint64(wire[31:], uint64(first))
	order.PutUint64(wire[39:], uint64(latest))
	order.PutUint64(wire[47:], uint64(id.producer))
	order.PutUint16(wire[55:], uint16(id.epoch))
	order.PutUint32(wire[57:], uint32(id.sequence))
	order.PutUint32(wire[61:], uint32(count))
	order.PutUint32(wire[atCRC:], crc32.Checksum(wire[atAttr:], castagnoli))
	return wire, count, size
}

// The headers that every record has.
const (
	idHeader      = "__event_id__"
	schemaHeader  = "__schema__"
	versionHeader = "__schema_version__"
)

// bodySize is the length of a record after its own length. after is its time
// after the first record's, offset its place in the batch.
func bodySize(r *filters.Record, key []byte, after int64, offset int) int {
	n := 1 + varintLen(after) + varintLen(int64(offset)) + varintLen(int64(len(r.JSON()))) + len(r.JSON())
	if key == nil {
		n++
	} else {
		n += varintLen(int64(len(key))) + len(key)
	}
	beside := r.Beside()
	headers := len(beside) + 2
	n += headerSize(len(schemaHeader), len(r.Schema())) + headerSize(len(versionHeader), len(r.Version()))
	if r.HasID() {
		headers++
		n += headerSize(len(idHeader), len(r.ID()))
	}
	n += varintLen(int64(headers))
	for i := range beside {
		n += headerSize(len(beside[i].Name), len(beside[i].Value))
	}
	return n
}

func headerSize(name, value int) int {
	return varintLen(int64(name)) + name + varintLen(int64(value)) + value
}

// appendRecord appends a record of the size that bodySize found.
func appendRecord(b []byte, r *filters.Record, key []byte, after int64, offset, size int) []byte {
	b = appendVarint(b, int64(size))
	b = append(b, 0) // attributes: none exist
	b = appendVarint(b, after)
	b = appendVarint(b, int64(offset))
	if key == nil {
		b = appendVarint(b, -1)
	} else {
		b = append(appendVarint(b, int64(len(key))), key...)
	}
	b = append(appendVarint(b, int64(len(r.JSON()))), r.JSON()...)
	beside := r.Beside()
	if r.HasID() {
		b = appendVarint(b, int64(len(beside)+3))
		b = append(appendHeader(b, idHeader, len(r.ID())), r.ID()...)
	} else {
		b = appendVarint(b, int64(len(beside)+2))
	}
	b = append(appendHeader(b, schemaHeader, len(r.Schema())), r.Schema()...)
	b = append(appendHeader(b, versionHeader, len(r.Version())), r.Version()...)
	for i := range beside {
		b = append(appendHeader(b, beside[i].Name, len(beside[i].Value)), beside[i].Value...)
	}
	return b
}

// appendHeader appends a header up to its value.
func appendHeader(b []byte, name string, value int) []byte {
	b = append(appendVarint(b, int64(len(name))), name...)
	return appendVarint(b, int64(value))
}

func appendVarint(b []byte, v int64) []byte { return binary.AppendVarint(b, v) }

// varintLen is how many bytes appendVarint appends.
func varintLen(v int64) int {
	u := uint64(v)<<1 ^ uint64(v>>63)
	return (bits.Len64(u|1) + 6) / 7
}

// wire is an encoded batch as kafka-go takes it.
type wire []byte

// WriteTo hands over the whole batch.
func (w wire) WriteTo(to io.Writer) (int64, error) {
	n, err := to.Write(w)
	return int64(n), err
}

// Read is there for the interface: io.Copy prefers WriteTo.
func (w wire) Read([]byte) (int, error) { return 0, io.ErrNoProgress }

package loki

import (
	"encoding/binary"
	"math/bits"

	"jupyter-events-agent/filters"
)

// Fields of Loki's push.proto, each with a length before its bytes:
//
//	PushRequest    { repeated StreamAdapter streams = 1; }
//	StreamAdapter  { string labels = 1; repeated EntryAdapter entries = 2; }
//	EntryAdapter   { Timestamp timestamp = 1; string line = 2; repeated LabelPairAdapter structuredMetadata = 3; }
//	Timestamp      { int64 seconds = 1; int32 nanos = 2; }  numbers
//	LabelPairAdapter { string name = 1; string value = 2; }
const (
	fieldStream       = 1<<3 | 2
	fieldStreamLabels = 1<<3 | 2
	fieldEntry        = 2<<3 | 2
	fieldTime         = 1<<3 | 2
	fieldSeconds      = 1 << 3
	fieldNanos        = 2 << 3
	fieldLine         = 2<<3 | 2
	fieldMetadata     = 3<<3 | 2
	fieldName         = 1<<3 | 2
	fieldValue        = 2<<3 | 2
)

// idLen is how long an event id is, idMember what stands before it in an entry.
const idLen = 32

var idMember = func() []byte {
	b := appendMember(nil, "__event_id__", make([]byte, idLen))
	return b[: len(b)-idLen : len(b)-idLen]
}()

// entry is a record on its way into a push.
type entry struct {
	record   *filters.Record
	stream   *stream
	metadata []byte // constant structured metadata, encoded
	micros   int64
	index    int // in the batch
	inside   int // bytes, without its tag and length
	size     int // bytes, as a field of its stream
	next     int // in the push, of the same stream; -1 at its end
}

// appendField appends a field with its length.
func appendField(b []byte, tag byte, value []byte) []byte {
	b = binary.AppendUvarint(append(b, tag), uint64(len(value)))
	return append(b, value...)
}

func appendMember(b []byte, name string, value []byte) []byte {
	b = append(b, fieldMetadata)
	b = binary.AppendUvarint(b, uint64(sizeField(len(name))+sizeField(len(value))))
	b = appendField(b, fieldName, []byte(name))
	return appendField(b, fieldValue, value)
}

// sizeField is how long a field with so many bytes is.
func sizeField(n int) int { return 1 + sizeVarint(uint64(n)) + n }

func sizeVarint(n uint64) int { return (bits.Len64(n|1) + 6) / 7 }

// moment is a time as push.proto has it.
func moment(micros int64) (seconds, nanos uint64) {
	s, rest := micros/1e6, micros%1e6
	if rest < 0 {
		s, rest = s-1, rest+1e6
	}
	return uint64(s), uint64(rest * 1000)
}

// measure sets how long the entry is.
func (e *entry) measure() {
	seconds, nanos := moment(e.micros)
	n := 4 + sizeVarint(seconds) + sizeVarint(nanos) + sizeField(len(e.record.JSON())) + len(e.metadata)
	if e.record.HasID() {
		n += len(idMember) + idLen
	}
	e.inside, e.size = n, sizeField(n)
}

func (e *entry) append(b []byte) []byte {
	seconds, nanos := moment(e.micros)
	b = binary.AppendUvarint(append(b, fieldEntry), uint64(e.inside))
	b = append(b, fieldTime, byte(2+sizeVarint(seconds)+sizeVarint(nanos)))
	b = binary.AppendUvarint(append(b, fieldSeconds), seconds)
	b = binary.AppendUvarint(append(b, fieldNanos), nanos)
	b = appendField(b, fieldLine, e.record.JSON())
	if e.record.HasID() {
		b = append(append(b, idMember...), e.record.ID()...)
	}
	return append(b, e.metadata...)
}

// encode makes the body of a push of entries, which stand in the order of
// time; each stream keeps it. Valid until it is called again.
func (o *output) encode(entries []entry) []byte {
	o.number++
	o.present = o.present[:0]
	for i := range entries {
		e := &entries[i]
		s := e.stream
		if s.push != o.number {
			s.push, s.size, s.head = o.number, len(s.labels), i
			o.present = append(o.present, s)
		} else {
			entries[s.tail].next = i
		}
		s.tail, e.next = i, -1
		s.size += e.size
	}
	size := 0
	for _, s := range o.present {
		size += sizeField(s.size)
	}
	p := &o.packer
	p.begin(size)
	for _, s := range o.present {
		p.room(sizeField(len(s.labels)))
		p.piece = binary.AppendUvarint(append(p.piece, fieldStream), uint64(s.size))
		p.piece = append(p.piece, s.labels...)
		for i := s.head; i >= 0; i = entries[i].next {
			p.room(entries[i].size)
			p.piece = entries[i].append(p.piece)
		}
	}
	p.flush()
	return p.packed
}

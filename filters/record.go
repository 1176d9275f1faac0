package filters

import (
	"crypto/aes"
	"hash"
	"time"
)

// Record is what one output may have of one event. Only Filter.Apply makes
// one. It points into the Arena that it was made with and is valid until the
// Arena is reset.
type Record struct {
	arena      *Arena
	plan       *plan
	micros     int64
	start, end uint32 // the JSON in arena.bytes; a line end follows it
	field      uint32 // first of this record's fields in arena.fields
	hasID      bool   // the output's metadata has the id
	apart      bool   // metadata stands beside the record, not in it
	id         [idLen]byte
	beside     *[]Member // nil unless apart
}

// Arena is the memory of records. One Arena belongs to one batch in the
// making; Reset before using it again. Below 4 GiB.
type Arena struct {
	bytes  []byte
	fields []span

	persons  []person // of whom the records of an output with consent are, in their order
	names    []byte   // theirs
	withheld Withheld

	captured []span // of the event at hand: where the values for templates went out
	block    [aes.BlockSize]byte
	unmade   []unmade            // of the objects at hand
	field    []byte              // of a path, as JSON
	text     []byte              // decoded
	codes    map[coded]hash.Hash // of pseudonyms; stays over Reset
	beside   map[from]*[]Member  // metadata with the input's; stays over Reset
	upstream map[handed]*passed  // metadata of what agents have sent; stays over Reset
}

// span is a range of Arena.bytes.
type span struct{ start, end uint32 }

// absent is the span of what is not there.
var absent = span{1, 0}

// Reset forgets the records and keeps the memory.
func (a *Arena) Reset() {
	a.bytes, a.fields = a.bytes[:0], a.fields[:0]
	a.persons, a.names, a.withheld = a.persons[:0], a.names[:0], Withheld{}
}

// Len is how many bytes of records the Arena holds.
func (a *Arena) Len() int { return len(a.bytes) }

// JSON is the record as one JSON object without line end; without its metadata
// where that is Apart.
func (r *Record) JSON() []byte { return r.arena.bytes[r.start:r.end:r.end] }

// Lines are the records of a batch as NDJSON. Mostly they stand one behind the
// other in their Arena and nothing is copied; where not, they are appended to
// buf[:0]. The second result is buf for use again; the first is valid until the
// Arena is reset or buf is used.
func Lines(batch []Record, buf []byte) (lines, again []byte) {
	buf = buf[:0]
	if len(batch) == 0 {
		return buf, buf
	}
	for i := range batch[1:] {
		if batch[i+1].arena != batch[0].arena || batch[i+1].start != batch[i].end+1 {
			for j := range batch {
				buf = append(append(buf, batch[j].JSON()...), '\n')
			}
			return buf, buf
		}
	}
	end := batch[len(batch)-1].end + 1
	return batch[0].arena.bytes[batch[0].start:end:end], buf
}

// ID is the event id, 32 hexadecimal digits; the same over retries and restarts.
func (r *Record) ID() []byte { return r.id[:] }

// Time is the event's time as this output may know it; 1970 where it has none.
func (r *Record) Time() time.Time { return time.UnixMicro(r.micros).UTC() }

// Micros is Time in microseconds since 1970.
func (r *Record) Micros() int64 { return r.micros }

// Schema is the id of the event's schema.
func (r *Record) Schema() string { return r.plan.schema.ID() }

// Version is the version of the event's schema.
func (r *Record) Version() string { return r.plan.schema.Version() }

// Field is the value of the i-th template of the policy; false where it is
// absent and the template has no default.
func (r *Record) Field(i int) ([]byte, bool) {
	s := r.arena.fields[int(r.field)+i]
	if s == absent {
		return nil, false
	}
	return r.arena.bytes[s.start:s.end:s.end], true
}

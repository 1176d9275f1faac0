package kafka

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"

	"jupyter-events-agent/inputs"
)

// record is one record as it stands in its batch.
type record struct {
	offset  int64 // after the batch's first
	value   []byte
	headers wire
	count   int64 // headers
}

// next takes the next record off; false: it is not there whole.
func (r *record) next(rest *wire) bool {
	body := wire{rest: rest.take(rest.varint())}
	body.take(1)  // attributes: none exist
	body.varint() // its time: the event has its own
	r.offset = body.varint()
	if n := body.varint(); n > 0 {
		body.take(n) // the key
	}
	r.value = nil
	if n := body.varint(); n >= 0 {
		r.value = body.take(n)
	}
	r.count, r.headers = body.varint(), body
	return !rest.failed && !body.failed
}

// The headers that an agent's output writes and that become members of the
// line again (policy.md §4). Others are left alone.
const eventID = "__event_id__"

func known(header []byte) bool {
	switch string(header) {
	case eventID, "__categories__", "__redacted__", "__policy__", "__source__":
		return true
	}
	return false
}

// appendLine makes the record's line of NDJSON in buf and returns what to put
// into a Line: its bytes in buf, or the beginning of those that are too long.
// A record without value is an empty line, which is no event.
func (r *record) appendLine(buf []byte, maxLine int, values *sound) (_ []byte, raw []byte, long *inputs.Long) {
	start := len(buf)
	value := r.value
	if len(value) > maxLine {
		long = &inputs.Long{Length: int64(len(value)), SHA256: sha256.Sum256(value)}
		buf = append(buf, value[:maxLine]...)
		return buf, buf[start:], long
	}
	buf = append(buf, value...)
	if r.count > 0 {
		buf = r.members(buf, start, values)
	}
	return buf, buf[start:], nil
}

// members makes members of the headers, in the object that stands in buf from
// start on. What is not to become a member spoils the line, so that it is a
// fault and no event: a value that is not JSON is written as no value at all.
func (r *record) members(buf []byte, start int, values *sound) []byte {
	body := bytes.TrimRight(buf[start:], " \t\r\n")
	if len(body) == 0 || body[len(body)-1] != '}' {
		return buf // no object, so no event
	}
	headers, inside := r.headers, body[:len(body)-1]
	empty := len(bytes.TrimSpace(inside)) == 1
	buf = buf[:start+len(inside)]
	for n := r.count; n > 0 && !headers.failed; n-- {
		name := headers.take(headers.varint())
		var value []byte
		if length := headers.varint(); length >= 0 {
			value = headers.take(length)
		}
		if !known(name) {
			continue
		}
		if !empty {
			buf = append(buf, ',')
		}
		empty = false
		buf = append(append(append(buf, '"'), name...), `":`...)
		switch {
		case string(name) == eventID:
			if isID(value) {
				buf = append(append(append(buf, '"'), value...), '"')
			}
		case values.has(value):
			buf = append(buf, value...)
		}
	}
	if headers.failed {
		buf = append(buf, ',') // the record is damaged: no event either
	}
	return append(buf, '}')
}

// sound are values of headers that are JSON: all but the id are the same for
// all records of one schema and policy.
type sound struct {
	values [16]string
	next   int
}

func (s *sound) has(value []byte) bool {
	for i := range s.values {
		if s.values[i] == string(value) && len(value) > 0 {
			return true
		}
	}
	if !json.Valid(value) {
		return false
	}
	s.values[s.next%len(s.values)] = string(value)
	s.next++
	return true
}

// isID says that the value is an event id: 32 hexadecimal digits.
func isID(value []byte) bool {
	for _, c := range value {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return len(value) == 32
}

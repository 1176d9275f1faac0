package elasticsearch

import (
	"bytes"
	"unicode/utf8"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/jsonscan"
)

// documents makes the body of a _bulk request. Its memory is used again.
type documents struct {
	stamp   stamper
	dataset string // JSON text, of event.dataset
	routed  bool   // each record names its index
	body    []byte
	tape    []jsonscan.Token
}

// of is the body for a batch: for each record an action and a document, one
// line each. now, in microseconds since 1970, is the time of records that have
// none. Valid until it is called again.
func (d *documents) of(batch []filters.Record, now int64) []byte {
	b := d.body[:0]
	for i := range batch {
		r := &batch[i]
		b = append(append(b, `{"create":{"_id":"`...), r.ID()...)
		if d.routed {
			index, _ := r.Field(fieldIndex)
			b = appendIndex(append(b, `","_index":"`...), index)
		}
		b = append(b, "\"}}\n{\"@timestamp\":\""...)
		micros := r.Micros()
		if micros == 0 {
			micros = now
		}
		b = d.stamp.append(b, micros)
		b = append(b, `","event":{`...)
		if r.HasID() {
			b = append(append(append(b, `"id":"`...), r.ID()...), `",`...)
		}
		b = append(append(b, `"dataset":`...), d.dataset...)
		if action, ok := r.Field(fieldAction); ok {
			b = appendText(append(b, `,"action":`...), action)
		}
		b = append(b, '}')
		b = d.append(b, r.JSON())
		b = append(b, '\n')
	}
	d.body = b
	return b
}

// append appends the members of a record, after those that the document begins
// with, and closes the document.
func (d *documents) append(b, record []byte) []byte {
	at := eventName(record)
	if mayHide(record) || at >= 0 && !isMember(record, at) {
		return d.appendRenamed(b, record)
	}
	if len(record) > len("{}") {
		b = append(b, ',')
	}
	if at >= 0 {
		b = append(append(append(b, record[1:at]...), '"'), ours["event"]...)
		return append(append(b, '"'), record[at+len(eventKey):]...)
	}
	return append(b, record[1:]...)
}

// A document's own members. An event may have some that are called the same;
// they go by the second name, which no event can have: what begins and ends
// with two underscores is taken off before.
var ours = map[string]string{
	"@timestamp": "__@timestamp__",
	"event":      "__event__",
}

const eventKey = `"event"`

// mayHide is false where no member of the record is called like one of ours but
// perhaps event, in these letters, and quick. A name may be written with escapes.
func mayHide(record []byte) bool {
	for from := 1; from < len(record); {
		i := bytes.IndexByte(record[from:], '@')
		if i < 0 {
			break
		}
		if from += i + 1; bytes.HasPrefix(record[from-2:], []byte(`"@timestamp"`)) {
			return true
		}
	}
	for from := 0; from < len(record)-1; {
		i := bytes.IndexByte(record[from:len(record)-1], '\\')
		if i < 0 {
			break
		}
		if from += i + 2; record[from-1] == 'u' {
			return true
		}
	}
	return false
}

// eventName is where a name event may begin first, of whatever object, -1 where
// there is none. Most records do not have the word: looking for its rarest
// letter is several times quicker than looking for it.
func eventName(record []byte) int {
	const v = len(`"e`)
	for from := v; from < len(record); {
		i := bytes.IndexByte(record[from:], eventKey[v])
		if i < 0 {
			break
		}
		from += i + 1
		at := from - 1 - v
		if end := at + len(eventKey); end < len(record) && string(record[at:end]) == eventKey && (record[end] == ':' || record[end] <= ' ') {
			return at
		}
	}
	return -1
}

// isMember says that what begins there is a name, and of the record itself, not
// of an object inside.
func isMember(record []byte, at int) bool {
	if after := bytes.TrimLeft(record[at+len(eventKey):], " \t\r\n"); len(after) == 0 || after[0] != ':' {
		return false
	}
	depth := 0
	for i := 0; i < at; i++ {
		switch record[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			for i++; i < at && record[i] != '"'; i++ {
				if record[i] == '\\' {
					i++
				}
			}
			if i >= at {
				return false // what begins there is the end of a text
			}
		}
	}
	return depth == 1
}

var scanner = jsonscan.NewScanner(nil)

// appendRenamed is append with the event's members that are called like ours
// under their other names.
func (d *documents) appendRenamed(b, record []byte) []byte {
	var err error
	d.tape, err = scanner.Scan(d.tape[:0], record)
	if err != nil { // no record is so: what filters make is JSON
		return append(append(b, ','), record[1:]...)
	}
	var memory [64]byte
	for i := uint32(1); int(i) < len(d.tape); i = d.tape[i].Next {
		t := &d.tape[i]
		name := jsonscan.AppendText(memory[:0], t.Key(record))
		b = append(b, ',')
		if other, clashes := ours[string(name)]; clashes {
			b = append(append(append(b, '"'), other...), '"')
		} else {
			b = append(b, t.Key(record)...)
		}
		b = append(append(b, ':'), t.Value(record)...)
	}
	return append(b, '}')
}

// appendText appends a text as JSON. What is not UTF-8 becomes U+FFFD.
func appendText(b, text []byte) []byte {
	b = append(b, '"')
	for len(text) > 0 {
		c := text[0]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, size := utf8.DecodeRune(text)
			b, text = utf8.AppendRune(b, r), text[size:]
			continue
		}
		text = text[1:]
	}
	return append(b, '"')
}

package corpus

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// event is an object in the making: its top-level members in order, each with
// its value as text, so that a fault can take one out or put another in.
type event struct {
	buf     []byte
	members []member
}

type member struct {
	name       string
	start, end int // of the value in buf
}

func (e *event) reset() { e.buf, e.members = e.buf[:0], e.members[:0] }

// begin opens the value of a new member; what is appended to buf until end is
// its text.
func (e *event) begin(name string) {
	e.members = append(e.members, member{name: name, start: len(e.buf)})
}

func (e *event) end() { e.members[len(e.members)-1].end = len(e.buf) }

func (e *event) addText(name, value string) {
	e.begin(name)
	e.buf = appendText(e.buf, value)
	e.end()
}

// addRaw adds a member whose value is JSON already.
func (e *event) addRaw(name, json string) {
	e.begin(name)
	e.buf = append(e.buf, json...)
	e.end()
}

func (e *event) find(name string) int {
	for i, m := range e.members {
		if m.name == name {
			return i
		}
	}
	return -1
}

// set replaces the value of a member, or adds it at the end.
func (e *event) set(name, json string) {
	start := len(e.buf)
	e.buf = append(e.buf, json...)
	m := member{name, start, len(e.buf)}
	if i := e.find(name); i >= 0 {
		e.members[i] = m
		return
	}
	e.members = append(e.members, m)
}

func (e *event) remove(name string) {
	if i := e.find(name); i >= 0 {
		e.members = append(e.members[:i], e.members[i+1:]...)
	}
}

func (e *event) value(name string) string {
	m := e.members[e.find(name)]
	return string(e.buf[m.start:m.end])
}

// appendTo writes the object as json.dumps does.
func (e *event) appendTo(dst []byte) []byte {
	dst = append(dst, '{')
	for i, m := range e.members {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, '"')
		dst = append(dst, m.name...)
		dst = append(dst, `": `...)
		dst = append(dst, e.buf[m.start:m.end]...)
	}
	return append(dst, '}')
}

const hexDigits = "0123456789abcdef"

// appendText writes a JSON string as json.dumps does: everything but
// printable ASCII escaped.
func appendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r >= ' ' && r <= '~':
			dst = append(dst, byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r == '\b':
			dst = append(dst, `\b`...)
		case r == '\f':
			dst = append(dst, `\f`...)
		case r > 0xffff:
			r -= 0x10000
			dst = appendUnit(appendUnit(dst, 0xd800+r>>10), 0xdc00+r&0x3ff)
		case r == utf8.RuneError:
			panic("corpus: text that is not UTF-8")
		default:
			dst = appendUnit(dst, r)
		}
	}
	return append(dst, '"')
}

func appendUnit(dst []byte, u rune) []byte {
	return append(dst, '\\', 'u', hexDigits[u>>12&15], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
}

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// appendHex writes the lowest digits of n.
func appendHex(dst []byte, n uint64, digits int) []byte {
	for i := digits - 1; i >= 0; i-- {
		dst = append(dst, hexDigits[n>>(4*i)&15])
	}
	return dst
}

// appendFloat writes a float as Python's repr does.
func appendFloat(dst []byte, f float64) []byte {
	if f != 0 && (math.Abs(f) < 1e-4 || math.Abs(f) >= 1e16) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

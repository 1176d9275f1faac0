package tokens

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
)

// Entry is one row of the table.
type Entry struct {
	Scope []string // the words of Table.Scope
	Tag   byte     // the letter of the value's type: s text, n number, b true or false
	Value string
	Token Token
}

// String is the token as records have it.
func (t Token) String() string { return hex.EncodeToString(t[:]) }

// Is says whether the entry is of this value: a text, or a number as people
// write it.
func (e *Entry) Is(value string) bool {
	if e.Tag != 'n' {
		return e.Value == value
	}
	mine, err := strconv.ParseFloat(e.Value, 64)
	theirs, wrong := strconv.ParseFloat(value, 64)
	return e.Value == value || err == nil && wrong == nil && mine == theirs && plain(e.Value) == plain(value)
}

// Text is the value for people: 1200 for 12e2.
func (e *Entry) Text() string {
	if e.Tag == 'n' {
		return plain(e.Value)
	}
	return e.Value
}

// plain writes a number's digits and exponent as a whole number where that is short.
func plain(number string) string {
	digits, exponent, ok := strings.Cut(number, "e")
	if n, err := strconv.Atoi(exponent); ok && err == nil && n >= 0 && n <= 20 {
		return digits + strings.Repeat("0", n)
	}
	return number
}

// scopeName is the words of a scope as the file has them, each after its length.
func scopeName(words []string) string {
	var b []byte
	for _, w := range words {
		b = append(binary.AppendUvarint(b, uint64(len(w))), w...)
	}
	return string(b)
}

// appendEntry appends an entry as the file has it: the lengths of scope and
// value, the scope, the value and the token.
func appendEntry(b []byte, scope string, value []byte, token Token) []byte {
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(len(scope))), uint64(len(value)))
	return append(append(append(b, scope...), value...), token[:]...)
}

// eachEntry reads entries; false where they are not whole.
func eachEntry(b []byte, visit func(scope string, value []byte, token Token)) bool {
	for len(b) > 0 {
		scope, n := binary.Uvarint(b)
		value, m := binary.Uvarint(b[max(n, 0):])
		if n <= 0 || m <= 0 || scope > uint64(len(b)) || value > uint64(len(b)) || uint64(len(b)) < uint64(n+m)+scope+value+Size {
			return false
		}
		b = b[n+m:]
		visit(string(b[:scope]), b[scope:scope+value], Token(b[scope+value:scope+value+Size]))
		b = b[scope+value+Size:]
	}
	return true
}

// entry is an entry for people.
func entry(scope string, value []byte, token Token) Entry {
	e := Entry{Token: token}
	for b := []byte(scope); len(b) > 0; {
		n, m := binary.Uvarint(b)
		if m <= 0 || n > uint64(len(b)-m) {
			break
		}
		e.Scope, b = append(e.Scope, string(b[m:m+int(n)])), b[m+int(n):]
	}
	if len(value) > 0 {
		e.Tag, e.Value = value[0], string(value[1:])
	}
	return e
}

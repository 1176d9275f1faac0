package validate

import (
	"strconv"
	"strings"
	"unicode"
)

var controls = map[byte]rune{'a': '\a', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// literal takes the escape of one character.
func (r *pyRegex) literal() rune {
	c := r.next()
	if v, ok := controls[byte(c)]; ok && c < 0x80 {
		return v
	}
	switch c {
	case 'x':
		return r.hex(2)
	case 'u':
		return r.hex(4)
	case 'U':
		return r.hex(8)
	case 'N':
		if name, ok := r.until('}'); ok && len(name) > 1 && name[0] == '{' && !strings.ContainsAny(name, "()[]\\|*+?.") {
			return unicode.MaxRune // which character that is only Python knows
		}
	}
	if c == 'N' || c < 0x80 && isAlpha(byte(c)) {
		r.fail()
	}
	return c
}

func (r *pyRegex) hex(n int) rune {
	if len(r.rest) < n {
		r.fail()
		return 0
	}
	v, err := strconv.ParseUint(string(r.rest[:n]), 16, 32)
	if err != nil || v > unicode.MaxRune {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return rune(v)
}

package jsonscan

import "unicode/utf8"

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// scanString reads the string whose opening quote is at i and returns the
// index after its closing quote. Eight bytes at a time: the lowest marked byte
// is always a true hit, only ones above it may be false.
func scanString(line []byte, i int) (end int, flags Flags, why string) {
	start := i
	i++
	high := uint64(highs)
	for {
		var c byte
		if i+8 <= len(line) {
			w := load64(line[i:])
			quote := w ^ ones*'"'
			slash := w ^ ones*'\\'
			m := ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*0x20)&^w) & highs
			m |= w & high
			if m == 0 {
				i += 8
				continue
			}
			i += firstByte(m)
			c = line[i]
		} else {
			if i >= len(line) {
				return i, 0, ErrSyntax
			}
			c = line[i]
		}
		switch {
		case c == '"':
			i++
			if flags&NonASCII != 0 && !utf8.Valid(line[start:i]) {
				return start, 0, ErrUTF8
			}
			return i, flags, ""
		case c == '\\':
			flags |= Escaped
			if i+1 >= len(line) {
				return i, 0, ErrSyntax
			}
			switch line[i+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				i += 2
			case 'u':
				if i+6 > len(line) || !isHex(line[i+2]) || !isHex(line[i+3]) || !isHex(line[i+4]) || !isHex(line[i+5]) {
					return i, 0, ErrSyntax
				}
				i += 6
			default:
				return i, 0, ErrSyntax
			}
		case c < 0x20:
			return i, 0, ErrSyntax
		case c >= 0x80:
			flags |= NonASCII
			high = 0 // from here on the whole string is checked at its end
			i++
		default:
			i++
		}
	}
}

func isHex(c byte) bool {
	return c-'0' < 10 || (c|0x20)-'a' < 6
}

package validate

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// isIPv4 takes four decimal numbers without leading zeros.
func isIPv4(b []byte) bool { return isDotted(b, false) }

func isDotted(b []byte, zeros bool) bool {
	for part := 0; ; part++ {
		n := 0
		for n < len(b) && n < 3 && isDigit(b[n]) {
			n++
		}
		if n == 0 || digits(b, n) > 255 || !zeros && n > 1 && b[0] == '0' {
			return false
		}
		b = b[n:]
		if part == 3 {
			return len(b) == 0
		}
		if len(b) == 0 || b[0] != '.' {
			return false
		}
		b = b[1:]
	}
}

// isIPv6 takes an address without a zone.
func isIPv6(b []byte) bool { return isColoned(b, false) }

// isColoned takes an IPv6 address, its IPv4 part with leading zeros where a
// URI's grammar lets them through.
func isColoned(b []byte, zeros bool) bool {
	pieces, gap := 0, false
	if bytes.HasPrefix(b, []byte("::")) {
		gap = true
		if b = b[2:]; len(b) == 0 {
			return true
		}
	}
	for {
		n := 0
		for n < len(b) && n < 5 && isHex(b[n]) {
			n++
		}
		if n < len(b) && b[n] == '.' {
			pieces += 2
			return isDotted(b, zeros) && (pieces == 8 && !gap || pieces < 8 && gap)
		}
		if n == 0 || n == 5 {
			return false
		}
		pieces++
		if b = b[n:]; len(b) == 0 {
			return pieces == 8 && !gap || pieces < 8 && gap
		}
		if b[0] != ':' || pieces == 8 {
			return false
		}
		b = b[1:]
		if len(b) > 0 && b[0] == ':' {
			if gap {
				return false
			}
			gap = true
			if b = b[1:]; len(b) == 0 {
				return pieces < 8
			}
		}
	}
}

// isHostname takes a name by RFC 1035, also one label, also with a dot at its
// end. Digits may be of any script and ſ and K (Kelvin) count as letters,
// since that is what Python's regular expression takes.
func isHostname(b []byte) bool {
	length := utf8.RuneCount(b)
	if length == 0 {
		return false
	}
	if b[len(b)-1] == '.' {
		length--
	}
	if length > 253 {
		return false
	}
	b = bytes.TrimSuffix(chomp(b), []byte("."))
	for {
		label, rest, more := bytes.Cut(b, []byte("."))
		if !isLabel(label) {
			return false
		}
		if !more {
			return true
		}
		b = rest
	}
}

func isLabel(b []byte) bool {
	if len(b) == 0 || b[0] == '-' || b[len(b)-1] == '-' {
		return false
	}
	n := 0
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r >= 0x80 && !unicode.Is(unicode.Nd, r) && r != 'ſ' && r != '\u212a' ||
			r < 0x80 && r != '-' && !isDigit(byte(r)) && !isAlpha(byte(r)) {
			return false
		}
		b = b[size:]
		n++
	}
	return n <= 63
}

// registration checks labels as IDNA 2008 has them, without mapping. It counts
// hyphens in bytes, so idnLabel looks at them.
var registration = idna.New(idna.ValidateForRegistration(), idna.BidiRule(), idna.CheckHyphens(false))

// isIDNHostname takes what Python's idna can encode: every label valid by
// IDNA 2008. x/net's tables are those of UTS 46, which let symbols through;
// the letters are therefore looked at here.
func isIDNHostname(b []byte) bool {
	name := strings.Map(func(r rune) rune {
		if r == '\u3002' || r == '\uff0e' || r == '\uff61' {
			return '.'
		}
		return r
	}, string(b))
	name = strings.TrimSuffix(name, ".")
	total := 0
	for _, label := range strings.Split(name, ".") {
		n := idnLabel(label)
		if n == 0 {
			return false
		}
		total += n + 1
	}
	return total-1 <= 253
}

// idnLabel is the length of the label as it is sent, 0 where it is not valid.
func idnLabel(label string) int {
	ascii := true
	for _, r := range label {
		ascii = ascii && r < 0x80
	}
	if ascii {
		label = strings.ToLower(label)
	}
	out, err := registration.ToASCII(label)
	if err != nil || len(out) > 63 {
		return 0
	}
	if strings.HasPrefix(label, "xn--") {
		if label, err = registration.ToUnicode(label); err != nil {
			return 0
		}
	}
	runes := []rune(label)
	if n := len(runes); n == 0 || runes[0] == '-' || runes[n-1] == '-' || n > 3 && runes[2] == '-' && runes[3] == '-' {
		return 0
	}
	for i, r := range runes {
		if !isIDNRune(runes, i, r) {
			return 0
		}
	}
	return len(out)
}

func isIDNRune(label []rune, i int, r rune) bool {
	at := func(i int) rune {
		if i < 0 || i >= len(label) {
			return -1
		}
		return label[i]
	}
	switch {
	case r == '-' || r < 0x80 && (isDigit(byte(r)) || r-'a' < 26 && r >= 'a'):
		return true
	case r < 0x80:
		return false
	case r == 0xb7: // middle dot: between two l
		return at(i-1) == 'l' && at(i+1) == 'l'
	case r == 0x375: // Greek numeral sign: before a Greek letter
		return unicode.Is(unicode.Greek, at(i+1))
	case r == 0x5f3 || r == 0x5f4: // Hebrew: after a Hebrew letter
		return unicode.Is(unicode.Hebrew, at(i-1))
	case r == 0x30fb: // Katakana middle dot: with Japanese in the label
		for _, r := range label {
			if r != 0x30fb && unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) {
				return true
			}
		}
		return false
	case r >= 0x660 && r <= 0x669: // the two kinds of Arabic digits do not mix
		return !containsIn(label, 0x6f0, 0x6f9)
	case r >= 0x6f0 && r <= 0x6f9:
		return !containsIn(label, 0x660, 0x669)
	case r == 0x200c || r == 0x200d || r == 0x3007 || r == 0x6fd || r == 0x6fe || r == 0xf0b:
		return true // joiners are judged by x/net; the others are exceptions
	case r == 0x640 || r == 0x7fa || r == 0x302e || r == 0x302f || r >= 0x3031 && r <= 0x3035 || r == 0x303b:
		return false
	}
	return unicode.In(r, unicode.Ll, unicode.Lo, unicode.Lm, unicode.Mn, unicode.Mc, unicode.Nd)
}

func containsIn(label []rune, low, high rune) bool {
	for _, r := range label {
		if r >= low && r <= high {
			return true
		}
	}
	return false
}

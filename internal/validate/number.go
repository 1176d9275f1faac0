package validate

import (
	"math/big"
	"math/bits"
)

// Numbers are judged by their text. The scan has capped it: at most
// jsonscan.MaxNumber bytes and an exponent of at most jsonscan.MaxExponent.

// bound is a number of a schema.
type bound struct {
	text  []byte
	dec   decimal
	int   int64
	isInt bool // it is a whole number that int holds
}

func newBound(r *big.Rat) *bound {
	n, _ := r.FloatPrec() // exact: it was written as a decimal
	text := []byte(r.FloatString(n))
	b := &bound{text: text, dec: parseDecimal(text)}
	b.int, b.isInt = smallInt(text)
	return b
}

// compare orders the number with this text against b.
func (b *bound) compare(text []byte, integer bool) int {
	if integer && b.isInt {
		if n, ok := smallInt(text); ok {
			switch {
			case n < b.int:
				return -1
			case n > b.int:
				return 1
			}
			return 0
		}
	}
	d := parseDecimal(text)
	return d.compare(&b.dec)
}

func (r *numberRules) violated(text []byte, integer bool) string {
	switch {
	case r.minimum != nil && r.minimum.compare(text, integer) < 0:
		return "minimum"
	case r.exclusiveMinimum != nil && r.exclusiveMinimum.compare(text, integer) <= 0:
		return "exclusiveMinimum"
	case r.maximum != nil && r.maximum.compare(text, integer) > 0:
		return "maximum"
	case r.exclusiveMaximum != nil && r.exclusiveMaximum.compare(text, integer) >= 0:
		return "exclusiveMaximum"
	case r.multipleOf != nil && !r.multipleOf.divides(text):
		return "multipleOf"
	}
	return ""
}

// smallInt reads an integer of at most 18 digits.
func smallInt(text []byte) (n int64, ok bool) {
	digits := text
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	for _, c := range digits {
		if c-'0' > 9 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) != len(text) {
		n = -n
	}
	return n, true
}

// decimal is a number's text taken apart: d.ddd × 10^exp.
type decimal struct {
	neg    bool
	digits []byte // from the first that is not 0; may hold one '.'; empty for zero
	exp    int    // of the first digit
}

func parseDecimal(text []byte) decimal {
	var d decimal
	if len(text) > 0 && text[0] == '-' {
		d.neg = true
		text = text[1:]
	}
	mantissa, exp := splitExponent(text)
	point, first := len(mantissa), -1
	for i, c := range mantissa {
		if c == '.' {
			point = i
		} else if c != '0' && first == -1 {
			first = i
		}
	}
	if first == -1 {
		return decimal{}
	}
	d.digits = mantissa[first:]
	d.exp = place(first, point) + exp
	return d
}

// place is the power of ten of the digit at i of a mantissa with its point at
// point.
func place(i, point int) int {
	if i < point {
		return point - i - 1
	}
	return point - i
}

func splitExponent(text []byte) (mantissa []byte, exp int) {
	for i, c := range text {
		if c|0x20 != 'e' {
			continue
		}
		neg := false
		for _, c := range text[i+1:] {
			switch c {
			case '-':
				neg = true
			case '+':
			default:
				exp = exp*10 + int(c-'0')
			}
		}
		if neg {
			exp = -exp
		}
		return text[:i], exp
	}
	return text, 0
}

func (d *decimal) compare(e *decimal) int {
	if len(d.digits) == 0 || len(e.digits) == 0 || d.neg != e.neg {
		return d.sign() - e.sign()
	}
	c := d.magnitude(e)
	if d.neg {
		c = -c
	}
	return c
}

func (d *decimal) sign() int {
	switch {
	case len(d.digits) == 0:
		return 0
	case d.neg:
		return -1
	}
	return 1
}

func (d *decimal) magnitude(e *decimal) int {
	if d.exp != e.exp {
		return d.exp - e.exp
	}
	i, k := 0, 0
	for i < len(d.digits) || k < len(e.digits) {
		var a, b byte
		a, i = digit(d.digits, i)
		b, k = digit(e.digits, k)
		if a != b {
			return int(a) - int(b)
		}
	}
	return 0
}

// digit is the digit at i, or after the point that stands there; '0' at the
// end. It returns the index after it.
func digit(digits []byte, i int) (byte, int) {
	if i < len(digits) && digits[i] == '.' {
		i++
	}
	if i >= len(digits) {
		return '0', i
	}
	return digits[i], i + 1
}

// isWhole reports whether the number is an integer by value: 1.0 and 1e2 are.
func isWhole(text []byte) bool {
	mantissa, exp := splitExponent(text)
	point, last := len(mantissa), -1
	for i, c := range mantissa {
		switch {
		case c == '.':
			point = i
		case c-'1' < 9:
			last = i
		}
	}
	return last == -1 || place(last, point)+exp >= 0
}

// multiple is a schema's multipleOf: int × 10^-scale where it is that small.
type multiple struct {
	int   int64
	scale int
	small bool
	rat   *big.Rat
}

func newMultiple(r *big.Rat) *multiple {
	m := &multiple{rat: r}
	n, _ := r.FloatPrec()
	m.int, m.scale, m.small = scaled([]byte(r.FloatString(n)))
	return m
}

// divides reports whether the number is a whole multiple of m.
func (m *multiple) divides(text []byte) bool {
	if n, scale, ok := scaled(text); ok && m.small {
		a, b := uint64(n), uint64(m.int)
		if n < 0 {
			a = uint64(-n)
		}
		if a == 0 {
			return true
		}
		var fits bool
		if scale < m.scale {
			a, fits = shift(a, m.scale-scale)
		} else {
			b, fits = shift(b, scale-m.scale)
		}
		if fits {
			return a%b == 0
		}
	}
	r, ok := new(big.Rat).SetString(string(text))
	return ok && r.Quo(r, m.rat).IsInt()
}

// scaled reads a number as n × 10^-scale.
func scaled(text []byte) (n int64, scale int, ok bool) {
	mantissa, exp := splitExponent(text)
	var buf [20]byte
	digits := buf[:0]
	for i, c := range mantissa {
		if len(digits) == len(buf) {
			return 0, 0, false
		}
		if c == '.' {
			scale = len(mantissa) - i - 1
		} else {
			digits = append(digits, c)
		}
	}
	n, ok = smallInt(digits)
	return n, scale - exp, ok
}

// shift is n × 10^by, where it fits.
func shift(n uint64, by int) (uint64, bool) {
	for ; by > 0; by-- {
		hi, lo := bits.Mul64(n, 10)
		if hi != 0 {
			return 0, false
		}
		n = lo
	}
	return n, true
}

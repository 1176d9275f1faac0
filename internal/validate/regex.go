package validate

import (
	"bytes"
	"unicode/utf8"
)

// isRegex takes what Python's re.compile takes, which is neither what Go nor
// what ECMA takes: it is the answer of Python that counts for the format
// "regex". A schema's own pattern is compiled by Go.
func isRegex(b []byte) bool {
	r := &pyRegex{rest: b, named: map[string]int{}, widths: []width{{}}}
	r.alternatives(r.isVerbose())
	return !r.bad && len(r.rest) == 0
}

// pyRegex parses the syntax of Python's re as sre_parse does.
type pyRegex struct {
	rest    []byte
	bad     bool
	begun   bool // something was read that ends the place for flags of the whole
	named   map[string]int
	widths  []width // of groups by number
	closed  []bool  // by number - 1
	behind  int     // lookbehinds that are open
	firstIn int     // number of the first group of the open lookbehind
	depth   int
	openers []int // where groups open, from the end; nil until somebody asks
}

// width is how many characters can match, at least and at most.
type width struct{ min, max int }

const (
	endless   = 1<<31 - 1 // as good as sre's MAXREPEAT
	deepRegex = 100       // nested groups; beyond, Python fails as well at some depth
)

func (r *pyRegex) peek() byte {
	if len(r.rest) == 0 {
		return 0
	}
	return r.rest[0]
}

func (r *pyRegex) take(s string) bool {
	if !bytes.HasPrefix(r.rest, []byte(s)) {
		return false
	}
	r.rest = r.rest[len(s):]
	return true
}

func (r *pyRegex) fail() width {
	r.bad = true
	r.rest = nil
	return width{}
}

// next takes one character.
func (r *pyRegex) next() rune {
	c, size := utf8.DecodeRune(r.rest)
	r.rest = r.rest[size:]
	return c
}

func (r *pyRegex) until(end byte) (string, bool) {
	n := bytes.IndexByte(r.rest, end)
	if n < 0 {
		return "", false
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n+1:]
	return s, true
}

func sum(a, b width) width {
	return width{min(a.min+b.min, endless), min(a.max+b.max, endless)}
}

func (r *pyRegex) alternatives(verbose bool) width {
	w := r.sequence(verbose)
	for r.take("|") {
		r.begun = true
		v := r.sequence(verbose)
		w = width{min(w.min, v.min), max(w.max, v.max)}
	}
	return w
}

// What an item is, for the repeats that may follow it.
const (
	noItem = iota
	position
	repeated
	single
)

func (r *pyRegex) sequence(verbose bool) (total width) {
	last, kind := width{}, noItem
	for len(r.rest) > 0 && r.peek() != '|' && r.peek() != ')' {
		if verbose {
			if bytes.IndexByte([]byte(" \t\n\r\v\f"), r.peek()) >= 0 {
				r.rest = r.rest[1:]
				continue
			}
			if r.peek() == '#' {
				if _, ok := r.until('\n'); !ok {
					r.rest = nil
				}
				continue
			}
		}
		if times, ok := r.repeat(); ok {
			if kind == noItem || kind == position || kind == repeated {
				return r.fail()
			}
			total = sum(total, width{mul(last.min, times.min), mul(last.max, times.max)})
			last, kind = width{}, repeated
			continue
		}
		total = sum(total, last)
		var k int
		if last, k = r.item(verbose); k != noItem {
			kind = k
		} else {
			last = width{}
		}
	}
	return sum(total, last)
}

func mul(a, b int) int {
	if a == 0 || b == 0 {
		return 0
	}
	if a > endless/b {
		return endless
	}
	return a * b
}

// repeat takes *, +, ?, {m,n}, each perhaps with ? or + behind it.
func (r *pyRegex) repeat() (times width, ok bool) {
	switch {
	case r.take("*"):
		times = width{0, endless}
	case r.take("+"):
		times = width{1, endless}
	case r.take("?"):
		times = width{0, 1}
	case r.peek() == '{':
		rest := r.rest
		r.rest = r.rest[1:]
		if r.peek() == '}' {
			r.rest = rest
			return width{}, false
		}
		low := r.number()
		high := low
		if r.take(",") {
			high = r.number()
		}
		if !r.take("}") {
			r.rest = rest
			return width{}, false
		}
		times = width{0, endless}
		if low >= 0 {
			times.min = low
		}
		if high >= 0 {
			times.max = high
		}
		if low >= endless || high >= endless || times.max < times.min {
			return r.fail(), true
		}
	default:
		return width{}, false
	}
	if !r.take("?") {
		r.take("+")
	}
	return times, true
}

// number takes digits, -1 where there are none.
func (r *pyRegex) number() int {
	n := -1
	for isDigit(r.peek()) {
		n = min(max(n, 0)*10+int(r.peek()-'0'), endless)
		r.rest = r.rest[1:]
	}
	return n
}

func (r *pyRegex) item(verbose bool) (width, int) {
	if r.take("(") {
		return r.group(verbose)
	}
	r.begun = true
	one := width{1, 1}
	switch {
	case r.peek() == '^' || r.peek() == '$':
		r.rest = r.rest[1:]
		return width{}, position
	case r.take("["):
		r.class()
		return one, single
	case r.take(`\`):
		return r.escape()
	}
	r.next()
	return one, single
}

func (r *pyRegex) class() {
	r.take("^")
	for first := true; ; first = false {
		if len(r.rest) == 0 {
			r.fail()
			return
		}
		if !first && r.take("]") {
			return
		}
		low := r.classItem()
		if r.peek() != '-' || r.bad {
			continue
		}
		r.rest = r.rest[1:]
		if r.take("]") {
			return
		}
		if len(r.rest) == 0 {
			r.fail()
			return
		}
		if high := r.classItem(); low < 0 || high < low {
			r.fail()
			return
		}
	}
}

// classItem is the character, -1 for a class such as \d.
func (r *pyRegex) classItem() rune {
	if !r.take(`\`) {
		return r.next()
	}
	c := r.peek()
	switch {
	case len(r.rest) == 0:
		r.fail()
		return -1
	case c >= '0' && c <= '7':
		return r.octal(3)
	case c == 'b':
		r.rest = r.rest[1:]
		return '\b'
	case isDigit(c):
		r.fail()
		return -1
	case bytes.IndexByte([]byte("dDsSwW"), c) >= 0:
		r.rest = r.rest[1:]
		return -1
	}
	return r.literal()
}

// octal takes up to n digits.
func (r *pyRegex) octal(n int) rune {
	v := rune(0)
	for ; n > 0 && r.peek() >= '0' && r.peek() <= '7'; n-- {
		v = v*8 + rune(r.peek()-'0')
		r.rest = r.rest[1:]
	}
	if v > 0o377 {
		r.fail()
	}
	return v
}

package validate

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// escape takes what follows a backslash outside of a class.
func (r *pyRegex) escape() (width, int) {
	one := width{1, 1}
	c := r.peek()
	switch {
	case len(r.rest) == 0:
		return r.fail(), noItem
	case strings.IndexByte("AbBZ", c) >= 0:
		r.rest = r.rest[1:]
		return width{}, position
	case strings.IndexByte("dDsSwW", c) >= 0:
		r.rest = r.rest[1:]
		return one, single
	case c == '0':
		r.octal(3)
		return one, single
	case isDigit(c):
		return r.backreference()
	}
	r.literal()
	return one, single
}

// backreference takes \1 to \99, or an octal number of three digits.
func (r *pyRegex) backreference() (width, int) {
	isOctal := func(i int) bool { return i < len(r.rest) && r.rest[i] >= '0' && r.rest[i] <= '7' }
	if isOctal(0) && isOctal(1) && isOctal(2) {
		r.octal(3)
		return width{1, 1}, single
	}
	n := int(r.rest[0] - '0')
	r.rest = r.rest[1:]
	if isDigit(r.peek()) {
		n = n*10 + int(r.peek()-'0')
		r.rest = r.rest[1:]
	}
	return r.refer(n), single
}

// refer is the width of the group numbered n, which must be complete.
func (r *pyRegex) refer(n int) width {
	if n < 1 || n >= len(r.widths) || !r.closed[n-1] || r.behind > 0 && n >= r.firstIn {
		return r.fail()
	}
	return r.widths[n]
}

// group takes what follows an opening parenthesis.
func (r *pyRegex) group(verbose bool) (width, int) {
	if r.depth++; r.depth > deepRegex {
		return r.fail(), noItem
	}
	defer func() { r.depth-- }()
	if w, ok := r.aside(); ok {
		return w, noItem
	}
	r.begun = true
	if !r.take("?") {
		return r.capture("", verbose), single
	}
	switch {
	case r.take("P<"):
		name, ok := r.until('>')
		if _, taken := r.named[name]; !ok || taken || !isIdentifier(name) {
			return r.fail(), noItem
		}
		return r.capture(name, verbose), single
	case r.take("P="):
		name, ok := r.until(')')
		n, known := r.named[name]
		if !ok || !known {
			return r.fail(), noItem
		}
		return r.refer(n), single
	case r.take(":"), r.take(">"):
		return r.inside(verbose), single
	case r.take("="), r.take("!"):
		r.inside(verbose)
		return width{}, single
	case r.take("<="), r.take("<!"):
		return r.lookbehind(verbose), single
	case r.take("("):
		return r.conditional(verbose), single
	}
	if on, off, ok := r.letters(); ok && r.take(":") {
		verbose = (verbose || strings.Contains(on, "x")) && !strings.Contains(off, "x")
		return r.inside(verbose), single
	}
	return r.fail(), noItem
}

// aside takes a comment, or flags of the whole, which stand at its start.
func (r *pyRegex) aside() (width, bool) {
	rest := r.rest
	if r.take("?#") {
		if _, ok := r.until(')'); !ok {
			r.fail()
		}
		return width{}, true
	}
	if r.take("?") {
		if _, _, ok := r.letters(); ok && r.take(")") {
			if r.begun {
				r.fail()
			}
			return width{}, true
		}
	}
	r.rest = rest
	return width{}, false
}

func (r *pyRegex) inside(verbose bool) width {
	w := r.alternatives(verbose)
	if !r.take(")") {
		return r.fail()
	}
	return w
}

func (r *pyRegex) capture(name string, verbose bool) width {
	n := len(r.widths)
	r.widths = append(r.widths, width{})
	r.closed = append(r.closed, false)
	if name != "" {
		r.named[name] = n
	}
	w := r.inside(verbose)
	if !r.bad {
		r.widths[n], r.closed[n-1] = w, true
	}
	return w
}

func (r *pyRegex) lookbehind(verbose bool) width {
	if r.behind == 0 {
		r.firstIn = len(r.widths)
	}
	r.behind++
	w := r.inside(verbose)
	r.behind--
	if w.min != w.max {
		return r.fail()
	}
	return width{}
}

// conditional takes (?(group)yes|no).
func (r *pyRegex) conditional(verbose bool) width {
	name, ok := r.until(')')
	n, known := r.named[name]
	if !known {
		var err error
		n, err = strconv.Atoi(name)
		if err != nil || n < 1 || n > 99 || name[0] == '+' {
			return r.fail()
		}
	}
	if !ok || r.behind > 0 && (n >= r.firstIn || !r.closed[n-1]) {
		return r.fail()
	}
	w, no := r.sequence(verbose), width{}
	if r.take("|") {
		no = r.sequence(verbose)
	}
	if !r.take(")") || n >= len(r.widths) && !r.laterGroup(n) {
		return r.fail()
	}
	return width{min(w.min, no.min), max(w.max, no.max)}
}

// laterGroup reports whether group n, of 99 at most, can still be opened in the
// rest. The text is looked through once: it may have as many conditions as groups.
func (r *pyRegex) laterGroup(n int) bool {
	if r.openers == nil {
		r.openers = []int{}
		for i := len(r.rest) - 1; i >= 0 && len(r.openers) < 99; i-- {
			if r.rest[i] == '(' && (i+1 == len(r.rest) || r.rest[i+1] != '?') {
				r.openers = append(r.openers, len(r.rest)-i)
			}
		}
	}
	later, _ := slices.BinarySearch(r.openers, len(r.rest)+1)
	return n < len(r.widths)+later
}

// letters takes flags, perhaps with some switched off.
func (r *pyRegex) letters() (on, off string, ok bool) {
	for strings.IndexByte("aiLmsux", r.peek()) >= 0 && len(r.rest) > 0 {
		on = flag(on, r.next())
	}
	if r.take("-") {
		for strings.IndexByte("imsx", r.peek()) >= 0 && len(r.rest) > 0 {
			off = flag(off, r.next())
		}
		if off == "" || r.peek() != ':' {
			return "", "", false
		}
	} else if on == "" {
		return "", "", false
	}
	if strings.Contains(on, "L") || strings.Contains(on, "a") && strings.Contains(on, "u") || strings.ContainsAny(on, off) {
		return "", "", false
	}
	return on, off, true
}

// flag adds a letter, which may be said as often as one likes.
func flag(letters string, c rune) string {
	if strings.ContainsRune(letters, c) {
		return letters
	}
	return letters + string(c)
}

// isVerbose looks for the flag x of the whole, which says how spaces are read.
func (r *pyRegex) isVerbose() (verbose bool) {
	rest := r.rest
	for r.take("(?") {
		on, _, ok := r.letters()
		if !ok || !r.take(")") {
			break
		}
		verbose = verbose || strings.Contains(on, "x")
	}
	r.rest = rest
	return verbose
}

func isIdentifier(name string) bool {
	for i, c := range name {
		if c != '_' && !unicode.IsLetter(c) && !unicode.Is(unicode.Nl, c) &&
			(i == 0 || !unicode.In(c, unicode.Nd, unicode.Mn, unicode.Mc, unicode.Pc)) {
			return false
		}
	}
	return name != ""
}

package validate

import (
	"bytes"
	"unicode/utf8"
)

// Characters of RFC 3986 by where they may stand.
const (
	inName  = 1 << iota // reg-name: unreserved and sub-delims
	colon               // : also in user information and paths
	at                  // @ also in paths
	slashes             // / between segments, also in queries
	mark                // ? also in queries and fragments
)

func class(c byte) int {
	switch {
	case isAlpha(c), isDigit(c), bytes.IndexByte([]byte("_.~-!$&'()*+,;="), c) >= 0:
		return inName
	case c == ':':
		return colon
	case c == '@':
		return at
	case c == '/':
		return slashes
	case c == '?':
		return mark
	}
	return 0
}

// all reports whether b is of characters of these classes and %XX.
func all(b []byte, classes int) bool {
	for i := 0; i < len(b); i++ {
		if b[i] == '%' {
			if i+2 >= len(b) || !isHex(b[i+1]) || !isHex(b[i+2]) {
				return false
			}
			i += 2
		} else if class(b[i])&classes == 0 {
			return false
		}
	}
	return true
}

// isURI takes a URI by RFC 3986, with a scheme.
func isURI(b []byte) bool {
	b = chomp(b)
	n := scheme(b)
	return n > 0 && isHierarchy(b[n:], true)
}

// isURIReference takes a URI or a relative reference.
func isURIReference(b []byte) bool {
	b = chomp(b)
	if n := scheme(b); n > 0 && isHierarchy(b[n:], true) {
		return true
	}
	return isHierarchy(b, false)
}

// scheme is the length of the scheme with its colon, 0 for none.
func scheme(b []byte) int {
	for i, c := range b {
		switch {
		case isAlpha(c):
		case i > 0 && (isDigit(c) || c == '+' || c == '.' || c == '-'):
		case i > 0 && c == ':':
			return i + 1
		default:
			return 0
		}
	}
	return 0
}

// isHierarchy takes what follows the scheme; without one the first segment
// may hold no colon.
func isHierarchy(b []byte, schemed bool) bool {
	const path, query = inName | colon | at | slashes, inName | colon | at | slashes | mark
	b, fragment, _ := bytes.Cut(b, []byte("#"))
	b, q, _ := bytes.Cut(b, []byte("?"))
	if !all(fragment, query) || !all(q, query) {
		return false
	}
	if bytes.HasPrefix(b, []byte("//")) {
		authority, rest := b[2:], []byte(nil)
		if n := bytes.IndexByte(authority, '/'); n >= 0 {
			authority, rest = authority[:n], authority[n:]
		}
		return isAuthority(authority) && all(rest, path)
	}
	if first, _, _ := bytes.Cut(b, []byte("/")); !schemed && bytes.IndexByte(first, ':') >= 0 {
		return false
	}
	return all(b, path)
}

func isAuthority(b []byte) bool {
	if n := bytes.IndexByte(b, '@'); n >= 0 {
		if !all(b[:n], inName|colon) {
			return false
		}
		b = b[n+1:]
	}
	if len(b) > 0 && b[0] == '[' {
		n := bytes.IndexByte(b, ']')
		return n > 0 && isLiteral(b[1:n]) && isPort(b[n+1:])
	}
	host := b
	if n := bytes.IndexByte(b, ':'); n >= 0 {
		host, b = b[:n], b[n:]
	} else {
		b = nil
	}
	return all(host, inName) && isPort(b)
}

func isPort(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	for _, c := range b[1:] {
		if !isDigit(c) {
			return false
		}
	}
	return b[0] == ':'
}

// isLiteral takes an address between brackets: IPv6, or a future version.
func isLiteral(b []byte) bool {
	if len(b) == 0 || b[0] != 'v' {
		return isColoned(b, true)
	}
	version, rest, ok := bytes.Cut(b[1:], []byte("."))
	for _, c := range version {
		ok = ok && isHex(c)
	}
	return ok && len(version) > 0 && len(rest) > 0 && bytes.IndexByte(rest, '%') < 0 && all(rest, inName|colon)
}

// isURITemplate takes RFC 6570 as Python's uri_template reads it, which knows
// a comma operator, defaults and [] too, and judges nothing outside braces.
func isURITemplate(b []byte) bool {
	for {
		n := bytes.IndexAny(b, "{}")
		if n < 0 {
			return true
		}
		end := bytes.IndexByte(b, '}')
		if b[n] == '}' || end < 0 || !isExpansion(b[n+1:end]) {
			return false
		}
		b = b[end+1:]
	}
}

func isExpansion(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	plain := isAlpha(b[0]) || isDigit(b[0]) || b[0] == '_' ||
		b[0] == '%' && len(b) > 2 && isHex(b[1]) && isHex(b[2])
	switch {
	case plain:
		if n := bytes.IndexByte(chomp(b), '\n'); n >= 0 {
			return false
		}
	case bytes.IndexByte([]byte("+#./;?&"), b[0]) >= 0:
		b = b[1:]
	case b[0] == ',':
		if b = b[1:]; len(b) > 0 && b[0] == '+' {
			b = b[1:]
		}
	default:
		return false
	}
	if n := len(b); n > 0 && bytes.IndexByte([]byte(",./;&"), b[n-1]) >= 0 {
		b = b[:n-1]
	}
	for {
		variable, rest, more := bytes.Cut(b, []byte(","))
		if !isVariable(variable) {
			return false
		}
		if !more {
			return true
		}
		b = rest
	}
}

func isVariable(b []byte) bool {
	if len(b) > 0 && !isAlpha(b[0]) && !isDigit(b[0]) && b[0] != '_' {
		return false
	}
	b, _, _ = bytes.Cut(b, []byte("="))
	if name, length, ok := bytes.Cut(b, []byte(":")); ok {
		if n := utf8.RuneCount(length); n == 0 || n > 3 || digits(length, len(length)) <= 0 {
			return false
		}
		b = name
	} else if len(b) == 0 {
		return false // Python fails on the last character of nothing
	} else if b[len(b)-1] == '*' {
		b = b[:len(b)-1]
	} else {
		b = bytes.TrimSuffix(b, []byte("[]"))
	}
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '%' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]):
			i += 2
		case isAlpha(c), isDigit(c), c == '_', c == '.', c == '/':
		default:
			return false
		}
	}
	return true
}

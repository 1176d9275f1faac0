package validate

import (
	"bytes"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// formats are the formats that are asserted: those of the draft-07 checker of
// Python's jsonschema with the packages that jupyter_events installs beside
// it (format-nongpl), for every draft. What Jupyter accepted must not be
// refused here, so Python's answer counts even where it is odd: a newline at
// the end of a date-time, a time or a URI is taken; every string with an "@"
// is an email address. uuid, duration, color, iri and iri-reference are not
// asserted; testdata/formats.ndjson holds Python's answers.
//
// Each takes the decoded text and does not keep it.
var formats = map[string]func([]byte) bool{
	"date-time":             isDateTime,
	"date":                  isDate,
	"time":                  isTime,
	"email":                 isEmail,
	"idn-email":             isEmail,
	"hostname":              isHostname,
	"idn-hostname":          isIDNHostname,
	"ipv4":                  isIPv4,
	"ipv6":                  isIPv6,
	"uri":                   isURI,
	"uri-reference":         isURIReference,
	"uri-template":          isURITemplate,
	"json-pointer":          isJSONPointer,
	"relative-json-pointer": isRelativeJSONPointer,
	"regex":                 isRegex,
}

// asserted is formats as v5 takes them; nil for the ones that v5 would assert.
func asserted() map[string]func(any) bool {
	all := map[string]func(any) bool{}
	for name := range jsonschema.Formats {
		all[name] = nil
	}
	for name, valid := range formats {
		all[name] = func(v any) bool {
			s, ok := v.(string)
			return !ok || valid([]byte(s))
		}
	}
	return all
}

func isEmail(b []byte) bool { return bytes.IndexByte(b, '@') >= 0 }

// chomp takes off one newline, which Python's $ looks past.
func chomp(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		return b[:n-1]
	}
	return b
}

func isDigit(c byte) bool { return c-'0' < 10 }

func isHex(c byte) bool { return isDigit(c) || (c|0x20)-'a' < 6 }

func isAlpha(c byte) bool { return (c|0x20)-'a' < 26 }

// digits is the number that the n digits at the start of b are, -1 where they
// are none.
func digits(b []byte, n int) int {
	if len(b) < n {
		return -1
	}
	v := 0
	for _, c := range b[:n] {
		if !isDigit(c) {
			return -1
		}
		v = v*10 + int(c-'0')
	}
	return v
}

// isDate takes YYYY-MM-DD from year 1 on.
func isDate(b []byte) bool {
	if len(b) != 10 || b[4] != '-' || b[7] != '-' {
		return false
	}
	year, month, day := digits(b, 4), digits(b[5:], 2), digits(b[8:], 2)
	if year < 1 || month < 1 || month > 12 || day < 1 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days = 29
	}
	return day <= days
}

// isDateTime takes RFC 3339 without leap seconds, t and z in either case.
func isDateTime(b []byte) bool {
	return len(b) > 11 && b[10]|0x20 == 't' && isDate(b[:10]) && isTime(b[11:])
}

// isTime takes the time of an RFC 3339 date-time, offset included.
func isTime(b []byte) bool {
	b = chomp(b)
	if len(b) < 9 || !isClock(b) || b[5] != ':' {
		return false
	}
	if s := digits(b[6:], 2); s < 0 || s > 59 {
		return false
	}
	b = b[8:]
	if b[0] == '.' {
		n := 1
		for n < len(b) && isDigit(b[n]) {
			n++
		}
		if b = b[n:]; n == 1 || len(b) == 0 {
			return false
		}
	}
	if b[0]|0x20 == 'z' {
		return len(b) == 1
	}
	return len(b) == 6 && (b[0] == '+' || b[0] == '-') && isClock(b[1:])
}

// isClock reports whether b begins with hh:mm.
func isClock(b []byte) bool {
	if len(b) < 5 || b[2] != ':' {
		return false
	}
	h, m := digits(b, 2), digits(b[3:], 2)
	return h >= 0 && h < 24 && m >= 0 && m < 60
}

func isJSONPointer(b []byte) bool {
	for i, c := range b {
		if c == '~' && (i+1 == len(b) || b[i+1] != '0' && b[i+1] != '1') {
			return false
		}
	}
	return len(b) == 0 || b[0] == '/'
}

// isRelativeJSONPointer takes no digit after a 0, so not 101 either: Python
// looks for leading zeros that way.
func isRelativeJSONPointer(b []byte) bool {
	n := 0
	for ; n < len(b) && isDigit(b[n]); n++ {
		if n > 0 && b[n-1] == '0' {
			return false
		}
	}
	rest := b[n:]
	return n > 0 && (string(rest) == "#" || isJSONPointer(rest))
}

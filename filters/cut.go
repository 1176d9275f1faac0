package filters

import (
	"bytes"
	"net/netip"
	"strconv"

	"jupyter-events-agent/schema"
)

// cut appends what an action leaves of a text, as JSON; false where the text
// is not exactly of the action's form.
func (a action) cut(out, text []byte) ([]byte, bool) {
	switch a {
	case toAddress:
		return cutAddress(out, text)
	case toHour:
		return cutTime(out, text, hour)
	case toDay:
		return cutTime(out, text, day)
	case toPath:
		return cutPath(out, text)
	}
	return out, false
}

// cutTime takes a time in any of the forms that a timestamp may have.
func cutTime(out, text []byte, to precision) ([]byte, bool) {
	var stamp [schema.StampLen]byte
	if _, ok := schema.ParseStamp(text, &stamp); !ok {
		return out, false
	}
	to.stamp(stamp[:])
	return append(append(append(out, '"'), stamp[:]...), '"'), true
}

// cutAddress leaves the /24 of an IPv4 address, also of one that is mapped into
// IPv6, and the /48 of an IPv6 address, without its zone. Of 6to4, whose first
// 48 bits hold a whole IPv4 address, it leaves that one's /24.
func cutAddress(out, text []byte) ([]byte, bool) {
	if four, ok := parseIPv4(text); ok {
		four[3] = 0
		return append(netip.AddrFrom4(four).AppendTo(append(out, '"')), '"'), true
	}
	text, zone, zoned := bytes.Cut(text, []byte("%"))
	six, ok := parseIPv6(text)
	if !ok || zoned && len(zone) == 0 {
		return out, false
	}
	if address := netip.AddrFrom16(six); address.Is4In6() {
		four := address.As4()
		four[3] = 0
		return append(netip.AddrFrom4(four).AppendTo(append(out, '"')), '"'), true
	}
	kept := 6
	if six[0] == 0x20 && six[1] == 0x02 {
		kept = 5
	}
	clear(six[kept:])
	return append(netip.AddrFrom16(six).AppendTo(append(out, '"')), '"'), true
}

// parseIPv4 takes four decimal numbers without leading zeros. Like parseIPv6
// it takes what netip.ParseAddr takes, which would make a string of the text.
func parseIPv4(s []byte) (address [4]byte, ok bool) {
	for part := range address {
		n, digits := 0, 0
		for ; digits < len(s) && digits < 4 && s[digits]-'0' < 10; digits++ {
			n = n*10 + int(s[digits]-'0')
		}
		if digits == 0 || n > 255 || digits > 1 && s[0] == '0' {
			return address, false
		}
		address[part] = byte(n)
		s = s[digits:]
		if part == 3 {
			return address, len(s) == 0
		}
		if len(s) == 0 || s[0] != '.' {
			return address, false
		}
		s = s[1:]
	}
	return address, false
}

// parseIPv6 takes an address without a zone, its end perhaps as IPv4.
func parseIPv6(s []byte) (address [16]byte, ok bool) {
	at, gap := 0, -1
	if bytes.HasPrefix(s, []byte("::")) {
		s, gap = s[2:], 0
		if len(s) == 0 {
			return address, true
		}
	}
	for at < len(address) {
		n, digits := 0, 0
		for ; digits < len(s) && digits < 5; digits++ {
			d := unhex(s[digits])
			if d > 15 {
				break
			}
			n = n<<4 | int(d)
		}
		if digits < len(s) && s[digits] == '.' {
			four, ok := parseIPv4(s)
			if !ok || at > 12 {
				return address, false
			}
			at += copy(address[at:], four[:])
			s = nil
			break
		}
		if digits == 0 || digits == 5 {
			return address, false
		}
		address[at], address[at+1] = byte(n>>8), byte(n)
		at += 2
		if s = s[digits:]; len(s) == 0 {
			break
		}
		if s[0] != ':' || len(s) == 1 {
			return address, false
		}
		if s = s[1:]; s[0] == ':' {
			if gap >= 0 {
				return address, false
			}
			gap = at
			if s = s[1:]; len(s) == 0 {
				break
			}
		}
	}
	if len(s) > 0 || gap < 0 && at < len(address) || gap >= 0 && at == len(address) {
		return address, false
	}
	if gap >= 0 {
		after := at - gap
		copy(address[len(address)-after:], address[gap:at])
		clear(address[gap : len(address)-after])
	}
	return address, true
}

// unhex is the value of a hexadecimal digit; above 15 where it is none.
func unhex(c byte) byte {
	switch {
	case c-'0' < 10:
		return c - '0'
	case c|0x20-'a' < 6:
		return c | 0x20 - 'a' + 10
	}
	return 16
}

// deepestPath is the depth from which on paths are alike.
const deepestPath = 8

// other is the extension of all files whose own is not listed.
const other = "other"

// extensions say what a file is and nothing of its owner.
var extensions = []string{
	"ipynb", "py", "r", "rmd", "qmd", "jl", "md", "rst", "txt", "tex", "html", "css", "js", "ts", "json", "yaml", "yml", "toml", "xml",
	"csv", "tsv", "xlsx", "parquet", "h5", "nc", "pdf", "png", "jpg", "jpeg", "svg", "gif", "sh", "sql", "c", "cpp", "h", "java", "log", "zip", "gz", "tar",
}

// extension is what stands behind the last dot of a file's name, in small
// letters, where that is listed.
func extension(name []byte) string {
	dot := bytes.LastIndexByte(name, '.')
	if dot <= 0 {
		return other
	}
	for _, known := range extensions {
		if len(known) == len(name)-dot-1 && bytes.EqualFold(name[dot+1:], []byte(known)) {
			return known
		}
	}
	return other
}

// cutPath leaves how deep a path is and what kind of file it names. Every text
// without control characters is a path; the empty one is the root.
func cutPath(out, text []byte) ([]byte, bool) {
	depth, name := 0, []byte(nil)
	for rest := text; len(rest) > 0; {
		var part []byte
		part, rest, _ = bytes.Cut(rest, []byte("/"))
		if len(part) > 0 {
			depth, name = depth+1, part
		}
	}
	if bytes.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return out, false
	}
	out = strconv.AppendInt(append(out, `{"depth":`...), int64(min(depth, deepestPath)), 10)
	return append(append(append(out, `,"ext":"`...), extension(name)...), `"}`...), true
}

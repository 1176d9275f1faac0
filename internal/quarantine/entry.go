package quarantine

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// appendEntry appends the quarantine's line for a line that is not an event.
// What is not known is left out.
func appendEntry(b []byte, now time.Time, block *inputs.Block, line *inputs.Line, fault *schema.Fault) []byte {
	b = append(b, `{"time":"`...)
	b = now.UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = append(b, '"')
	b = appendMember(b, "input", block.Source.Input)
	b = appendMember(b, "file", block.Path)
	b = append(b, `,"offset":`...)
	b = strconv.AppendInt(b, line.At.Offset, 10)
	length := int64(len(line.Raw))
	if line.Long != nil {
		length = line.Long.Length
	}
	b = append(b, `,"length":`...)
	b = strconv.AppendInt(b, length, 10)
	b = appendMember(b, "reason", string(fault.Reason))
	b = appendMember(b, "schema", fault.Schema)
	b = appendMember(b, "keyword", fault.Keyword)
	b = appendMember(b, "pointer", fault.Pointer)
	if line.Long != nil {
		b = append(b, `,"sha256":"`...)
		b = hex.AppendEncode(b, line.Long.SHA256[:])
		b = append(b, '"')
	}
	if utf8.Valid(line.Raw) {
		b = append(b, `,"line":`...)
		b = appendQuoted(b, line.Raw)
	} else {
		b = append(b, `,"line_base64":"`...)
		b = base64.StdEncoding.AppendEncode(b, line.Raw)
		b = append(b, '"')
	}
	return append(b, "}\n"...)
}

// appendMember appends a member whose value is a text, unless it is empty.
func appendMember(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	if !utf8.ValidString(value) { // a path
		value = strings.ToValidUTF8(value, "\uFFFD")
	}
	return appendQuoted(b, value)
}

// appendQuoted appends valid UTF-8 as a JSON string.
func appendQuoted[T string | []byte](b []byte, s T) []byte {
	const hexDigits = "0123456789abcdef"
	b = append(b, '"')
	done := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[done:i]...)
		done = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(b, s[done:]...), '"')
}

package quarantine

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"time"
	"unicode/utf8"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/aside"
	"jupyter-events-agent/schema"
)

// appendEntry appends the quarantine's line for a line that is not an event.
// What is not known is left out.
func appendEntry(b []byte, now time.Time, block *inputs.Block, line *inputs.Line, fault *schema.Fault) []byte {
	b = aside.AppendTime(b, now)
	b = aside.AppendMember(b, "input", block.Source.Input)
	b = aside.AppendMember(b, "file", block.Path)
	b = append(b, `,"offset":`...)
	b = strconv.AppendInt(b, line.At.Offset, 10)
	length := int64(len(line.Raw))
	if line.Long != nil {
		length = line.Long.Length
	}
	b = append(b, `,"length":`...)
	b = strconv.AppendInt(b, length, 10)
	b = aside.AppendMember(b, "reason", string(fault.Reason))
	b = aside.AppendMember(b, "schema", fault.Schema)
	b = aside.AppendMember(b, "keyword", fault.Keyword)
	b = aside.AppendMember(b, "pointer", fault.Pointer)
	if line.Long != nil {
		b = append(b, `,"sha256":"`...)
		b = hex.AppendEncode(b, line.Long.SHA256[:])
		b = append(b, '"')
	}
	if utf8.Valid(line.Raw) {
		b = append(b, `,"line":`...)
		b = aside.AppendQuoted(b, line.Raw)
	} else {
		b = append(b, `,"line_base64":"`...)
		b = base64.StdEncoding.AppendEncode(b, line.Raw)
		b = append(b, '"')
	}
	return append(b, "}\n"...)
}

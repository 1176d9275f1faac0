package file

import (
	"bytes"
	"crypto/sha256"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// lines fills the block with the lines of data, which begins at off. The last
// one may lack its line end.
func (r *reading) lines(data []byte) {
	max := int(r.s.in.maxLine)
	lines := r.b.Lines[:0]
	pos := checkpoint.Position{Stream: r.s.id, Offset: r.off}
	for at := 0; at < len(data); {
		if data[at] == 0 {
			skip := nulls(data[at:])
			from := r.off + int64(at)
			r.hole(from, from+int64(skip))
			at += skip
			continue
		}
		n := bytes.IndexByte(data[at:], '\n')
		next := at + n + 1
		if n < 0 {
			n = len(data) - at
			next = len(data)
		}
		text := data[at : at+n : at+n]
		if n > 0 && text[n-1] == '\r' {
			text = text[: n-1 : n-1]
		}
		if len(text) > 0 {
			pos.Offset = r.off + int64(at)
			line := inputs.Line{Raw: text, At: pos, End: r.off + int64(next)}
			if len(text) > max {
				line.Long = &inputs.Long{Length: int64(len(text)), SHA256: sha256.Sum256(text)}
				line.Raw = text[:max:max]
			}
			lines = append(lines, line)
		}
		at = next
	}
	r.b.Lines = lines
}

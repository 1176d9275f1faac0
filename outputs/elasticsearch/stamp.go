package elasticsearch

import "time"

// stamper writes times as RFC 3339 in UTC with six decimals. Events come in
// the order of time, so the second is mostly that of the one before.
type stamper struct {
	second int64
	text   [19]byte // of second, 2006-01-02T15:04:05
	known  bool
}

// append appends a time in microseconds since 1970, of a year with four digits.
func (s *stamper) append(b []byte, micros int64) []byte {
	second, rest := micros/1e6, micros%1e6
	if rest < 0 {
		second, rest = second-1, rest+1e6
	}
	if !s.known || second != s.second {
		time.Unix(second, 0).UTC().AppendFormat(s.text[:0], "2006-01-02T15:04:05")
		s.second, s.known = second, true
	}
	b = append(append(b, s.text[:]...), ".000000Z"...)
	for i := len(b) - 2; rest > 0; i, rest = i-1, rest/10 {
		b[i] = byte('0' + rest%10)
	}
	return b
}

package schema

import "jupyter-events-agent/internal/jsonscan"

const (
	microsPerSecond = 1_000_000
	secondsPerDay   = 86_400
	// The first and last microsecond that four digits of a year can say.
	minMicros = -62_135_596_800 * microsPerSecond
	maxMicros = 253_402_300_800*microsPerSecond - 1
)

// parseStamp reads a timestamp in any form that Jupyter's libraries have
// written and normalises it: RFC 3339; the same with an offset AND a Z behind
// it (jupyter_events 0.12: "+00:00Z"); without a fraction; with up to nine
// digits of it, of which six are kept; with an offset of seconds (Python's
// isoformat); with no offset at all, which is UTC (jupyter_telemetry).
func parseStamp(s []byte, stamp *[StampLen]byte) (micros int64, ok bool) {
	if len(s) < 19 || s[4] != '-' || s[7] != '-' || s[10] != 'T' && s[10] != ' ' && s[10] != 't' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	year := digits2(s[0:])*100 + digits2(s[2:])
	month, day := digits2(s[5:]), digits2(s[8:])
	hour, minute, second := digits2(s[11:]), digits2(s[14:]), digits2(s[17:])
	if year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return 0, false
	}
	rest := s[19:]
	fraction := 0
	if len(rest) > 0 && (rest[0] == '.' || rest[0] == ',') {
		n := 1
		for ; n < len(rest) && rest[n]-'0' < 10; n++ {
			if n <= 6 {
				fraction = fraction*10 + int(rest[n]-'0')
			}
		}
		if n == 1 || n > 10 {
			return 0, false
		}
		for k := n; k <= 6; k++ {
			fraction *= 10
		}
		rest = rest[n:]
	}
	offset, ok := parseOffset(rest)
	if !ok {
		return 0, false
	}
	seconds := int64(daysSince1970(year, month, day))*secondsPerDay + int64(hour*3600+minute*60+second)
	micros = seconds*microsPerSecond + int64(fraction) - int64(offset)*microsPerSecond
	if micros < minMicros || micros > maxMicros {
		return 0, false
	}
	if offset == 0 && second < 60 {
		copy(stamp[:19], s)
		stamp[10] = 'T'
		stamp[19] = '.'
		put(stamp[20:26], fraction)
		stamp[26] = 'Z'
		return micros, true
	}
	formatStamp(micros, stamp)
	return micros, true
}

// ParseStamp reads a time in any of the forms that a timestamp may have. Into
// stamp goes the time in UTC; the result is in microseconds since 1970.
func ParseStamp(text []byte, stamp *[StampLen]byte) (micros int64, ok bool) {
	return parseStamp(text, stamp)
}

// minute is the last minute of which a timestamp was read. Events come by the
// thousand in one, and reading the day anew is most of a timestamp's cost.
type minute struct {
	text  [17]byte // 2006-01-02T15:04:
	begin int64    // in microseconds since 1970
}

// parse is parseStamp.
func (m *minute) parse(s []byte, stamp *[StampLen]byte) (micros int64, ok bool) {
	const text = len("2006-01-02T15:04:05.000000")
	if len(s) > text && m.text[0] != 0 && string(s[:17]) == string(m.text[:]) && s[19] == '.' { // an escaped text may be of zeros too
		if rest := string(s[text:]); rest == "+00:00Z" || rest == "Z" || rest == "+00:00" {
			second, a, b, c := digits2(s[17:]), digits2(s[20:]), digits2(s[22:]), digits2(s[24:])
			if a|b|c|second >= 0 && second < 60 {
				copy(stamp[:], s[:text])
				stamp[10], stamp[text] = 'T', 'Z'
				return m.begin + int64(second*microsPerSecond+a*10_000+b*100+c), true
			}
		}
	}
	micros, ok = parseStamp(s, stamp)
	if ok && micros >= 0 && len(s) > text && string(s[:10]) == string(stamp[:10]) && string(s[11:17]) == string(stamp[11:17]) { // the text says the minute in UTC: no offset, no leap second made another
		copy(m.text[:], s)
		m.begin = micros - micros%(60*microsPerSecond)
	}
	return micros, ok
}

// parseOffset reads what follows the seconds: "", Z, ±hh:mm, ±hhmm, ±hh or
// ±hh:mm:ss, the last four also with a Z behind them. The result is in
// seconds east of UTC.
func parseOffset(s []byte) (int, bool) {
	if len(s) > 0 && s[len(s)-1]|0x20 == 'z' {
		s = s[:len(s)-1]
	}
	if len(s) == 0 {
		return 0, true
	}
	sign := 1
	switch s[0] {
	case '-':
		sign = -1
	case '+':
	default:
		return 0, false
	}
	if s = s[1:]; len(s) == 0 {
		return 0, false
	}
	parts := [3]int{}
	for n := 0; len(s) > 0; n++ {
		if n > 0 && s[0] == ':' {
			s = s[1:]
		}
		if n == len(parts) || len(s) < 2 {
			return 0, false
		}
		if parts[n] = digits2(s); parts[n] < 0 {
			return 0, false
		}
		s = s[2:]
	}
	if parts[0] > 23 || parts[1] > 59 || parts[2] > 59 {
		return 0, false
	}
	return sign * (parts[0]*3600 + parts[1]*60 + parts[2]), true
}

// digits2 is the number that two digits say; far below zero where one is none.
func digits2(s []byte) int {
	if len(s) < 2 {
		return -1 << 20
	}
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return -1 << 20
	}
	return int(a)*10 + int(b)
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSince1970 counts days of the proleptic Gregorian calendar (H. Hinnant,
// "chrono-compatible low-level date algorithms").
func daysSince1970(year, month, day int) int {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	yearOfEra := year - era*400
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	return era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468
}

// formatStamp writes micros, which lies in the years 1 to 9999.
func formatStamp(micros int64, stamp *[StampLen]byte) {
	t := timeOf(micros)
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	put(stamp[0:4], year)
	put(stamp[5:7], int(month))
	put(stamp[8:10], day)
	put(stamp[11:13], hour)
	put(stamp[14:16], minute)
	put(stamp[17:19], second)
	put(stamp[20:26], t.Nanosecond()/1000)
	stamp[4], stamp[7], stamp[10], stamp[13], stamp[16], stamp[19], stamp[26] = '-', '-', 'T', ':', ':', '.', 'Z'
}

// put writes n in as many digits as dst has bytes.
func put(dst []byte, n int) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
}

// stampText is the text of a timestamp token, decoded where it is escaped.
func stampText(line []byte, t *jsonscan.Token) []byte {
	if t.Flags&jsonscan.Escaped != 0 {
		return jsonscan.AppendText(nil, t.Value(line))
	}
	return line[t.Start+1 : t.End-1]
}

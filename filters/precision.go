package filters

import (
	"fmt"
	"slices"
	"strings"

	"jupyter-events-agent/internal/near"
)

// precision is how exactly times go out.
type precision uint8

const (
	exact precision = iota
	minute
	hour
	day
)

var precisionWords = []string{"exact", "minute", "hour", "day"}

// lengths of what is rounded down to, in microseconds.
var lengths = [...]int64{exact: 1, minute: 60e6, hour: 3600e6, day: 86400e6}

// readPrecision reads policy.time.
func readPrecision(word string) (precision, error) {
	i := slices.Index(precisionWords, word)
	if i < 0 && word != "" {
		return exact, fmt.Errorf("policy.time: %q is not known%s (there are %s)", word, near.Hint(word, precisionWords), strings.Join(precisionWords, ", "))
	}
	return precision(max(i, 0)), nil
}

// micros rounds microseconds since 1970 down.
func (p precision) micros(t int64) int64 {
	past := t % lengths[p]
	if past < 0 {
		past += lengths[p]
	}
	return t - past
}

// stamp rounds a normalised timestamp down, which is in UTC.
func (p precision) stamp(stamp []byte) {
	const to = "00:00:00.000000Z"
	switch at := len(stamp) - len(to); p {
	case day:
		copy(stamp[at:], to)
	case hour:
		copy(stamp[at+3:], to[3:])
	case minute:
		copy(stamp[at+6:], to[6:])
	}
}

// note says with what it shows that an event happened: its time, and its id
// where that is said.
func (p precision) note(id bool) string {
	switch {
	case p == exact && id:
		return "with its time and event id"
	case p == exact:
		return "with its time"
	case id:
		return "with its time, which is rounded down to the " + precisionWords[p] + ", and event id"
	}
	return "with its time, which is rounded down to the " + precisionWords[p]
}

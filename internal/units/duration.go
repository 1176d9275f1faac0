package units

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a span of time, written "200ms", "2s", "1h30m" or "30d", where
// a day is 24 hours. It is never negative.
type Duration time.Duration

// Day is 24 hours.
const Day = 24 * time.Hour

const durationExamples = `write a duration as "200ms", "2s", "5m", "1h30m" or "30d"`

// UnmarshalText takes what time.ParseDuration takes, with days before it.
func (d *Duration) UnmarshalText(text []byte) error {
	rest := strings.TrimSpace(string(text))
	var days time.Duration
	if before, after, ok := strings.Cut(rest, "d"); ok {
		n, err := strconv.ParseFloat(before, 64)
		if err != nil || n != n || math.IsInf(n, 0) {
			return fmt.Errorf("%q is not a duration: %s", text, durationExamples)
		}
		if math.Abs(n) > float64(math.MaxInt64/int64(Day)) {
			return fmt.Errorf("%q is too long a duration: %s", text, durationExamples)
		}
		days, rest = time.Duration(n*float64(Day)), after
		if rest == "" {
			rest = "0"
		}
	}
	span, err := time.ParseDuration(rest)
	if err != nil {
		if _, plain := strconv.ParseFloat(rest, 64); plain == nil {
			return fmt.Errorf("%q has no unit: %s", text, durationExamples)
		}
		return fmt.Errorf("%q is not a duration: %s", text, durationExamples)
	}
	if days < 0 || span < 0 {
		return fmt.Errorf("%q is negative: %s", text, durationExamples)
	}
	if days+span < 0 {
		return fmt.Errorf("%q is too long a duration: %s", text, durationExamples)
	}
	*d = Duration(days + span)
	return nil
}

// MarshalText is String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is the duration as UnmarshalText takes it, without the parts that
// are zero: "30d", "1h30m", "200ms".
func (d Duration) String() string {
	span := time.Duration(d)
	if span == 0 {
		return "0s"
	}
	var s strings.Builder
	if days := span / Day; days > 0 {
		fmt.Fprintf(&s, "%dd", days)
		span -= days * Day
		if span == 0 {
			return s.String()
		}
	}
	text := span.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return s.String() + text
}

// Std is the duration as Go has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

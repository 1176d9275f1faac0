package units

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written "100MiB", "5MB", "512KiB" or "100".
type Size int64

// The sizes that have a name.
const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
	GiB Size = 1 << 30
	TiB Size = 1 << 40
)

const sizeExamples = `write a size as "512KiB", "5MB", "100MiB", "1GiB" or, in bytes, "4096"`

// sizeUnits are in the order in which String prefers them.
var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"TiB", int64(TiB)}, {"GiB", int64(GiB)}, {"MiB", int64(MiB)}, {"KiB", int64(KiB)},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
}

// UnmarshalText takes a number of bytes with or without a unit; a fraction is
// taken where it gives whole bytes: "1.5MiB".
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := split(string(text))
	if number == "" {
		return fmt.Errorf("%q is not a size: %s", text, sizeExamples)
	}
	factor := int64(0)
	if unit == "" {
		factor = 1
	}
	for _, u := range sizeUnits {
		if strings.EqualFold(u.name, unit) {
			factor = u.bytes
		}
	}
	if factor == 0 {
		return fmt.Errorf("%q has the unknown unit %q: %s", text, unit, sizeExamples)
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return fmt.Errorf("%q is not a size: %s", text, sizeExamples)
	}
	bytes := n * float64(factor)
	if bytes >= math.MaxInt64 {
		return fmt.Errorf("%q is too large a size: %s", text, sizeExamples)
	}
	if bytes != math.Trunc(bytes) {
		return fmt.Errorf("%q is no whole number of bytes: %s", text, sizeExamples)
	}
	// Whole numbers go the exact way, as floats have 53 bits only.
	if whole, err := strconv.ParseInt(number, 10, 64); err == nil {
		*s = Size(whole * factor)
		return nil
	}
	*s = Size(bytes)
	return nil
}

// MarshalText is String.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String is the size in the largest unit that gives a whole number.
func (s Size) String() string {
	if s == 0 {
		return "0"
	}
	for _, u := range sizeUnits {
		if int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// split parts a text into a decimal number without sign or exponent and what
// follows it; spaces around both are allowed.
func split(text string) (number, unit string) {
	text = strings.TrimSpace(text)
	end := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end < 0 {
		end = len(text)
	}
	return text[:end], strings.TrimSpace(text[end:])
}

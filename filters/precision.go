package filters

// precision is how exactly times go out.
type precision uint8

const (
	exact precision = iota
	minute
	hour
	day
)

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

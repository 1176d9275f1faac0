package outputs

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ErrTooLarge: the destination takes the batch only in smaller parts.
var ErrTooLarge = errors.New("the batch is too large for the destination")

// PartialError: the destination took every record of the batch but these.
type PartialError struct {
	Retry    []int       // indices to send again, ascending
	Rejected []Rejection // records that it will never take
	By       string      // who rejected them and how, such as "es:9200, status 400", never the destination's text; may be ""
	Err      error       // why Retry; nil where Retry is empty
}

// Rejection is one record that a destination will never take.
type Rejection struct {
	Index int
	Class string // the destination's error type from a fixed list, never its text
}

// Error has the rejected by class.
func (e *PartialError) Error() string {
	s := fmt.Sprintf("%d records to send again, %d rejected", len(e.Retry), len(e.Rejected))
	var classes []string
	counts := e.Classes()
	for _, class := range slices.Sorted(maps.Keys(counts)) {
		classes = append(classes, fmt.Sprintf("%d %s", counts[class], class))
	}
	if len(classes) > 0 {
		s += " (" + strings.Join(classes, ", ") + ")"
	}
	if e.By != "" {
		s += " by " + e.By
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Classes are how many are rejected of each class.
func (e *PartialError) Classes() map[string]int {
	counts := map[string]int{}
	for _, r := range e.Rejected {
		counts[r.Class]++
	}
	return counts
}

func (e *PartialError) Unwrap() error { return e.Err }

type permanent struct{ err error }

func (p permanent) Error() string { return p.err.Error() }
func (p permanent) Unwrap() error { return p.err }

// Permanent marks err as one that trying again will not help.
func Permanent(err error) error { return permanent{err} }

// IsPermanent reports whether err was marked by Permanent.
func IsPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}

type refused struct{ err error }

func (r refused) Error() string { return r.err.Error() }
func (r refused) Unwrap() error { return r.err }

// Refused marks err as one that waiting alone does not mend: the destination
// refuses the agent, or lacks what it needs, as with a wrong password, a missing
// right, topic or index. Nothing is dropped: the records are tried again, and
// the log says at once that somebody has to act. So err says what is to be done.
func Refused(err error) error { return refused{err} }

// IsRefused reports whether err was marked by Refused.
func IsRefused(err error) bool {
	var r refused
	return errors.As(err, &r)
}

type unclear struct{ err error }

func (u unclear) Error() string { return u.err.Error() }
func (u unclear) Unwrap() error { return u.err }

// Unclear marks err as one that other records may clear up: these, which are to be
// sent again, or the destination is at fault, and which it is shows where the same
// Write has others. So they are sent again with some that have come since.
func Unclear(err error) error { return unclear{err} }

// IsUnclear reports whether err was marked by Unclear.
func IsUnclear(err error) bool {
	var u unclear
	return errors.As(err, &u)
}

// Package jsonscan reads one line of JSON, strictly, in one pass: what it
// accepts is exactly one JSON value by RFC 8259 with no member name twice in
// one object, valid UTF-8, and within the limits beside Token. Lone surrogate
// escapes are taken, since Python writes them. Nothing is decoded or copied:
// out comes a tape of byte ranges.
package jsonscan

import "errors"

// Error says why and where a scan stopped; it holds nothing of the line.
type Error struct {
	Reason string // one of the Err constants
	Offset int
}

func (e *Error) Error() string { return "invalid JSON: " + e.Reason }

// The reasons of an Error.
const (
	ErrSyntax    = "syntax"
	ErrUTF8      = "utf8"
	ErrDuplicate = "duplicate"
	ErrDepth     = "depth"
	ErrNumber    = "number"
)

// Scanner scans lines against one set of names. Immutable, for many goroutines.
type Scanner struct{ names *Names }

// NewScanner makes a Scanner; names may be nil or empty.
func NewScanner(names *Names) *Scanner { return &Scanner{names} }

// Scan appends the tape of line to tape (the root at its former length, Next
// counted from there) and returns it; on error what it returns has the
// former length.
func (s *Scanner) Scan(tape []Token, line []byte) ([]Token, error) {
	return tape, errors.New("not built")
}

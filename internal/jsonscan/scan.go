// Package jsonscan reads one line of JSON, strictly, in one pass: what it
// accepts is exactly one JSON value by RFC 8259 with no member name twice in
// one object, valid UTF-8, and within the limits beside Token. Lone surrogate
// escapes are taken, since Python writes them for file names that cannot be
// decoded. Nothing is decoded or copied: in comes a line, out comes a tape of
// byte ranges into it. It touches nothing else.
package jsonscan

import "slices"

// Error says why and where a scan stopped; it holds nothing of the line.
type Error struct {
	Reason string // one of the Err constants
	Offset int    // byte in the line at which the scan stopped
}

func (e *Error) Error() string { return "invalid JSON: " + e.Reason }

// The reasons of an Error.
const (
	ErrSyntax    = "syntax"    // not JSON by RFC 8259
	ErrUTF8      = "utf8"      // a string with bytes that are not UTF-8
	ErrDuplicate = "duplicate" // a member name twice in one object
	ErrDepth     = "depth"     // more than MaxDepth containers inside one another
	ErrNumber    = "number"    // more than MaxNumber bytes, or an exponent beyond MaxExponent
	ErrLength    = "length"    // a member name above MaxKey, or a line above MaxLine
)

// Scanner scans lines against one set of names. Immutable, for many
// goroutines; the names must not change any more.
type Scanner struct{ names *Names }

// NewScanner makes a Scanner; names may be nil, then every Token.Name is 0.
func NewScanner(names *Names) *Scanner {
	if names == nil {
		names = &Names{}
	}
	return &Scanner{names}
}

// frame is an open container.
type frame struct {
	tok    uint32 // index of its token, counted from the line's first
	n      uint32 // members so far
	seen   uint64 // Bloom filter of its member names
	object bool
}

// Scan appends the tape of line to tape (the root at its former length, Next
// counted from there) and returns it; on error what it returns has the
// former length, and the error is an *Error.
func (s *Scanner) Scan(tape []Token, line []byte) ([]Token, error) {
	base := len(tape)
	if len(line) > MaxLine {
		return tape, &Error{ErrLength, 0}
	}
	out, reason, at := s.scan(tape, line)
	if reason != "" {
		return out[:base], &Error{reason, at}
	}
	return out, nil
}

func (s *Scanner) scan(tape []Token, line []byte) (_ []Token, reason string, at int) {
	var (
		few   [8]frame // deep enough for events; more are allocated
		stack = few[:0]
		top   *frame // of stack; nil outside of every container
		base  = len(tape)
		key   Token // KeyStart, KeyLen, Name and KeyEscaped of the value to come
		i     int
	)
value:
	for i < len(line) && isSpace(line[i]) {
		i++
	}
	if i >= len(line) {
		return tape, ErrSyntax, i
	}
	switch c := line[i]; c {
	case '"':
		end, flags, why := scanString(line, i)
		if why != "" {
			return tape, why, end
		}
		key.Flags |= flags
		key.Kind = String
		key.Start, key.End = uint32(i), uint32(end)
		i = end
	case '{', '[':
		if len(stack) == MaxDepth {
			return tape, ErrDepth, i
		}
		stack = append(stack, frame{tok: uint32(len(tape) - base), object: c == '{'})
		top = &stack[len(stack)-1]
		key.Start = uint32(i)
		key.Kind = Array
		if c == '{' {
			key.Kind = Object
		}
		tape = append(tape, key)
		key = Token{}
		i++
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i < len(line) && line[i] == c+2 { // } is { + 2, ] is [ + 2
			goto closing
		}
		if c == '{' {
			goto member
		}
		goto value
	case 't':
		if i+4 > len(line) || string(line[i:i+4]) != "true" {
			return tape, ErrSyntax, i
		}
		key.Kind, key.Start, key.End = True, uint32(i), uint32(i+4)
		i += 4
	case 'f':
		if i+5 > len(line) || string(line[i:i+5]) != "false" {
			return tape, ErrSyntax, i
		}
		key.Kind, key.Start, key.End = False, uint32(i), uint32(i+5)
		i += 5
	case 'n':
		if i+4 > len(line) || string(line[i:i+4]) != "null" {
			return tape, ErrSyntax, i
		}
		key.Kind, key.Start, key.End = Null, uint32(i), uint32(i+4)
		i += 4
	default:
		end, integer, why := scanNumber(line, i)
		if why != "" {
			return tape, why, end
		}
		if integer {
			key.Flags |= Integer
		}
		key.Kind, key.Start, key.End = Number, uint32(i), uint32(end)
		i = end
	}
	key.Next = uint32(len(tape) - base + 1)
	if len(tape) == cap(tape) {
		tape = slices.Grow(tape, 64)
	}
	tape = tape[:len(tape)+1] // cheaper than append, which is most of a number's cost
	tape[len(tape)-1] = key
	key = Token{}

after:
	for i < len(line) && isSpace(line[i]) {
		i++
	}
	if top == nil {
		if i != len(line) {
			return tape, ErrSyntax, i
		}
		return tape, "", 0
	}
	if i >= len(line) {
		return tape, ErrSyntax, i
	}
	if line[i] == ',' {
		i++
		if top.object {
			goto member
		}
		goto value
	}

closing:
	{
		if top.object != (line[i] == '}') || !top.object && line[i] != ']' {
			return tape, ErrSyntax, i
		}
		i++
		t := &tape[base+int(top.tok)]
		t.End = uint32(i)
		t.Next = uint32(len(tape) - base)
		if top.n > fewMembers && hasDuplicate(line, tape[base:], top.tok) {
			return tape, ErrDuplicate, i
		}
		stack = stack[:len(stack)-1]
		top = nil
		if len(stack) > 0 {
			top = &stack[len(stack)-1]
		}
		goto after
	}

member:
	for i < len(line) && isSpace(line[i]) {
		i++
	}
	if i >= len(line) || line[i] != '"' {
		return tape, ErrSyntax, i
	}
	{
		end, flags, why := scanString(line, i)
		if why != "" {
			return tape, why, end
		}
		if end-i > MaxKey {
			return tape, ErrLength, i
		}
		name := line[i+1 : end-1]
		if flags&Escaped != 0 {
			key.Flags = KeyEscaped
			var buf [64]byte
			name = AppendText(buf[:0], line[i:end])
		}
		h := hash(name)
		key.Name = s.names.find(h, name)
		key.KeyStart, key.KeyLen = uint32(i), uint16(end-i)
		top.n++
		bit := uint64(1) << (h & 63)
		if top.seen&bit != 0 && top.n <= fewMembers && clashes(line, tape[base:], top.tok, &key) {
			return tape, ErrDuplicate, i
		}
		top.seen |= bit
		i = end
	}
	for i < len(line) && isSpace(line[i]) {
		i++
	}
	if i >= len(line) || line[i] != ':' {
		return tape, ErrSyntax, i
	}
	i++
	goto value
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

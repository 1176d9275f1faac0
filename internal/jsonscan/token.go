package jsonscan

// Kind is the JSON type of a token. The zero Kind is no token.
type Kind uint8

// The kinds of JSON values.
const (
	Null Kind = iota + 1
	False
	True
	Number
	String
	Array
	Object
)

// Flags are facts about a token that the scan found on its way, so that
// later rooms need not look at the bytes again.
type Flags uint8

const (
	// Escaped: the string value holds at least one backslash escape.
	Escaped Flags = 1 << iota
	// KeyEscaped: the member name holds at least one backslash escape.
	KeyEscaped
	// NonASCII: the string value holds bytes above 0x7f (checked UTF-8).
	NonASCII
	// Integer: the number has neither a fraction nor an exponent.
	Integer
	// Off: this top-level member was taken off the event (envelope and
	// reserved members); package schema sets it, nobody validates it.
	Off
)

// Token is one JSON value of a line, with its member name if it has one. A
// line's tokens stand in an array, the tape, in the order of the line; the
// root is token 0. The first value inside a container at index i is i+1
// unless that equals tape[i].Next (then it is empty); the value after the one
// at index j is tape[j].Next.
type Token struct {
	Start, End uint32 // byte range of the value in the line; a string with its quotes
	Next       uint32 // index of the first token after this value and all it holds
	KeyStart   uint32 // first byte of the member name, its quote included
	KeyLen     uint16 // bytes of the member name with both quotes; 0 for no member
	Name       uint16 // the member name's number in Names; 0: not a known name
	Place      uint16 // the policy place of the value, marked by package schema; 0: undeclared
	Kind       Kind
	Flags      Flags
}

// Key is the member name as it stands in the line, quotes included.
func (t *Token) Key(line []byte) []byte {
	return line[t.KeyStart : t.KeyStart+uint32(t.KeyLen)]
}

// Value is the value as it stands in the line.
func (t *Token) Value(line []byte) []byte { return line[t.Start:t.End] }

// Limits of the scan. MaxDepth counts containers inside one another;
// MaxKey is in bytes with quotes; MaxLine in bytes. A number's text may have
// MaxNumber bytes (Python refuses integers of more than 4,300 digits) and an
// exponent of at most MaxExponent either way.
const (
	MaxDepth    = 128
	MaxKey      = 1<<16 - 1
	MaxLine     = 1<<31 - 1
	MaxNumber   = 4300
	MaxExponent = 400
)

package jsonscan

import "sync/atomic"

// Shapes remember how lines were built: the exact bytes between their values.
// A program writes its events in few shapes, so a line is mostly compared piece
// by piece, and only its values are read. What was found out about a shape, its
// T and the notes N on its tokens, then holds for the line too, and need not be
// found out again.
//
// A line fits a shape where it has the same bytes at the same places, each value is one
// that Scan takes, and each element of an array is built as one of that array was before:
// so Scan would take it too, and give the same tape.
//
// The zero value knows none. For many goroutines; the Names behind their tapes
// must be the same.
type Shapes[T any, N comparable] struct {
	learning atomic.Bool // a lock that nobody waits for
	root     step[T, N]  // before the first value
	steps    int         // below root
	bytes    int         // in their texts, and what their shapes hold
}

// step is one value of a shape, and the text before it. Immutable but for
// after, and items' after.
type step[T any, N comparable] struct {
	text   string  // from the end of the value before; the quote of a string and the bracket of an array are its last byte
	kind   Kind    // of the value: String, Number or Array; 0: the line ends behind the text, or the array's element
	tokens []Token // that begin in the text, positions counted from its first byte; the value is the last
	opens  []uint32
	ends   []ending
	notes  []Note[N]
	items  *step[T, N] // before an element, where kind is Array
	kin    any         // of the lines that items were learnt from
	shape  *T          // where the line ends
	after  atomic.Pointer[[]*step[T, N]]
}

// ending is where an object closes.
type ending struct {
	token int32  // of the step's own; -1: the last one that an earlier step left open
	next  uint32 // how many of the step's tokens begin before
	at    uint32 // counted from the text's first byte
}

// Note is what was noted on a token when the shape was learnt.
type Note[N comparable] struct {
	Token uint32 // its index on the tape
	Note  N
}

// maxNested is how many objects and arrays of a shape may stand in one another.
const maxNested = 16

// Match appends the tape of a line that has a known shape, as Scan would but
// with the places and flags that the shape was learnt with, and the notes on its tokens. nil: it
// has none, and tape and notes are as they were.
func (s *Shapes[T, N]) Match(tape []Token, notes []Note[N], line []byte) ([]Token, []Note[N], *T) {
	var (
		objects [maxNested]uint32 // open ones, by token
		arrays  [maxNested]struct {
			step  *step[T, N]
			token uint32
		}
		object, array int // how many are open
		base, noted   = len(tape), len(notes)
		at, from      = &s.root, 0
	)
next:
	after := at.after.Load()
	if after == nil {
		return tape[:base], notes[:noted], nil
	}
	for _, n := range *after {
		i := from + len(n.text)
		if i > len(line) || string(line[from:i]) != n.text {
			continue
		}
		end, flags := i, Flags(0)
		switch n.kind {
		case String:
			var why string
			if end, flags, why = scanString(line, i-1); why != "" {
				return tape[:base], notes[:noted], nil
			}
		case Number:
			var integer bool
			var why string
			if i == len(line) {
				continue
			}
			if end, integer, why = scanNumber(line, i); why != "" {
				continue
			}
			if integer {
				flags = Integer
			}
		case Array:
		default:
			if array == 0 && i != len(line) {
				continue
			}
		}

		first := uint32(len(tape) - base)
		tape = append(tape, n.tokens...)
		added := tape[base+int(first):]
		for k := range added {
			t := &added[k]
			t.Start += uint32(from)
			t.End += uint32(from)
			t.Next = first + uint32(k) + 1
			if t.KeyLen > 0 {
				t.KeyStart += uint32(from)
			}
		}
		for _, e := range n.ends {
			token := first + uint32(e.token)
			if e.token < 0 {
				object--
				token = objects[object]
			}
			t := &tape[base+int(token)]
			t.End, t.Next = uint32(from)+e.at, first+e.next
		}
		for _, k := range n.opens {
			objects[object] = first + k
			object++
		}
		for _, k := range n.notes {
			notes = append(notes, Note[N]{first + k.Token, k.Note})
		}
		if n.kind == String || n.kind == Number {
			t := &added[len(added)-1]
			t.End = uint32(end)
			t.Flags |= flags
			at, from = n, end
			goto next
		}
		from = i
		if n.kind == Array {
			arrays[array].step, arrays[array].token = n, uint32(len(tape)-base-1)
			array++
			if from < len(line) && line[from] == ']' {
				goto element
			}
			at = n.items
			goto next
		}
		if array == 0 {
			return tape, notes, n.shape
		}
		goto element
	}
	return tape[:base], notes[:noted], nil

element: // is over: another one, or the end of the array
	for from < len(line) && isSpace(line[from]) {
		from++
	}
	if from == len(line) {
		return tape[:base], notes[:noted], nil
	}
	a := &arrays[array-1]
	switch line[from] {
	case ',':
		from++
		for from < len(line) && isSpace(line[from]) {
			from++
		}
		at = a.step.items
	case ']':
		from++
		t := &tape[base+int(a.token)]
		t.End, t.Next = uint32(from), uint32(len(tape)-base)
		array--
		at = a.step
	default:
		return tape[:base], notes[:noted], nil
	}
	goto next
}

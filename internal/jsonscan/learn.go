package jsonscan

import (
	"cmp"
	"slices"
)

// Bounds of what Shapes hold. The events of a real server have some dozens of
// shapes, of ten steps each.
const (
	maxSteps      = 2048
	maxStepBytes  = 1 << 20
	maxShape      = 512 // tokens
	maxShapeBytes = 64 << 10
	maxAfter      = 32
)

// Lesson is a line that Scan took, with all that is to hold for each line of
// its shape.
type Lesson[T any, N comparable] struct {
	Line  []byte
	Tape  []Token
	Fixed []uint32  // tokens whose values belong to the shape, as true, false and null do
	Tuple []uint32  // arrays whose elements are not all alike; a line with one is not learnt
	Notes []Note[N] // by token, ascending
	Shape *T
	Holds int // bytes of texts that Shape holds itself
	Kin   any // comparable: only lines of one Kin may share the elements of an array, which do not say whose they are
}

// Learn remembers a shape. Where the bounds are reached all others are
// forgotten first; where another goroutine is learning, nothing happens.
func (s *Shapes[T, N]) Learn(l *Lesson[T, N]) {
	if len(l.Tape) > maxShape || len(l.Line) > maxShapeBytes || nesting(l.Tape) > maxNested || !s.learning.CompareAndSwap(false, true) {
		return
	}
	defer s.learning.Store(false)
	// A token adds its own step at most, and the end of the element that it may be.
	if s.steps+2*len(l.Tape) > maxSteps || s.bytes+len(l.Line)+l.Holds > maxStepBytes {
		s.root.after.Store(nil)
		s.steps, s.bytes = 0, 0
	}
	s.learn(l, &s.root, 0, 0, uint32(len(l.Line)), true)
}

// nesting is how many containers stand in one another.
func nesting(tape []Token) (deepest int) {
	var open []uint32 // the Next of each
	for i := range tape {
		for len(open) > 0 && open[len(open)-1] <= uint32(i) {
			open = open[:len(open)-1]
		}
		if tape[i].Kind >= Array {
			open = append(open, tape[i].Next)
			deepest = max(deepest, len(open))
		}
	}
	return deepest
}

// learn adds the steps of the line, or of an array's element, which is the value
// at token i with the text from up to to. false: some could not be added.
func (s *Shapes[T, N]) learn(l *Lesson[T, N], at *step[T, N], i, from, to uint32, whole bool) bool {
	begin, first := i, i
	for end := l.Tape[i].Next; i < end; i++ {
		t := &l.Tape[i]
		if t.Flags&KeyEscaped != 0 {
			return false
		}
		switch {
		case t.Kind == Array:
			if slices.Contains(l.Tuple, i) {
				return false
			}
		case t.Kind != String && t.Kind != Number, slices.Contains(l.Fixed, i):
			continue
		}
		n := makeStep(l, begin, first, i+1, from, t.Start, t.Kind)
		if at = s.add(at, n); at == nil {
			return false
		}
		from, first = t.End, i+1
		if t.Kind != Array {
			continue
		}
		for ; first < t.Next; first = l.Tape[first].Next {
			e := &l.Tape[first]
			if !s.learn(l, at.items, first, e.Start, e.End, false) {
				return false
			}
		}
		i = first - 1
	}
	n := makeStep(l, begin, first, i, from, to, 0)
	if whole {
		n.shape = l.Shape
	}
	end := s.add(at, n)
	if whole && end == n {
		s.bytes += l.Holds
	}
	return end != nil
}

// makeStep is the step with the tokens from first up to last, and the text
// from up to to; begin is the first token of the line or element.
func makeStep[T any, N comparable](l *Lesson[T, N], begin, first, last, from, to uint32, kind Kind) *step[T, N] {
	if kind == String || kind == Array {
		to++ // the quote, the bracket
	}
	n := &step[T, N]{text: string(l.Line[from:to]), kind: kind, tokens: slices.Clone(l.Tape[first:last])}
	for k := range n.tokens {
		t := &n.tokens[k]
		t.Start -= from
		t.End -= from
		t.Next = 0
		if t.KeyLen > 0 {
			t.KeyStart -= from
		}
		if t.Kind == Object && l.Tape[first+uint32(k)].End > to {
			n.opens = append(n.opens, uint32(k))
		}
		if t.Kind >= Array {
			t.End = 0 // said where it closes
		}
	}
	if kind != 0 {
		t := &n.tokens[len(n.tokens)-1]
		t.End = 0
		t.Flags &^= Escaped | NonASCII | Integer
	}
	if kind == Array {
		n.items = new(step[T, N])
		if l.Tape[last-1].Flags&Off == 0 { // nobody says anything of what is taken off
			n.kin = l.Kin
		}
	}
	for i := begin; i < last; i++ {
		if t := &l.Tape[i]; t.Kind == Object && t.End > from && t.End <= to {
			n.ends = append(n.ends, ending{max(int32(i)-int32(first), -1), min(t.Next, last) - first, t.End - from})
		}
	}
	slices.SortFunc(n.ends, func(a, b ending) int { return cmp.Compare(a.at, b.at) })
	for _, note := range l.Notes {
		if note.Token >= first && note.Token < last {
			n.notes = append(n.notes, Note[N]{note.Token - first, note.Note})
		}
	}
	return n
}

// add puts n below at, or returns what is there already; nil where there is no
// room, or something that says otherwise of the same text.
func (s *Shapes[T, N]) add(at, n *step[T, N]) *step[T, N] {
	var after []*step[T, N]
	if known := at.after.Load(); known != nil {
		after = *known
	}
	for _, k := range after {
		if k.text == n.text && k.kind == n.kind {
			if k.kin != n.kin || !slices.Equal(k.tokens, n.tokens) || !slices.Equal(k.ends, n.ends) || !slices.Equal(k.notes, n.notes) {
				return nil
			}
			return k
		}
	}
	if len(after) == maxAfter {
		return nil
	}
	after = append(slices.Clone(after), n)
	at.after.Store(&after)
	s.steps++
	s.bytes += len(n.text)
	return n
}

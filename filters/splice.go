package filters

import (
	"slices"

	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// splicer copies the ranges of one event that its plan opens. What it appends
// to goes from call to call, which keeps it in registers.
type splicer struct {
	raw      []byte
	tape     []jsonscan.Token
	plan     *plan
	leads    [][]byte
	captured []span // by slot of the templates' places

	// For what actions change.
	arena  *Arena
	filter *Filter
	event  *schema.Event
	dated  bool  // the event's epoch is known
	keyed  bool  // and has a key
	epoch  epoch // then
}

// all appends the event's own members that go out, each after a comma.
func (s *splicer) all(out []byte) []byte {
	p := s.plan
	verdicts := p.top.verdicts
	for i, end := uint32(1), s.tape[0].Next; i < end; i = s.tape[i].Next {
		t := &s.tape[i]
		v := verdicts[t.Place]
		if v <= changed || t.Flags&jsonscan.Off != 0 && !p.everything || p.everything && s.reserved(t) {
			if v == changed && t.Flags&jsonscan.Off == 0 {
				out = s.change(out, i, 0, &p.top)
			}
			continue
		}
		out = s.lead(out, t)
		switch {
		case v == opened:
			out = s.value(out, i, p.opened.verdicts[t.Place], &p.opened)
		case t.Kind < jsonscan.Array && v != captured:
			out = append(out, t.Value(s.raw)...)
		default:
			out = s.value(out, i, v, &p.below)
		}
	}
	if p.top.nulls != nil {
		out = s.nulls(out, 0, schema.Root, &p.top)
	}
	return out
}

// lead appends what stands before a member's value: its name as the line has
// it, which for a known name without escapes is known beforehand.
func (s *splicer) lead(out []byte, t *jsonscan.Token) []byte {
	if t.Name != 0 && t.Flags&jsonscan.KeyEscaped == 0 {
		return append(out, s.leads[t.Name]...)
	}
	return append(append(append(out, ','), t.Key(s.raw)...), ':')
}

// reserved says whether a member of the event is not the event's own where
// everything goes out: the envelope in all its forms, and names with two
// underscores on both sides. A taskName is only taken off for validation.
func (s *splicer) reserved(t *jsonscan.Token) bool {
	key := t.Key(s.raw)
	if key[1] != '_' && t.Flags&(jsonscan.KeyEscaped|jsonscan.Off) == 0 {
		return false
	}
	name := key[1 : len(key)-1]
	if t.Flags&jsonscan.KeyEscaped != 0 {
		var memory [64]byte
		name = jsonscan.AppendText(memory[:0], key)
	}
	return schema.Reserved(string(name)) || t.Flags&jsonscan.Off != 0 && string(name) != "taskName"
}

// value appends the value at index i with the verdict v; what it holds is
// judged by t.
func (s *splicer) value(out []byte, i uint32, v verdict, t *table) []byte {
	token := &s.tape[i]
	switch {
	case token.Kind < jsonscan.Array:
		start := uint32(len(out))
		out = append(out, token.Value(s.raw)...)
		if v == captured {
			s.captured[slices.Index(s.plan.captures, token.Place)] = span{start, uint32(len(out))}
		}
		return out
	case v == whole:
		return s.whole(out, i)
	case token.Kind == jsonscan.Object:
		return s.object(out, i, t)
	case v == emptied:
		return append(out, "[]"...)
	}
	return s.array(out, i, t)
}

// object appends the open object at index i.
func (s *splicer) object(out []byte, i uint32, t *table) []byte {
	first := len(out)
	for j, end := i+1, s.tape[i].Next; j < end; j = s.tape[j].Next {
		token := &s.tape[j]
		v := t.verdicts[token.Place]
		if v <= changed {
			if v == changed {
				out = s.change(out, j, i, t)
			}
			continue
		}
		out = s.lead(out, token)
		if token.Kind < jsonscan.Array && v != captured {
			out = append(out, token.Value(s.raw)...)
		} else {
			out = s.value(out, j, v, t)
		}
	}
	if t.nulls != nil {
		out = s.nulls(out, i, s.tape[i].Place, t)
	}
	return enclose(out, first, '{', '}')
}

// array appends the open array at index i. An element without a schema has
// the array's categories, so it is as open as the array.
func (s *splicer) array(out []byte, i uint32, t *table) []byte {
	first := len(out)
	for j, end := i+1, s.tape[i].Next; j < end; j = s.tape[j].Next {
		v := open
		if place := s.tape[j].Place; place != schema.Undeclared {
			v = t.verdicts[place]
		}
		if v <= changed { // the plan has emptied or denied such arrays: this is the second lock
			out = out[:first]
			break
		}
		out = s.value(append(out, ','), j, v, t)
	}
	return enclose(out, first, '[', ']')
}

// whole appends the object or array at index i with all that it holds.
func (s *splicer) whole(out []byte, i uint32) []byte {
	first := len(out)
	for j, end := i+1, s.tape[i].Next; j < end; j = s.tape[j].Next {
		token := &s.tape[j]
		out = append(out, ',')
		if token.KeyLen > 0 {
			out = append(append(out, token.Key(s.raw)...), ':')
		}
		if token.Kind < jsonscan.Array {
			out = append(out, token.Value(s.raw)...)
		} else {
			out = s.whole(out, j)
		}
	}
	if s.tape[i].Kind == jsonscan.Object {
		return enclose(out, first, '{', '}')
	}
	return enclose(out, first, '[', ']')
}

// enclose ends the container whose members were appended from first on, each
// after a comma: the first comma becomes the opening.
func enclose(out []byte, first int, opening, closing byte) []byte {
	if first == len(out) {
		return append(out, opening, closing)
	}
	out[first] = opening
	return append(out, closing)
}

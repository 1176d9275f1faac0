package filters

import (
	"slices"

	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// event appends the event's own members that go out, each after a comma.
func (s *splicer) event() {
	p := s.plan
	verdicts := p.top.verdicts
	for i, end := uint32(1), s.tape[0].Next; i < end; i = s.tape[i].Next {
		t := &s.tape[i]
		v := verdicts[t.Place]
		if v == denied || t.Flags&jsonscan.Off != 0 && !p.everything || p.everything && s.reserved(t) {
			continue
		}
		s.out = append(append(append(s.out, ','), t.Key(s.raw)...), ':')
		switch {
		case v == opened:
			s.value(i, p.opened.verdicts[t.Place], &p.opened)
		case t.Kind < jsonscan.Array && v != captured:
			s.out = append(s.out, t.Value(s.raw)...)
		default:
			s.value(i, v, &p.below)
		}
	}
	if p.top.nulls != nil {
		s.out = append(s.out, p.top.nulls[schema.Root]...)
	}
}

// reserved says whether a member of the event is not the event's own where
// everything goes out: the envelope in all its forms, and names with two
// underscores on both sides. A taskName is only taken off for validation.
func (s *splicer) reserved(t *jsonscan.Token) bool {
	key := t.Key(s.raw)
	name := key[1 : len(key)-1]
	if t.Flags&jsonscan.KeyEscaped != 0 {
		name = jsonscan.AppendText(nil, key)
	}
	return schema.Reserved(string(name)) || t.Flags&jsonscan.Off != 0 && string(name) != "taskName"
}

// value appends the value at index i with the verdict v; what it holds is
// judged by t.
func (s *splicer) value(i uint32, v verdict, t *table) {
	token := &s.tape[i]
	switch token.Kind {
	case jsonscan.Object:
		if v == whole {
			s.wholeObject(i)
		} else {
			s.object(i, t)
		}
	case jsonscan.Array:
		switch v {
		case emptied:
			s.out = append(s.out, "[]"...)
		case whole:
			s.wholeArray(i)
		default:
			s.array(i, t)
		}
	default:
		start := uint32(len(s.out))
		s.out = append(s.out, token.Value(s.raw)...)
		if v == captured {
			s.captured[slices.Index(s.plan.captures, token.Place)] = span{start, uint32(len(s.out))}
		}
	}
}

// object appends the open object at index i.
func (s *splicer) object(i uint32, t *table) {
	first := len(s.out)
	for j, end := i+1, s.tape[i].Next; j < end; j = s.tape[j].Next {
		token := &s.tape[j]
		v := t.verdicts[token.Place]
		if v == denied {
			continue
		}
		s.out = append(append(append(s.out, ','), token.Key(s.raw)...), ':')
		s.value(j, v, t)
	}
	if t.nulls != nil {
		s.out = append(s.out, t.nulls[s.tape[i].Place]...)
	}
	s.enclose(first, '{', '}')
}

// array appends the open array at index i. An element without a schema has
// the array's categories, so it is as open as the array.
func (s *splicer) array(i uint32, t *table) {
	first := len(s.out)
	for j, end := i+1, s.tape[i].Next; j < end; j = s.tape[j].Next {
		v := open
		if place := s.tape[j].Place; place != schema.Undeclared {
			v = t.verdicts[place]
		}
		if v == denied { // the plan has emptied or denied such arrays: this is the second lock
			s.out = s.out[:first]
			break
		}
		s.out = append(s.out, ',')
		s.value(j, v, t)
	}
	s.enclose(first, '[', ']')
}

// wholeObject appends the object at index i with all that it holds.
func (s *splicer) wholeObject(i uint32) {
	first := len(s.out)
	for j, end := i+1, s.tape[i].Next; j < end; j = s.tape[j].Next {
		s.out = append(append(append(s.out, ','), s.tape[j].Key(s.raw)...), ':')
		s.value(j, whole, nil)
	}
	s.enclose(first, '{', '}')
}

// wholeArray appends the array at index i with all that it holds.
func (s *splicer) wholeArray(i uint32) {
	first := len(s.out)
	for j, end := i+1, s.tape[i].Next; j < end; j = s.tape[j].Next {
		s.out = append(s.out, ',')
		s.value(j, whole, nil)
	}
	s.enclose(first, '[', ']')
}

// enclose ends the container whose members were appended from first on, each
// after a comma: the first comma becomes the opening.
func (s *splicer) enclose(first int, opening, closing byte) {
	if first == len(s.out) {
		s.out = append(s.out, opening, closing)
		return
	}
	s.out[first] = opening
	s.out = append(s.out, closing)
}

package filters

import (
	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// unmade is a member of whose value an action made nothing.
type unmade struct {
	object uint32 // its token
	place  schema.PlaceID
}

// change appends the member at index i, which t has changed, of the object at
// index object: what its action makes of the value. Where that is nothing, the
// member is denied.
func (s *splicer) change(out []byte, i, object uint32, t *table) []byte {
	token, before, made := &s.tape[i], len(out), false
	out = s.lead(out, token)
	switch a := s.plan.actions[token.Place]; {
	case a == pseudonymized && token.Kind < jsonscan.Array:
		if out, made = s.pseudonym(out, token); !made {
			return out[:before] // without the epoch's key it is dropped
		}
	case a == tokenized && token.Kind < jsonscan.Array:
		if out, made = s.token(out, token); !made {
			return out[:before] // without room in the table it is dropped
		}
	case a >= toAddress && token.Kind == jsonscan.String:
		out, made = a.cut(out, s.text(token))
	}
	if made {
		return out
	}
	if t.late != nil {
		s.arena.unmade = append(s.arena.unmade, unmade{object, token.Place})
	}
	return out[:before]
}

// text is the decoded text of a string, valid until the next call.
func (s *splicer) text(token *jsonscan.Token) []byte {
	if token.Flags&jsonscan.Escaped == 0 {
		return s.raw[token.Start+1 : token.End-1]
	}
	s.arena.text = jsonscan.AppendText(s.arena.text[:0], token.Value(s.raw))
	return s.arena.text
}

// nulls appends what stands for the denied members of the object at index i.
func (s *splicer) nulls(out []byte, i uint32, object schema.PlaceID, t *table) []byte {
	if t.late == nil || t.late[object] == nil {
		return append(out, t.nulls[object]...)
	}
	// The objects within this one took their own off the end.
	from := len(s.arena.unmade)
	for from > 0 && s.arena.unmade[from-1].object == i {
		from--
	}
	for _, text := range t.late[object] {
		if text.place == schema.Undeclared || contains(s.arena.unmade[from:], text.place) {
			out = append(out, text.json...)
		}
	}
	s.arena.unmade = s.arena.unmade[:from]
	return out
}

func contains(list []unmade, place schema.PlaceID) bool {
	for i := range list {
		if list[i].place == place {
			return true
		}
	}
	return false
}

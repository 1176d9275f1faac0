package filters

import (
	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// pathOf is the plan for the fields of the path of the event's file, here or where
// the agent was that sent it; nil where it has none.
func (f *Filter) pathOf(e *schema.Event) *pathPlan {
	s := e.Source()
	if s.Index >= len(f.paths) || f.paths[s.Index] == nil {
		return nil
	}
	if p := f.paths[s.Index]; s.Path != nil || e.Derived() != nil && p.source.Pattern.Upstream() {
		return p
	}
	return nil
}

// dropped says whether a field that drops events is there.
func (p *pathPlan) dropped(e *schema.Event) bool {
	if !p.drops || e.Source().Path != nil {
		return p.drops
	}
	tape, raw := e.Tape(), e.Raw()
	at := upstreamPath(tape, raw)
	if at == 0 {
		return false
	}
	for i := at + 1; i < tape[at].Next; i = tape[i].Next {
		if n := p.field(tape[i].Key(raw)); n >= 0 && p.fields[n].drops && tape[i].Kind != jsonscan.Null {
			return true
		}
	}
	return false
}

// field is the index of the field with the key, as agents write it; -1 for none.
func (p *pathPlan) field(key []byte) int {
	for i := range p.fields {
		if p.fields[i].key == string(key) {
			return i
		}
	}
	return -1
}

// upstreamPath is the token of the object that an agent has added; 0 for none.
// Whether it is an agent that says so is the caller's to know.
func upstreamPath(tape []jsonscan.Token, raw []byte) uint32 {
	for i := uint32(1); i < tape[0].Next; i = tape[i].Next {
		if t := &tape[i]; t.Flags&jsonscan.Off != 0 && t.Kind == jsonscan.Object && string(t.Key(raw)) == `"`+pathName+`"` {
			return i
		}
	}
	return 0
}

// path appends the member __path__ where anything of it goes out.
func (s *splicer) path(out []byte, p *pathPlan) []byte {
	start := len(out)
	out = append(out, `,"`+pathName+`":`...)
	first, missed := len(out), uint64(0) // bits of fields that are there and of which the action made nothing
	if values := s.event.Source().Path; values != nil {
		for i, value := range values {
			if p.fields[i].verdict == denied {
				continue
			}
			s.arena.field = appendQuoted(s.arena.field[:0], value)
			out = s.field(out, p, i, &jsonscan.Token{Kind: jsonscan.String, Flags: jsonscan.Escaped, End: uint32(len(s.arena.field))}, s.arena.field, &missed)
		}
	} else if at := upstreamPath(s.tape, s.raw); at != 0 {
		for j := at + 1; j < s.tape[at].Next; j = s.tape[j].Next {
			switch i := p.field(s.tape[j].Key(s.raw)); {
			case i < 0:
			case s.tape[j].Kind < jsonscan.Array:
				out = s.field(out, p, i, &s.tape[j], s.raw, &missed)
			default:
				missed |= 1 << i
			}
		}
	}
	for _, text := range p.instead {
		if text.late < 0 || missed&(1<<text.late) != 0 {
			out = append(out, text.json...)
		}
	}
	if len(out) == first {
		return out[:start]
	}
	return enclose(out, first, '{', '}')
}

// field appends one field, whose value is a scalar and stands in raw.
func (s *splicer) field(out []byte, p *pathPlan, i int, value *jsonscan.Token, raw []byte, missed *uint64) []byte {
	f, before, ok := &p.fields[i], len(out), false
	out = append(append(append(out, ','), f.key...), ':')
	switch {
	case f.verdict == open:
		from := uint32(len(out))
		out, ok = append(out, value.Value(raw)...), true
		if f.slot >= 0 {
			s.captured[f.slot] = span{from, uint32(len(out))}
		}
	case f.verdict == denied:
	case f.action <= pseudonymized:
		if out, ok = s.codeField(out, p, i, value, raw); !ok {
			return out[:before] // without a key or room it is dropped: nothing stands for it
		}
	case value.Kind == jsonscan.String:
		s.arena.text = jsonscan.AppendText(s.arena.text[:0], value.Value(raw))
		out, ok = f.action.cut(out, s.arena.text)
	}
	if !ok {
		*missed |= 1 << i
		return out[:before]
	}
	return out
}

// codeField appends the pseudonym or token of a field's value.
func (s *splicer) codeField(out []byte, p *pathPlan, i int, value *jsonscan.Token, raw []byte) ([]byte, bool) {
	if value.Kind == jsonscan.Null {
		return append(out, "null"...), true
	}
	s.arena.text = appendTagged(s.arena.text[:0], value, raw)
	if p.fields[i].action == tokenized {
		return p.tokens[i].append(out, s.arena.text)
	}
	return s.hashed(out, coded{filter: s.filter, path: p, place: schema.PlaceID(i)})
}

// wholePath appends __path__ as an agent sent it, where everything goes out.
func (s *splicer) wholePath(out []byte) []byte {
	if at := upstreamPath(s.tape, s.raw); at != 0 {
		out = s.whole(append(out, `,"`+pathName+`":`...), at)
	}
	return out
}

package filters

import (
	"jupyter-events-agent/inputs"
)

// Member is one member of the metadata that travels beside a record.
type Member struct {
	Name  string // as it would be called in the record: __categories__, …
	Value []byte // compact JSON
}

// Beside is the constant metadata of a record whose Policy has it Apart, in the
// order in which it would stand in the record; nil for any other. The event id
// is none of it: see HasID. Shared by many records: not to be changed. Records
// of one input and schema have the very same slice.
func (r *Record) Beside() []Member {
	if r.beside == nil {
		return nil
	}
	return *r.beside
}

// HasID says whether the output's metadata has the event id.
func (r *Record) HasID() bool { return r.hasID }

// AppendWhole appends the record as one JSON object with all its metadata in
// it, whether or not that is Apart.
func (r *Record) AppendWhole(b []byte) []byte {
	b = append(b, r.JSON()...)
	if !r.apart {
		return b
	}
	b = b[:len(b)-1]
	if r.hasID {
		b = append(append(append(b, idMember...), r.id[:]...), '"')
	}
	return append(appendMembers(b, r.Beside()), '}')
}

func appendMembers(b []byte, members []Member) []byte {
	for _, m := range members {
		b = append(append(append(b, `,"`...), m.Name...), `":`...)
		b = append(b, m.Value...)
	}
	return b
}

// from is what constant metadata depends on beside the output: the members of
// schema and policy, and the input.
type from struct {
	members *[]Member
	source  int // Source.Index
}

// besideOf is the metadata beside a record of a schema and an input.
func (f *Filter) besideOf(members *[]Member, s *inputs.Source, a *Arena) *[]Member {
	if f.metadata&metaSource == 0 {
		return members
	}
	known, ok := a.beside[from{members, s.Index}]
	if !ok {
		all := append((*members)[:len(*members):len(*members)], Member{"__source__", appendSource(nil, s)})
		known = &all
		if a.beside == nil || len(a.beside) >= mostPassed {
			a.beside = map[from]*[]Member{}
		}
		a.beside[from{members, s.Index}] = known
	}
	return known
}

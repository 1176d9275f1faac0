package noninterference

import (
	"bytes"
	"slices"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// made is one record with all that an output can ask of it.
type made struct {
	events  schema.Arena
	records filters.Arena
	event   schema.Event
	record  filters.Record
	taken   bool
	whole   []byte
}

func (m *made) make(u *subject, p *pair, side int, line []byte) bool {
	m.events.Reset()
	m.records.Reset()
	if u.check(side, line, p.position(), &m.events, &m.event) != nil {
		return false
	}
	m.record, m.taken = u.filter.Apply(&m.event, &m.records)
	return true
}

// direct compares the records of a pair; channel is "" where they are the same.
func (r *rig) direct(p *pair) (channel string) {
	u := p.of
	if p.fault {
		for _, line := range [][]byte{p.a, p.b} {
			if channel := u.refused(line); channel != "" {
				return channel
			}
		}
		return ""
	}
	a, b := &r.left, &r.right
	if !a.make(u, p, 0, p.a) || !b.make(u, p, 1, p.b) {
		return "whether the event is valid, which changed from one check to the next"
	}
	switch {
	case a.taken != b.taken:
		return "whether there is a record"
	case a.taken != p.taken && u.filter.Takes(u.schema):
		return "whether there is a record, against what the policy says"
	case !a.taken:
		return ""
	case !bytes.Equal(a.record.JSON(), b.record.JSON()):
		return "the record"
	case !bytes.Equal(a.record.ID(), b.record.ID()):
		return "the event id"
	case a.record.Micros() != b.record.Micros():
		return "the record's time"
	}
	for i := range u.output.Policy.Templates {
		x, hasX := a.record.Field(i)
		y, hasY := b.record.Field(i)
		if hasX != hasY || !bytes.Equal(x, y) {
			return "the template of " + u.output.Policy.Templates[i].Use
		}
	}
	if !slices.EqualFunc(a.record.Beside(), b.record.Beside(), func(x, y filters.Member) bool { return x.Name == y.Name && bytes.Equal(x.Value, y.Value) }) {
		return "the metadata beside the record"
	}
	a.whole, b.whole = a.record.AppendWhole(a.whole[:0]), b.record.AppendWhole(b.whole[:0])
	if !bytes.Equal(a.whole, b.whole) {
		return "what preview shows"
	}
	if !r.faithful(u, a, p.a) {
		return "the record, in which a name or value is not as the event has it"
	}
	return ""
}

// faithful sees that the names and values which go out plainly are those of the
// event, byte for byte and in its order (docs/policy.md: the agent writes its
// own separators only).
func (r *rig) faithful(u *subject, m *made, line []byte) bool {
	if len(u.output.Policy.Actions) > 0 {
		return true // what actions make is not looked at
	}
	tree := u.sight.tree(line, m.event.Tape())
	var err error
	r.tape, err = scanner.Scan(r.tape[:0], m.record.JSON())
	if err != nil {
		return false
	}
	i := uint32(1)
	for ; i < r.tape[0].Next && schema.Reserved(string(jsonscan.AppendText(nil, r.tape[i].Key(m.record.JSON())))); i = r.tape[i].Next {
	}
	return r.follows(tree, m.record.JSON(), i, r.tape[0].Next)
}

// follows walks what goes out beside what may; the latter may be more.
func (r *rig) follows(n *node, record []byte, i, end uint32) bool {
	for _, k := range n.kids {
		if i >= end {
			return true
		}
		if k.look == hidden {
			continue
		}
		t := &r.tape[i]
		if !bytes.Equal(k.key, t.Key(record)) {
			if n.kind == jsonscan.Array {
				return false
			}
			continue // it was held back all the same
		}
		switch {
		case k.kind != t.Kind:
			return false
		case k.kind < jsonscan.Array && !bytes.Equal(k.text, t.Value(record)):
			return false
		case k.kind >= jsonscan.Array && k.look != hollow && !r.follows(k, record, i+1, t.Next):
			return false
		}
		i = t.Next
	}
	return i >= end || r.others(record, i, end)
}

// others says whether what is left of a record's object are nulls and metadata.
func (r *rig) others(record []byte, i, end uint32) bool {
	for ; i < end; i = r.tape[i].Next {
		t := &r.tape[i]
		if t.KeyLen == 0 || t.Kind != jsonscan.Null && !schema.Reserved(string(jsonscan.AppendText(nil, t.Key(record)))) {
			return false
		}
	}
	return true
}

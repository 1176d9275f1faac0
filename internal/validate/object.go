package validate

import "jupyter-events-agent/internal/jsonscan"

// object judges the object at by r; frame holds its members.
func (j *judgement) object(g *group, r *objectRules, at uint32, frame []uint32) bool {
	count := int(frame[0])
	if count < r.min {
		return j.fail("minProperties", at)
	}
	if r.max != -1 && count > r.max {
		return j.fail("maxProperties", at)
	}
	for _, slot := range r.required {
		if frame[slot] == 0 {
			return j.fail("required", at)
		}
	}
	declared := 0
	for i := range r.members {
		m := &r.members[i]
		if at := frame[m.slot]; at != 0 {
			declared++
			if m.group != nil && !j.value(m.group, at) {
				return false
			}
		}
	}
	if r.closed && declared < count {
		return j.fail("additionalProperties", at)
	}
	if r.additional != nil && declared < count && !j.additional(g, r, at) {
		return false
	}
	if r.names != nil && !j.names(r.names, at) {
		return false
	}
	for i := range r.dependents {
		d := &r.dependents[i]
		if frame[d.slot] == 0 {
			continue
		}
		for _, slot := range d.required {
			if frame[slot] == 0 {
				return j.fail(d.keyword, at)
			}
		}
		if d.schema != nil && !j.node(g, d.schema, at, frame) {
			return false
		}
	}
	return true
}

func (j *judgement) additional(g *group, r *objectRules, at uint32) bool {
	for i, end := at+1, j.tape[at].Next; i < end; i = j.tape[i].Next {
		m := &j.tape[i]
		slot := int(g.slotOf(m.Name))
		if m.Flags&jsonscan.Off != 0 || slot < len(r.declared) && r.declared[slot] {
			continue
		}
		if !j.value(r.additional, i) {
			return false
		}
	}
	return true
}

// names judges the member names of the object at as if they were strings.
func (j *judgement) names(g *group, at uint32) bool {
	for i, end := at+1, j.tape[at].Next; i < end; i = j.tape[i].Next {
		m := &j.tape[i]
		if m.Flags&jsonscan.Off != 0 {
			continue
		}
		name := [1]jsonscan.Token{{
			Start: m.KeyStart, End: m.KeyStart + uint32(m.KeyLen), Next: 1,
			Kind: jsonscan.String, Flags: jsonscan.NonASCII,
		}}
		if m.Flags&jsonscan.KeyEscaped != 0 {
			name[0].Flags |= jsonscan.Escaped
		}
		tape := j.tape
		j.tape = name[:]
		ok := j.value(g, 0)
		j.tape = tape
		if !ok {
			j.at = i
			return false
		}
	}
	return true
}

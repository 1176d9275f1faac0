package validate

import "jupyter-events-agent/internal/jsonscan"

// members judges the members of the object at by g's root and puts them into
// the frame, where there is one.
func (j *judgement) members(g *group, at uint32, frame []uint32) bool {
	count, seen := uint32(0), uint64(0)
	for i, end := at+1, j.tape[at].Next; i < end; {
		t := &j.tape[i]
		this := i
		i = t.Next
		if t.Flags&jsonscan.Off != 0 {
			continue
		}
		count++
		slot := g.slotOf(t.Name)
		if frame != nil && slot != 0 {
			frame[slot] = this
		}
		r := &g.rules[slot]
		seen |= r.bit
		if r.taken>>(t.Kind&15)&1 != 0 {
			continue
		}
		if r.closed {
			return j.fail("additionalProperties", at)
		}
		if !j.member(r, this) {
			return false
		}
	}
	if frame != nil {
		frame[0] = count
	}
	if seen&g.needed != g.needed {
		return j.fail("required", at)
	}
	if r := g.root.object; r != nil {
		for i := bitsNeeded; i < len(r.required); i++ {
			if frame[r.required[i]] == 0 {
				return j.fail("required", at)
			}
		}
		if int(count) < r.min {
			return j.fail("minProperties", at)
		}
		if r.max != -1 && int(count) > r.max {
			return j.fail("maxProperties", at)
		}
		return (r.names == nil || j.names(r, at)) && (r.dependents == nil || j.dependents(g, r, at, frame))
	}
	return true
}

// member judges the member at by a rule that does not take it unseen.
func (j *judgement) member(r *rule, at uint32) bool {
	t := &j.tape[at]
	if r.texts == nil || t.Kind != jsonscan.String || t.Flags&jsonscan.Escaped != 0 {
		return j.value(r.group, at)
	}
	return among(r.texts.list, j.line[t.Start+1:t.End-1]) || j.fail(r.texts.keyword, at)
}

// object judges the object at by r, of a node beside the root.
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
			if m.rule.taken>>(j.tape[at].Kind&15)&1 == 0 && !j.member(&m.rule, at) {
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
	return (r.names == nil || j.names(r, at)) && (r.dependents == nil || j.dependents(g, r, at, frame))
}

func (j *judgement) dependents(g *group, r *objectRules, at uint32, frame []uint32) bool {
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
func (j *judgement) names(r *objectRules, at uint32) bool {
	for i, end := at+1, j.tape[at].Next; i < end; i = j.tape[i].Next {
		m := &j.tape[i]
		if m.Flags&jsonscan.Off != 0 {
			continue
		}
		name := jsonscan.Token{
			Start: m.KeyStart, End: m.KeyStart + uint32(m.KeyLen), Next: 1,
			Kind: jsonscan.String, Flags: jsonscan.NonASCII,
		}
		if m.Flags&jsonscan.KeyEscaped != 0 {
			name.Flags |= jsonscan.Escaped
		}
		tape := j.tape
		j.name[0] = name
		j.tape = j.name[:]
		ok := j.value(r.names, 0)
		j.tape = tape
		if !ok {
			j.at = i
			return false
		}
	}
	return true
}

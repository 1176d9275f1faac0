package validate

import "jupyter-events-agent/internal/jsonscan"

// rulesOf makes the rules of every group, once all groups are complete.
func (t *translation) rulesOf() {
	for _, r := range t.objects {
		for i := range r.members {
			r.members[i].rule = ruleOf(r.members[i].group)
		}
	}
	for _, g := range t.groups {
		if g.about {
			g.lay()
		}
	}
}

// bitsNeeded is how many required members bits can say.
const bitsNeeded = 64

// needsFrame reports whether anybody looks for members in the frame.
func (g *group) needsFrame(f *frameOf) bool {
	for _, n := range f.nodes {
		if n != g.root && n.object != nil {
			return true
		}
	}
	r := g.root.object
	return r != nil && (len(r.dependents) > 0 || len(r.required) > bitsNeeded)
}

// lay spreads what root says of members over the slots.
func (g *group) lay() {
	g.rules = make([]rule, g.slots)
	r := g.root.object
	undeclared := rule{taken: anyKind}
	if r != nil && r.closed {
		undeclared = rule{closed: true}
	}
	if r != nil && r.additional != nil {
		undeclared = ruleOf(r.additional)
	}
	for slot := range g.rules {
		g.rules[slot] = undeclared
	}
	if r == nil {
		return
	}
	for _, m := range r.members {
		g.rules[m.slot] = m.rule
	}
	for i, slot := range r.required {
		if i < bitsNeeded {
			g.rules[slot].bit |= 1 << i
			g.needed |= 1 << i
		}
	}
}

func ruleOf(g *group) rule {
	n := g.root
	r := rule{group: g}
	if n.leaf {
		r.taken = n.kinds
	}
	if n.kinds>>jsonscan.String&1 == 0 || !n.single || n.format != nil || n.text != nil {
		return r
	}
	switch {
	case n.enum != nil && n.constant == nil && n.enum.set == nil:
		r.texts = &texts{n.enum.texts, "enum"}
	case n.constant != nil && n.enum == nil && n.constant.kind == jsonscan.String:
		r.texts = &texts{[]string{n.constant.text}, "const"}
	}
	return r
}

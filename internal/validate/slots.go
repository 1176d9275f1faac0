package validate

import "jupyter-events-agent/internal/jsonscan"

// slots is the most that frames can take together for one event: along the
// deepest way through the groups, or, where schemas are recursive, a frame of
// the largest size for every level that an event can have.
func (t *translation) slots(root *group) (n int, recursive bool) {
	most := 0
	for _, g := range t.groups {
		most = max(most, g.slots)
	}
	need := map[*group]int{}
	if n, recursive = depth(root, need); recursive {
		n = (jsonscan.MaxDepth + 1) * most
	}
	return n, recursive
}

const unfinished = -1

func depth(g *group, need map[*group]int) (n int, recursive bool) {
	if n, ok := need[g]; ok {
		return n, n == unfinished
	}
	need[g] = unfinished
	deepest := 0
	seen := map[*node]bool{}
	var visit func(n *node) bool
	down := func(g *group) bool {
		if g == nil {
			return true
		}
		n, recursive := depth(g, need)
		deepest = max(deepest, n)
		return !recursive
	}
	visit = func(n *node) bool {
		if n == nil || seen[n] {
			return true
		}
		seen[n] = true
		ok := visit(n.not) && visit(n.cond) && visit(n.then) && visit(n.elze)
		for _, list := range [][]*node{n.all, n.anyOf, n.oneOf} {
			for _, n := range list {
				ok = ok && visit(n)
			}
		}
		if n.array != nil {
			ok = ok && down(n.array.items)
		}
		if n.object != nil {
			ok = ok && down(n.object.additional) && down(n.object.names)
			for _, m := range n.object.members {
				ok = ok && down(m.group)
			}
			for _, d := range n.object.dependents {
				ok = ok && visit(d.schema)
			}
		}
		return ok
	}
	if !visit(g.root) {
		return 0, true
	}
	need[g] = g.slots + deepest
	return need[g], false
}

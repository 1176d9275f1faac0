package noninterference

import (
	"slices"

	"jupyter-events-agent/internal/jsonscan"
)

// grafting makes of an event another one that the output may not tell from it:
// what may be seen stays; what is denied is left out, written otherwise, taken
// from another event of the schema, or made up.
type grafting struct {
	writer
	mild bool // keep what there is, only written otherwise
}

// graft is a with the hidden parts of o, or of nobody.
func (g grafting) graft(a, o *node) *node {
	out := *a
	switch {
	case a.look == full || a.kind < jsonscan.Array:
		return &out
	case a.kind == jsonscan.Array && a.look == hollow:
		if !g.mild {
			out.kids = g.items(a, o)
		}
	case a.kind == jsonscan.Array:
		out.kids = nil
		for _, k := range a.kids {
			var other *node
			if o != nil && len(o.kids) > 0 {
				other = pick(g.Rand, o.kids...)
			}
			out.kids = append(out.kids, g.inside(k, other))
		}
	default:
		out.kids = g.members(a, o)
	}
	return &out
}

func (g grafting) inside(k, other *node) *node {
	if k.look == hidden {
		return g.again(k)
	}
	if other != nil && other.kind != k.kind {
		other = nil
	}
	return g.graft(k, other)
}

// items are those of an array of which none may be seen.
func (g grafting) items(a, o *node) []*node {
	from := slices.Clone(a.kids)
	if o != nil && o.kind == jsonscan.Array {
		from = append(from, o.kids...)
	}
	var out []*node
	for range g.IntN(len(from) + 2) {
		if len(from) > 0 && !g.one(6) {
			out = append(out, g.again(pick(g.Rand, from...)))
		} else {
			out = append(out, g.junk(nil))
		}
	}
	return out
}

// members are those of an object: what may be seen in its order, the others
// anywhere between.
func (g grafting) members(a, o *node) []*node {
	var out, others []*node
	names := map[string]bool{}
	other := map[string]*node{}
	if o != nil {
		for _, k := range o.kids {
			other[k.name] = k
		}
	}
	for _, k := range a.kids {
		if k.look != hidden {
			out, names[k.name] = append(out, g.inside(k, other[k.name])), true
		}
	}
	add := func(n *node) {
		if !names[n.name] {
			names[n.name] = true
			others = append(others, n)
		}
	}
	keep := g.IntN(4) // how readily
	for _, k := range a.kids {
		if k.look == hidden && !k.off && (g.mild || g.IntN(4) < keep) {
			add(g.again(k))
		}
	}
	if !g.mild && o != nil {
		for _, k := range o.kids {
			if k.look == hidden && !k.off && !g.one(4) {
				add(g.again(k))
			}
		}
		if g.one(4) {
			for range 1 + g.IntN(3)*g.IntN(12) {
				add(g.junk(g.text(nil, g.anyName())))
			}
		}
		for _, k := range others {
			if g.one(12) && k.kind < jsonscan.Array {
				k.kind, k.text = jsonscan.Null, []byte("null")
			}
		}
	}
	for _, k := range others {
		out = slices.Insert(out, g.IntN(len(out)+1), k)
	}
	return out
}

// junk is any value; key is nil for an item.
func (g grafting) junk(key []byte) *node {
	n := &node{key: key, kind: jsonscan.String, text: g.anyValue(nil, 2)}
	if key != nil {
		n.name = string(jsonscan.AppendText(nil, key))
	}
	return n
}

// again is a hidden value written in another way.
func (g grafting) again(k *node) *node {
	out := *k
	if k.key != nil && g.one(3) {
		out.key = g.writer.again(nil, k.key)
	}
	switch {
	case k.kind == jsonscan.Number && g.one(2):
		out.text = g.number(nil, string(k.text))
	case k.kind == jsonscan.String && len(k.text) > 1 && k.text[0] == '"' && g.one(2):
		out.text = g.writer.again(nil, k.text)
	case k.kind == jsonscan.Object && k.look != full:
		out.kids = nil
		for _, kid := range k.kids {
			out.kids = append(out.kids, g.again(kid))
		}
		g.Shuffle(len(out.kids), func(i, j int) { out.kids[i], out.kids[j] = out.kids[j], out.kids[i] })
	}
	return &out
}

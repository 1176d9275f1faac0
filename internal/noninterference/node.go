package noninterference

import (
	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// node is one value of an event.
type node struct {
	key   []byte // as it stands in the line, with quotes; nil where it is no member
	name  string // the same, decoded
	kind  jsonscan.Kind
	text  []byte // of a scalar, as it stands in the line
	kids  []*node
	look  look
	off   bool // taken off: the envelope and its like
	place schema.PlaceID
}

// seen appends what the output may see of the node's members or items.
func (n *node) seen(b []byte) []byte {
	for _, k := range n.kids {
		if k.look == hidden {
			continue
		}
		b = append(append(b, k.key...), byte(k.kind))
		switch {
		case k.look == hollow:
		case k.kind < jsonscan.Array:
			b = append(b, k.text...)
		default:
			b = append(k.seen(append(b, '<')), '>')
		}
		b = append(b, ',')
	}
	return b
}

// write writes the node, with white space of any kind between its tokens.
func (n *node) write(w writer, b []byte) []byte {
	if n.kind < jsonscan.Array {
		return append(b, n.text...)
	}
	opening, closing := byte('{'), byte('}')
	if n.kind == jsonscan.Array {
		opening, closing = '[', ']'
	}
	b = append(b, opening)
	for i, k := range n.kids {
		if i > 0 {
			b = append(b, ',')
		}
		b = w.space(b)
		if k.key != nil {
			b = w.space(append(w.space(append(b, k.key...)), ':'))
		}
		b = w.space(k.write(w, b))
	}
	return append(b, closing)
}

// denied notes the places of members and items that are hidden.
func (n *node) denied(note func(*node)) {
	for _, k := range n.kids {
		if k.look == hidden && !k.off {
			note(k)
		} else if k.look == hollow && len(k.kids) > 0 {
			note(k)
		}
		k.denied(note)
	}
}

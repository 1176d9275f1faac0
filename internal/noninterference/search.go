package noninterference

import (
	"context"
	"slices"
)

// search finds the pair that makes a stream differ, as far as it is one pair.
func (r *rig) search(ctx context.Context, pairs []*pair, w way, seed uint64, channel string) (*Difference, error) {
	for len(pairs) > 1 {
		half := len(pairs) / 2
		found := false
		for _, part := range [][]*pair{pairs[:half], pairs[half:]} {
			again, err := r.stream(ctx, slices.Clone(part), w, seed)
			if err != nil {
				return nil, err
			}
			if again != "" {
				pairs, channel, found = part, again, true
				break
			}
		}
		if !found { // it takes several together
			break
		}
	}
	d := &Difference{Channel: channel, Subject: pairs[0].of.String(), Together: len(pairs)}
	if len(pairs) == 1 && !pairs[0].fault {
		r.least(pairs[0], func() bool {
			again, err := r.stream(ctx, pairs, w, seed)
			return err == nil && again != ""
		})
	}
	for _, p := range pairs[:min(len(pairs), 20)] {
		d.places(p)
	}
	return d, nil
}

// shrink is the difference that one pair makes by itself.
func (r *rig) shrink(p *pair, channel string) *Difference {
	d := &Difference{Channel: channel, Subject: p.of.String(), Together: 1}
	if !p.fault {
		r.least(p, func() bool { return r.direct(p) == channel })
		d.places(p)
	}
	return d
}

// least takes out of both lines what the difference does not need.
func (r *rig) least(p *pair, differs func() bool) {
	for again := true; again; {
		again = false
		for _, side := range []**node{&p.left, &p.right} {
			for i := 0; ; i++ {
				was, a, b := *side, p.a, p.b
				less := without(was, &i, new(int))
				if less == nil {
					break
				}
				*side = less
				p.a, p.b = p.of.line(p.left, p.micros), p.of.line(p.right, p.of.within(p.micros, p.of.time))
				if p.of.settle(p) && differs() {
					again = true
					i--
					continue
				}
				*side, p.a, p.b = was, a, b
			}
		}
	}
}

// without is the node without its n-th hidden member, counted through all
// depths; nil where there are not so many.
func without(n *node, which, count *int) *node {
	for i, k := range n.kids {
		if k.look == hidden {
			if *count == *which {
				out := *n
				out.kids = slices.Delete(slices.Clone(n.kids), i, i+1)
				return &out
			}
			*count++
			continue
		}
		if less := without(k, which, count); less != nil {
			out := *n
			out.kids = slices.Clone(n.kids)
			out.kids[i] = less
			return &out
		}
	}
	return nil
}

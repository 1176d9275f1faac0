package schema

import (
	"slices"
	"strings"
)

// label is what ways and overlays say of the categories of a place.
type label struct {
	categories []string
	stated     bool // somebody said something, perhaps that there is nothing to protect
	personal   bool
	origins    []Origin
	replaced   []Origin
}

func (l *label) add(o Origin) {
	if !slices.Contains(l.categories, o.Category) {
		l.categories = append(l.categories, o.Category)
	}
	if !slices.Contains(l.origins, o) {
		l.origins = append(l.origins, o)
	}
}

// label unites what everybody says of a place below parent.
func (b *builder) label(parent PlaceID, g *group) label {
	var l label
	for _, w := range g.ways {
		from := w.at.doc
		l.stated = l.stated || w.at.stated
		for _, c := range w.at.categories {
			l.add(Origin{c, from.source(), from.file})
		}
		if w.at.personal {
			l.personal = true
		}
	}
	if slices.ContainsFunc(g.over, func(o *overnode) bool {
		return slices.ContainsFunc(o.says, func(s saying) bool { return s.of.replace })
	}) {
		l = label{replaced: l.origins}
	}
	for _, o := range g.over {
		for _, s := range o.says {
			l.stated = true
			if !b.shut(parent) {
				s.of.reached[s.pointer] = s.of.reached[s.pointer] || len(g.ways) > 0 || strings.HasSuffix(s.pointer, "/*")
			}
			for _, c := range s.of.categories[s.pointer] {
				l.add(Origin{c, "overlay", s.of.file})
			}
		}
	}
	return l
}

// shut reports whether nothing below the place can ever go out, since it or
// one above it is undeclared.
func (b *builder) shut(id PlaceID) bool {
	for ; id > Root; id = b.places[id].Parent {
		if b.places[id].Conditional {
			return true
		}
	}
	return false
}

// rootLabel is the label of the event itself, whose categories go to others.
func (b *builder) rootLabel(g *group) label {
	l := b.label(Undeclared, g)
	if l.personal {
		l.add(Origin{resolve(b.aliases, personal), b.schema.source(), b.schema.file})
	}
	slices.Sort(l.categories)
	return l
}

// categorise fills in the place's categories from its label, its parent and
// the root. implicit: an item that no schema describes, which has its
// array's categories in any case.
func (b *builder) categorise(p *Place, l label, implicit bool) {
	parent := &b.places[p.Parent]
	p.Replaced = l.replaced
	switch {
	case p.Conditional:
		p.Categorised = l.stated
	case l.stated && !implicit:
		p.Categorised = true
		if len(l.categories) > 0 {
			for _, c := range b.places[Root].Categories {
				l.add(Origin{c, "root", b.schema.file})
			}
		}
	case p.Parent != Root && parent.Categorised && !parent.Conditional:
		p.Categorised = true
		p.Inherited = !l.stated
		said := len(l.categories) > 0
		for _, o := range parent.Origins {
			l.add(Origin{o.Category, "parent", o.File})
		}
		for _, c := range b.places[Root].Categories {
			if said && !slices.Contains(l.categories, c) { // the array's are categories = []
				l.add(Origin{c, "root", b.schema.file})
			}
		}
	}
	if !p.Categorised {
		return
	}
	if l.personal && len(l.categories) > 0 {
		l.add(Origin{resolve(b.aliases, personal), b.schema.source(), b.schema.file})
	}
	slices.Sort(l.categories)
	p.Categories, p.Origins = l.categories, l.origins
}

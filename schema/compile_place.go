package schema

import (
	"cmp"
	"fmt"
	"slices"

	"jupyter-events-agent/internal/jsonscan"
)

// Bounds of one schema.
const (
	maxPlaces    = 65_000
	maxWork      = 10_000_000 // steps of compiling
	maxPositions = 1024       // of a tuple
	ownPlaces    = 4096       // from here on, equal places below one top-level member are one place
	maxPatterns  = 64         // for the members of one object
)

// builder makes the places of one schema, those near the root first.
type builder struct {
	*messages
	aliases map[string]string
	names   *jsonscan.Names
	schema  *document // the one that validates

	places []Place
	groups []group
	keys   []string           // what makes a place the same as another
	tops   []PlaceID          // the top-level member that a place is below
	known  map[string]PlaceID // by top-level member and key
	marker *marker
	work   int
	full   bool
	limits limiting
}

// build makes the places: from what the documents of one schema say, the
// first of which validates and alone declares, and from overlays.
func (b *builder) build(docs []*document, over *overnode) bool {
	before := len(b.mistakes)
	b.schema = docs[0]
	b.known = map[string]PlaceID{}
	b.marker = &marker{}
	b.limits.known = map[limited]limit{}
	root := group{}
	for i, d := range docs {
		by := asserting
		if i > 0 {
			by = categorising
		}
		root.ways = append(root.ways, way{d.locs[""], by})
	}
	root.ways = b.whole(root.ways)
	if over != nil {
		root.over = []*overnode{over}
	}
	b.places = []Place{{}, {ID: Root, Types: ObjectType, Text: root.text()}}
	b.groups, b.keys, b.tops = []group{{}, root}, make([]string, 2), make([]PlaceID, 2)
	l := b.rootLabel(&root)
	p := &b.places[Root]
	p.Categories, p.Origins, p.Replaced, p.Categorised = l.categories, l.origins, l.replaced, len(l.categories) > 0
	b.marker.nodes = make([]node, 1, 2)
	b.marker.table(&b.marker.nodes[0], nil)
	for id := Root; int(id) < len(b.places) && !b.full; id++ {
		b.expand(id)
	}
	if b.full {
		b.mistake(b.schema.file, "", fmt.Sprintf("describes too much: more than %d places in its events, or too many ways to them; describe less with anyOf, oneOf and $ref", maxPlaces))
	}
	return len(b.mistakes) == before
}

// expand makes the places directly below one.
func (b *builder) expand(id PlaceID) {
	var n node
	var members []cell
	g := b.groups[id]
	if b.places[id].Types&ObjectType != 0 {
		patterns := g.patterns()
		members = b.members(id, &g, patterns)
		if id != Root {
			n.open = b.unnamed(id, &g, patterns)
		}
	}
	if b.places[id].Types&ArrayType != 0 {
		positions := g.positions()
		if positions > maxPositions {
			b.mistake(b.schema.file, "", fmt.Sprintf("%s: more than %d positions of an array are described; describe them alike", b.places[id].Pointer, maxPositions))
			positions = 0
		}
		for i := range positions {
			token := fmt.Sprint(i)
			n.places = append(n.places, b.child(id, TuplePlace, "", token, g.item(i, token)))
		}
		n.items = b.child(id, ItemPlace, "", "*", g.item(maxPositions, "*"))
	}
	slices.SortStableFunc(b.places[id].Children, func(x, y PlaceID) int {
		return rank[b.places[x].Kind] - rank[b.places[y].Kind]
	})
	b.marker.table(&n, members)
	b.marker.nodes = append(b.marker.nodes, n)
}

// rank is the order of children.
var rank = [...]int{MemberPlace: 1, PatternPlace: 2, AdditionalPlace: 3, TuplePlace: 4, ItemPlace: 5}

// members makes the places of members that anything names. At the top level
// only those count that are declared by name.
func (b *builder) members(id PlaceID, g *group, patterns []pattern) []cell {
	var cells []cell
	for _, name := range g.memberNames() {
		b.work += len(g.ways)
		d := g.member(name)
		kind, own := AdditionalPlace, ""
		switch {
		case d.named:
			kind, own = MemberPlace, name
		case id == Root:
			continue
		case slices.ContainsFunc(patterns, func(p pattern) bool { return p.re.MatchString(name) }):
			kind = PatternPlace
		}
		place := b.child(id, kind, own, name, d)
		cells = append(cells, cell{b.names.Lookup([]byte(name)), place})
	}
	return cells
}

// unnamed makes the places of members that nothing names: one for every set
// of patterns that a name may match. Where there are many patterns, there is one
// for all larger sets.
func (b *builder) unnamed(id PlaceID, g *group, patterns []pattern) *open {
	if len(patterns) > maxPatterns {
		b.mistake(b.schema.file, "", fmt.Sprintf("%s: more than %d patterns for member names in one object; join some with |", b.places[id].Pointer, maxPatterns))
		return nil
	}
	o := &open{places: map[uint64]PlaceID{}}
	for _, p := range patterns {
		o.patterns = append(o.patterns, p.re)
	}
	sets := subsets(len(patterns))
	for _, set := range sets {
		b.work += 1 + len(g.ways)
		var texts []string
		for i, p := range patterns {
			if set&(1<<i) != 0 {
				texts = append(texts, p.text)
			}
		}
		kind := PatternPlace
		if set == 0 {
			kind = AdditionalPlace
		}
		if place := b.child(id, kind, "", "*", g.matching(texts)); place != Undeclared {
			o.places[set] = place
		}
	}
	if every := uint64(1)<<len(patterns) - 1; !slices.Contains(sets, every) {
		o.beyond = b.child(id, PatternPlace, "", "*", g.beyond())
	}
	if len(o.places) == 0 {
		return nil
	}
	return o
}

// subsets are the sets of n patterns that get a place: all of up to four,
// else those of one, or of one and two; the empty set last.
func subsets(n int) []uint64 {
	most := n
	switch {
	case n > 16:
		most = 1
	case n > 4:
		most = 2
	}
	var sets []uint64
	for size := 1; size <= most; size++ {
		sets = pick(sets, 0, 0, n, size)
	}
	return append(sets, 0)
}

// pick appends the sets with size bits, from bit at to n, beside those of set.
func pick(sets []uint64, set uint64, at, n, size int) []uint64 {
	if size == 0 {
		return append(sets, set)
	}
	for i := at; i < n; i++ {
		sets = pick(sets, set|1<<i, i+1, n, size-1)
	}
	return sets
}

// child is the place below parent that d describes: a new one, or the one
// that stands for the same already. Undeclared where nothing describes it.
func (b *builder) child(parent PlaceID, kind PlaceKind, name, token string, d description) PlaceID {
	isItem := kind == ItemPlace || kind == TuplePlace
	implicit := isItem && !d.declared && !b.places[parent].Conditional
	if b.full || len(d.ways)+len(d.over) == 0 && !implicit {
		return Undeclared
	}
	said := d.text()
	d.ways = b.whole(d.ways)
	p := Place{Parent: parent, Name: name, Kind: kind, Conditional: !d.declared && !implicit, Vague: d.vague || b.places[parent].Vague, Text: cmp.Or(said, d.text())}
	b.categorise(&p, b.label(parent, &d.group), implicit)
	b.shape(&p, &d.group)
	p.Required = name != "" && slices.ContainsFunc(b.groups[parent].ways, func(w way) bool {
		return w.force == asserting && slices.Contains(w.at.required, name)
	})
	key := key(&p, &d.group)
	if id := b.same(parent, key); id != Undeclared {
		if !slices.Contains(b.places[parent].Children, id) {
			b.places[parent].Children = append(b.places[parent].Children, id)
		}
		return id
	}
	if len(b.places) >= maxPlaces || b.work > maxWork {
		b.full = true
		return Undeclared
	}
	id := PlaceID(len(b.places))
	p.ID, p.Pointer, p.Identity = id, step(b.places[parent].Pointer, token), b.places[parent].Identity+"/"+d.called
	top := b.tops[parent]
	if parent == Root {
		top = id
	}
	b.places, b.groups = append(b.places, p), append(b.groups, d.group)
	b.keys, b.tops = append(b.keys, key), append(b.tops, top)
	if _, first := b.known[topKey(top, key)]; !first {
		b.known[topKey(top, key)] = id
	}
	b.places[parent].Children = append(b.places[parent].Children, id)
	return id
}

// shape is which values the schema allows at the place.
func (b *builder) shape(p *Place, g *group) {
	var all []*loc
	for _, w := range g.ways {
		if w.force == asserting {
			all = append(all, w.at)
		}
	}
	l := b.limits.asserted(all, AnyType)
	p.Types, p.Closed, p.Enum = l.types, l.closed, l.values
	p.Bounded = l.least && l.greatest && p.Types&^(IntegerType|NullType) == 0
	if p.Types != 0 && p.Types&^(BooleanType|NullType) == 0 {
		p.Closed = true
	}
	if p.Closed || p.Bounded {
		return
	}
	l = b.limits.chosen(l, all)
	if l.closed && len(l.values) > 0 {
		p.Closed, p.Enum = true, l.values
	}
	p.Bounded = l.least && l.greatest && l.types&IntegerType != 0 && l.types&^(IntegerType|NullType) == 0
}

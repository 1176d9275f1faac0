package filters

import (
	"maps"
	"slices"

	"jupyter-events-agent/schema"
)

// verdict is what becomes of the value at a place.
type verdict uint8

const (
	denied   verdict = iota // stays
	changed                 // what an action makes of it goes out
	open                    // goes out; what it holds is judged by itself
	emptied                 // as open, but an array goes out as []
	whole                   // goes out with all it holds
	opened                  // the verdicts of plan.opened hold for it and for what it holds
	captured                // as open, and templates take the value
)

// table is the verdicts of one mode, by place.
type table struct {
	verdicts []verdict
	nulls    [][]byte // by place of an object: `,"a":null,"b":"***"`; nil for none anywhere
	late     [][]text // by place of an object, instead of nulls where what stands there hangs on its values; nil for none anywhere
}

// text stands for a member in nulls.
type text struct {
	json  []byte         // with the comma before it
	place schema.PlaceID // only where the action made nothing of this one; Undeclared: always
}

// plan is a policy compiled against one schema. It holds nothing of one
// output's own, so that outputs of equal policy share it. Immutable.
type plan struct {
	schema *schema.Schema
	prefix []byte   // the envelope up to the timestamp's first byte
	bare   int      // how much of prefix there is of an event without a time
	suffix []byte   // constant metadata, in the record
	beside []Member // constant metadata, beside the record where it is apart
	top    table    // the event's own members
	below  table    // what stands in an open value
	opened table    // what stands in a member that properties opened

	actions    []action         // by place; nil for none
	everything bool             // categories = ["*"]: undeclared members of the event go out too
	captures   []schema.PlaceID // by slot of a template's place; Undeclared where this schema has none
}

// makePlan judges every place of the schema.
func makePlan(s *schema.Schema, u *rules, o options) *plan {
	p := &plan{schema: s, captures: o.captures}
	places := s.Places()
	if u.everything {
		all := slices.Repeat([]verdict{open}, len(places))
		all[schema.Undeclared] = whole
		p.everything = true
		p.below.verdicts, p.opened.verdicts, p.top.verdicts = all, all, slices.Clone(all)
		for _, c := range places[schema.Root].Children {
			if schema.Reserved(places[c].Name) {
				p.top.verdicts[c] = denied
			}
		}
	} else {
		p.judge(u, o)
	}
	for _, c := range o.captures {
		for _, t := range []*table{&p.top, &p.below, &p.opened} {
			if c != schema.Undeclared && t.verdicts[c] > changed {
				t.verdicts[c] = captured
			}
		}
	}
	p.prefix, p.bare = prefix(s)
	members := p.metadata(u, o.metadata)
	if o.apart {
		p.beside = members
	} else {
		p.suffix = appendMembers(nil, members)
	}
	return p
}

// judge fills the tables of a policy that names categories.
func (p *plan) judge(u *rules, o options) {
	places := p.schema.Places()
	memory := make([]verdict, 3*len(places))
	for i, t := range []*table{&p.top, &p.below, &p.opened} {
		t.verdicts = memory[i*len(places) : (i+1)*len(places)]
	}
	below, opening := p.below.verdicts, p.opened.verdicts
	if u.inherit {
		below[schema.Undeclared], opening[schema.Undeclared] = whole, whole
	}
	for i := range places[1:] {
		place := &places[i+1]
		below[place.ID], opening[place.ID] = p.alone(u, place)
		if below[place.ID] == denied && len(u.actions) > 0 {
			below[place.ID] = p.act(u, place)
		}
	}
	p.arrays(below)
	p.arrays(opening)
	for _, c := range places[schema.Root].Children {
		place := &places[c]
		if !topLevel(place) {
			continue
		}
		p.top.verdicts[c] = below[c]
		if opening[c] != denied && slices.Contains(o.properties, c) {
			p.top.verdicts[c] = opened
		}
	}
	if u.null || p.actions != nil {
		p.fill(&p.top, schema.Root, u.null)
		for id := range places[1:] {
			p.fill(&p.below, schema.PlaceID(id+1), u.null)
			p.fill(&p.opened, schema.PlaceID(id+1), u.null)
		}
	}
}

// topLevel says whether a place right below the event can go out at all
// (policy.md §1 and §2): declared by name, and not reserved.
func topLevel(place *schema.Place) bool {
	return place.Kind == schema.MemberPlace && !place.Conditional && !schema.Reserved(place.Name)
}

// alone judges a place without what stands in it: in an open value, and in
// one that properties opened.
func (p *plan) alone(u *rules, place *schema.Place) (inOpen, inOpened verdict) {
	if place.Vague { // the one that is allowed may be none of the value's
		strict := *u
		strict.any, u = false, &strict
	}
	if !place.Conditional {
		inOpen, inOpened = denied, open
		if u.opens(place.Categories, place.Categorised) {
			inOpen = open
		}
		return inOpen, inOpened
	}
	// Undeclared, with categories that conditional ways add to its parent's.
	// An array's element has these under every setting, a member only where
	// undeclared members follow their parent.
	if !u.inherit && !isItem(place) {
		return denied, denied
	}
	// The parent goes out, so its categories are judged already, but "any"
	// looks at all of them together.
	added := p.added(place)
	if u.opens(added, true) {
		return open, open
	}
	if u.any && u.opens(slices.Concat(added, p.followed(place)), true) {
		inOpen = open
	}
	return inOpen, denied
}

// added are the categories of a place; of a conditional one, what conditional
// ways add, and with it the root's, as to every place that has any.
func (p *plan) added(place *schema.Place) []string {
	if len(place.Categories) == 0 || !place.Conditional {
		return place.Categories
	}
	return slices.Concat(place.Categories, p.schema.Places()[schema.Root].Categories)
}

// followed are the categories of what a conditional place follows, up to the
// declared place; none where it may follow several.
func (p *plan) followed(place *schema.Place) (categories []string) {
	places := p.schema.Places()
	for place.Conditional {
		parents := 0
		for i := range places {
			if slices.Contains(places[i].Children, place.ID) {
				parents++
			}
		}
		if parents != 1 {
			return nil
		}
		place = &places[place.Parent]
		categories = append(categories, place.Categories...)
	}
	return categories
}

func isItem(place *schema.Place) bool {
	return place.Kind == schema.ItemPlace || place.Kind == schema.TuplePlace
}

// arrays applies rule 5: denied items leave [], one denied position of a tuple
// denies the array, which may in turn be an item or a position.
func (p *plan) arrays(verdicts []verdict) {
	places := p.schema.Places()
	for again := true; again; {
		again = false
		for i := len(places) - 1; i > 0; i-- {
			place := &places[i]
			if verdicts[i] <= changed {
				continue
			}
			v := verdicts[i]
			for _, c := range place.Children {
				switch kind := places[c].Kind; {
				case verdicts[c] != denied:
				case kind == schema.ItemPlace && v == open:
					v = emptied
				case kind == schema.TuplePlace && place.Types&schema.ArrayType != 0:
					v = denied
				}
			}
			if v != verdicts[i] {
				verdicts[i], again = v, true
			}
		}
	}
}

// fill makes what stands for the denied members of the object at a place.
func (p *plan) fill(t *table, object schema.PlaceID, null bool) {
	places := p.schema.Places()
	texts := map[string]text{}
	late := false
	for _, c := range places[object].Children {
		if instead := p.instead(t, c, null); instead != "" {
			one := text{json: append(append(appendQuoted([]byte(","), places[c].Name), ':'), instead...)}
			if t.verdicts[c] == changed {
				one.place, late = c, true
			}
			texts[places[c].Name] = one
		}
	}
	if len(texts) == 0 {
		return
	}
	if t.nulls == nil {
		t.nulls = make([][]byte, len(places))
	}
	if late && t.late == nil {
		t.late = make([][]text, len(places))
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		t.nulls[object] = append(t.nulls[object], texts[name].json...)
		if late {
			t.late[object] = append(t.late[object], texts[name])
		}
	}
}

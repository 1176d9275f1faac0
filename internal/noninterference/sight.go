package noninterference

import (
	"slices"
	"strings"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// look is how much of a value an output may see.
type look uint8

const (
	hidden look = iota
	hollow      // that there is an array; neither its items nor how many
	shown       // a scalar whole; of what holds others what these say themselves
	full        // all that it holds
)

// sight is what an output may see of one schema's events, by the words of
// docs/policy.md and without package filters. Where a rule is involved it says
// more than the output sees: a pair then differs in less than it might.
type sight struct {
	top, below, opened []look // by place
	inherit            bool
	everything         bool
	drops              []bool // by place; nil for none
}

// words is a policy as sight reads it.
type words struct {
	any, inherit, everything bool
	allowed                  map[string]bool
	actions                  map[string]string
	drops                    []string
}

func read(p *filters.Policy, r *schema.Registry) *words {
	w := &words{any: p.Match == "any", inherit: p.Undeclared == "inherit", allowed: map[string]bool{schema.Unrestricted: true}, actions: map[string]string{}}
	for _, c := range p.Categories {
		w.everything = w.everything || c == "*"
		w.allowed[r.Category(c)] = true
	}
	for _, level := range r.Levels()[:slices.Index(r.Levels(), p.MaxLevel)+1] {
		w.allowed[r.Level(level)] = true
	}
	for c, a := range p.Actions {
		w.actions[r.Category(c)] = a.Action
	}
	for _, c := range p.DropEvents {
		w.drops = append(w.drops, r.Category(c))
	}
	return w
}

// sees says whether a declared value of these categories may be seen, itself or
// what an action makes of it: then it has to stay the same.
func (w *words) sees(place *schema.Place) bool {
	if !place.Categorised {
		return false
	}
	missing, one := []string(nil), false
	for _, c := range place.Categories {
		switch {
		case !w.allowed[c]:
			missing = append(missing, c)
		case c != schema.Unrestricted && !strings.HasPrefix(c, schema.LevelPrefix):
			one = true
		}
	}
	if len(missing) == 0 || w.any && one {
		return true
	}
	for _, c := range missing {
		if a := w.actions[c]; a == "" || a == "drop" || a == "null" || a == "mask" {
			return false
		}
	}
	return place.Kind == schema.MemberPlace
}

func newSight(w *words, s *schema.Schema, properties []string) *sight {
	places := s.Places()
	v := &sight{inherit: w.inherit, everything: w.everything, top: make([]look, len(places)), below: make([]look, len(places)), opened: make([]look, len(places))}
	for i := range places[1:] {
		p := &places[i+1]
		switch {
		case p.Conditional && (w.inherit || p.Kind == schema.ItemPlace || p.Kind == schema.TuplePlace):
			v.below[p.ID], v.opened[p.ID] = shown, shown
		case p.Conditional:
		default:
			v.opened[p.ID] = shown
			if w.sees(p) {
				v.below[p.ID] = shown
			}
		}
	}
	arrays(v.below, places)
	arrays(v.opened, places)
	for _, c := range places[schema.Root].Children {
		if p := &places[c]; p.Kind == schema.MemberPlace && !p.Conditional && !schema.Reserved(p.Name) {
			v.top[c] = v.below[c]
			if slices.Contains(properties, p.Name) {
				v.top[c] = full + 1
			}
		}
	}
	for i := range places {
		for _, c := range places[i].Categories {
			added := places[i].Conditional && slices.ContainsFunc(places[schema.Root].Categories, func(c string) bool { return slices.Contains(w.drops, c) })
			if i > int(schema.Root) && (slices.Contains(w.drops, c) || added) {
				if v.drops == nil {
					v.drops = make([]bool, len(places))
				}
				v.drops[i] = true
			}
		}
	}
	return v
}

// arrays: an array whose items are hidden is hollow; one of which a position is
// hidden is hidden, and so may what holds it be.
func arrays(looks []look, places []schema.Place) {
	for again := true; again; {
		again = false
		for i := range places[1:] {
			p, now := &places[i+1], looks[i+1]
			if now == hidden || p.ID == schema.Root {
				continue
			}
			for _, c := range p.Children {
				switch {
				case looks[c] != hidden:
				case places[c].Kind == schema.ItemPlace:
					now = min(now, hollow)
				case places[c].Kind == schema.TuplePlace && p.Types&schema.ArrayType != 0:
					now = hidden
				}
			}
			if now != looks[i+1] {
				looks[i+1], again = now, true
			}
		}
	}
}

// dropped says whether the output's policy drops the event.
func (v *sight) dropped(tape []jsonscan.Token) bool {
	return v.drops != nil && slices.ContainsFunc(tape, func(t jsonscan.Token) bool { return v.drops[t.Place] && t.Kind != jsonscan.Null })
}

// table is the looks that hold inside a value.
func (v *sight) table(now []look, l look) []look {
	if l > full || len(now) > 0 && &now[0] == &v.opened[0] {
		return v.opened
	}
	return v.below
}

// member is the look of an object's member.
func (v *sight) member(t *jsonscan.Token, raw []byte, table []look, top bool) look {
	switch {
	case top && v.everything:
		name := string(jsonscan.AppendText(nil, t.Key(raw)))
		if schema.Reserved(name) || t.Flags&jsonscan.Off != 0 && name != "taskName" {
			return hidden
		}
		return full
	case top && t.Flags&jsonscan.Off != 0:
		return hidden
	case t.Place == schema.Undeclared && v.inherit && !top:
		return full
	}
	return table[t.Place]
}

// tree makes nodes of an event, each with its look.
func (v *sight) tree(raw []byte, tape []jsonscan.Token) *node {
	root := &node{kind: jsonscan.Object, look: shown}
	v.inside(root, raw, tape, 0, v.top)
	return root
}

func (v *sight) inside(n *node, raw []byte, tape []jsonscan.Token, i uint32, table []look) {
	for j, end := i+1, tape[i].Next; j < end; j = tape[j].Next {
		t := &tape[j]
		kid := &node{kind: t.Kind, place: t.Place, off: t.Flags&jsonscan.Off != 0}
		inner := table
		switch {
		case n.look == full || n.look == hidden || n.look == hollow:
			kid.look = n.look
			if n.look == hollow {
				kid.look = hidden
			}
		case n.kind == jsonscan.Array:
			if kid.look = shown; t.Place != schema.Undeclared {
				kid.look = table[t.Place]
			}
		default:
			kid.look = v.member(t, raw, table, i == 0)
		}
		if i == 0 {
			inner = v.table(nil, kid.look)
			if kid.look > full {
				kid.look = v.opened[t.Place]
			}
		}
		if t.KeyLen > 0 {
			kid.key = append([]byte(nil), t.Key(raw)...)
			kid.name = string(jsonscan.AppendText(nil, kid.key))
		}
		if t.Kind < jsonscan.Array {
			kid.text = append([]byte(nil), t.Value(raw)...)
		} else {
			if kid.look == hollow && t.Kind != jsonscan.Array {
				kid.look = shown
			}
			v.inside(kid, raw, tape, j, inner)
		}
		n.kids = append(n.kids, kid)
	}
}

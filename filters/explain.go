package filters

import (
	"fmt"
	"strings"

	"jupyter-events-agent/schema"
)

// Row says what becomes of one place of one schema at an output, and who said so.
type Row struct {
	Input       string          `json:"input,omitempty"` // of a field of its files' paths, which goes with events of any schema
	Schema      string          `json:"schema"`
	Version     string          `json:"version"`
	Property    string          `json:"property"` // schema.Place.Identity: pointer into the event, "*" for any item, in braces which other names
	Declared    string          `json:"declared"` // member, pattern, additional, items, position; "conditionally …" is undeclared
	Categories  []string        `json:"categories"`
	Categorised bool            `json:"categorised"`
	Origins     []schema.Origin `json:"origins"`
	Replaced    []string        `json:"replaced,omitempty"` // categories that an overlay with replace = true took away
	Verdict     string          `json:"verdict"`            // sent, denied, null, masked, token, pseudonym, truncated, empty array
	Reason      string          `json:"reason"`
	Action      string          `json:"action,omitempty"`      // of policy.actions, where one holds: mask, pseudonymize, truncate to day, …
	Drops       bool            `json:"drops_event,omitempty"` // where it is present and not null the event does not go out at all

	Place schema.PlaceID `json:"-"` // in the schema's Places; 0 of a field of paths
}

// Explain is one row for every place of every schema that the output takes,
// sorted by schema, version and place; before them, one for every field of the
// paths of the inputs' files.
func (f *Filter) Explain() []Row {
	var rows []Row
	for _, p := range f.reachable() {
		rows = append(rows, p.rows(f.rules)...)
	}
	for _, p := range f.plans {
		if p == nil {
			continue
		}
		places := p.schema.Places()
		var children func(of schema.PlaceID)
		seen := make([]bool, len(places))
		children = func(of schema.PlaceID) {
			for _, c := range places[of].Children {
				if !seen[c] { // a schema may hold itself: one row for what comes again
					seen[c] = true
					rows = append(rows, p.row(c, f.rules))
					children(c)
				}
			}
		}
		children(schema.Root)
	}
	return f.subjectReasons(rows)
}

// Notes are what the rows cannot say: what goes out without a row of its own,
// and what stays visible of what does not go out (policy.md §5).
func (f *Filter) Notes() []string {
	var notes []string
	if f.rules.everything {
		notes = append(notes, `categories = ["*"]: EVERY valid event goes out whole, whatever its categories; undeclared members go out too, which no row shows`)
	}
	if f.trusted {
		notes = append(notes, "only events of trusted inputs go here")
	}
	if f.rules.inherit {
		notes = append(notes, `undeclared = "inherit": members that the schema does not declare go out wherever the object that holds them does, which no row shows`)
	}
	if f.rules.maxLevel != "" {
		notes = append(notes, f.rules.levelNote())
	}
	if len(f.rules.drops) > 0 {
		notes = append(notes, f.rules.dropNote())
	}
	notes = append(notes, f.consentNotes()...)
	notes = append(notes, f.rules.neverNotes()...)
	if f.rules.any {
		notes = append(notes, `match = "any": one allowed category opens a place, whatever its others are`)
	}
	notes = append(notes, f.actionNotes()...)
	return append(notes,
		"that an event happened goes out for every schema here, "+f.time.note(f.numbered),
		"an open array shows its length, an open object that it is there; the order of members that go out is the event's")
}

// row explains one place.
func (p *plan) row(id schema.PlaceID, u *rules) Row {
	v, in, closed := p.at(id)
	return p.judged(id, v, in, closed, u)
}

// judged explains a place of which it is known what becomes, as at says it.
func (p *plan) judged(id schema.PlaceID, v verdict, in *table, closed schema.PlaceID, u *rules) Row {
	place := &p.schema.Places()[id]
	r := Row{
		Place: id, Schema: p.schema.ID(), Version: p.schema.Version(), Property: place.Identity, Declared: declared(place),
		Categories: place.Categories, Categorised: place.Categorised, Origins: place.Origins, Verdict: "sent",
	}
	if r.Categories == nil {
		r.Categories = []string{}
	}
	if r.Origins == nil {
		r.Origins = []schema.Origin{}
	}
	for _, o := range place.Replaced {
		r.Replaced = append(r.Replaced, o.Category)
	}
	if in != nil {
		if a := p.actionAt(in, id); a != noAction {
			r.Action = a.String()
		}
	}
	switch v {
	case denied:
		r.Verdict = "denied"
		if in != nil {
			r.Verdict = map[string]string{"": "denied", "null": "null", mask: "masked"}[p.instead(in, id, u.null)]
		}
		r.Reason = p.whyDenied(place, closed, in, u)
	case changed:
		switch p.actionAt(in, id) {
		case tokenized:
			r.Verdict = "token"
		case pseudonymized:
			r.Verdict = "pseudonym"
		default:
			r.Verdict = "truncated"
		}
		r.Reason = p.whyDenied(place, closed, in, u)
	case emptied:
		r.Verdict, r.Reason = "empty array", "its items are denied"
		if place.Types&schema.ScalarTypes&^schema.NullType != 0 {
			r.Verdict, r.Reason = "sent", p.whySent(place, in, u)+"; an array goes as [], since its items are denied"
		}
	default:
		r.Reason = p.whySent(place, in, u)
	}
	for up := place; up.ID != schema.Root; up = &p.schema.Places()[up.Parent] {
		if drops := u.dropsOf(p.added(up)); len(drops) > 0 {
			what := "it"
			if up != place {
				what = up.Identity
			}
			r.Drops = true
			r.Reason += "; where " + what + " is present drop_events_with drops the event, for " + strings.Join(drops, ", ")
			break
		}
	}
	if len(r.Replaced) > 0 {
		r.Reason += "; an overlay took away " + strings.Join(r.Replaced, ", ")
	}
	return r
}

// at is what becomes of a place where its parents are those that its pointer
// names: its verdict, the table that judged it, and the closed place above
// it, Undeclared for none (the table is then nil).
func (p *plan) at(id schema.PlaceID) (v verdict, in *table, closed schema.PlaceID) {
	parent := p.schema.Places()[id].Parent
	if parent == schema.Root {
		if v = p.top.verdicts[id]; v == opened {
			return p.opened.verdicts[id], &p.opened, schema.Undeclared
		}
		return v, &p.top, schema.Undeclared
	}
	above, in, closed := p.at(parent)
	switch {
	case closed != schema.Undeclared:
		return denied, nil, closed
	case above <= changed:
		return denied, nil, parent
	case in != &p.opened:
		in = &p.below
	}
	return in.verdicts[id], in, schema.Undeclared
}

func declared(place *schema.Place) string {
	word := map[schema.PlaceKind]string{
		schema.MemberPlace: "member", schema.PatternPlace: "pattern", schema.AdditionalPlace: "additional",
		schema.ItemPlace: "items", schema.TuplePlace: "position",
	}[place.Kind]
	if place.Conditional {
		return "conditionally " + word
	}
	return word
}

func (p *plan) whySent(place *schema.Place, in *table, u *rules) string {
	missing := u.missing(p.added(place))
	switch {
	case u.everything:
		return `categories = ["*"] lets everything through`
	case in == &p.opened && place.Conditional:
		return "undeclared, as its parent, which policy.properties opens"
	case in == &p.opened:
		return "policy.properties opens it"
	case place.Conditional:
		return "undeclared, as its parent"
	case len(missing) > 0:
		return `match = "any" opens it in spite of ` + strings.Join(missing, ", ")
	case len(place.Categories) == 0:
		return "categories = []: nothing to protect"
	}
	return "all its categories are allowed"
}

func (p *plan) whyDenied(place *schema.Place, closed schema.PlaceID, in *table, u *rules) string {
	added := p.added(place)
	missing := u.missing(added)
	enough := u.any && u.opens(added, true) // for what is not told apart, and for an array that a position denies, it is not
	switch {
	case closed != schema.Undeclared:
		return p.schema.Places()[closed].Identity + " is denied with all that it holds"
	case place.Parent == schema.Root && schema.Reserved(place.Name):
		return "reserved: the agent's own members are called so"
	case place.Conditional && (len(missing) == 0 || enough && !place.Vague):
		return "undeclared: only conditional keywords reach it"
	case place.Parent == schema.Root && place.Kind != schema.MemberPlace:
		return "undeclared: at the top level only members declared by name count"
	case !place.Categorised && !place.Conditional:
		return "uncategorised: nobody has said what it is about"
	case len(missing) == 0 || enough && !place.Vague || in == &p.opened && !place.Conditional:
		return "a position of the array is denied, which denies the array"
	case u.any && len(missing) == len(added):
		return "none of its categories is allowed: " + strings.Join(missing, ", ") + p.whyActed(place, in, u, missing)
	}
	why := strings.Join(missing, ", ") + " are not allowed"
	if len(missing) == 1 {
		why = missing[0] + " is not allowed"
	}
	switch {
	case enough:
		why += ", and which of its categories a value has is not told apart"
	case u.any:
		why += ", and unrestricted and levels count only where they stand alone"
	}
	return why + p.whyActed(place, in, u, missing)
}

// whyActed is what policy.actions has to do with a denied place; missing are
// its categories that are not allowed.
func (p *plan) whyActed(place *schema.Place, in *table, u *rules, missing []string) string {
	var with, without []string
	for _, c := range missing {
		if u.actions[c] == noAction {
			without = append(without, c)
		} else {
			with = append(with, c)
		}
	}
	a := p.actionAt(in, place.ID)
	switch {
	case len(with) == 0:
		return ""
	case a != noAction:
		return "; policy.actions: " + a.String()
	case len(without) > 0:
		return "; no action of policy.actions holds, since " + strings.Join(without, ", ") + " has none"
	case place.Conditional:
		return "; no action of policy.actions holds for what is undeclared"
	case isItem(place):
		return "; no action of policy.actions holds for what an array holds"
	case place.Kind != schema.MemberPlace:
		return "; no action of policy.actions holds, since the name is content"
	}
	if place.Types&schema.ScalarTypes != 0 {
		return "; no action of policy.actions holds, since only a text can be truncated"
	}
	return "; no action of policy.actions holds for an object or array"
}

// openedByAny names the places that match = "any" opens and "all" would not.
func (p *plan) openedByAny(u *rules, o options) (warnings []string) {
	strict := *u
	strict.any = false
	q := makePlan(p.schema, &strict, o)
	places := p.schema.Places()
	for id := int(schema.Root) + 1; id < len(places); id++ {
		v, _, _ := p.at(schema.PlaceID(id))
		w, _, _ := q.at(schema.PlaceID(id))
		if v > changed && w <= changed {
			warnings = append(warnings, fmt.Sprintf(`policy.match: "any" opens %s of schema %s version %s, which "all" would not (it has %s, which is not allowed)`,
				places[id].Identity, p.schema.ID(), p.schema.Version(), strings.Join(u.missing(places[id].Categories), ", ")))
		}
	}
	return warnings
}

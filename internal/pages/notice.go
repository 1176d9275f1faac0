package pages

import (
	"cmp"
	"slices"
	"strings"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// notice is what the page for users shows.
type notice struct {
	head
	Service, Operator, Contact string
	Receivers                  []receiver
	Kinds                      []kindRow
	Entries                    []entry
	Words                      []explanation
	Kept                       bool // unreadable lines are kept
}

// receiver is one output, for people.
type receiver struct {
	Name, Who, Purpose string // Who is "" where it is the name
	Everything         bool
	Plain, Changed     []string // what it gets
	Not                []string // what it does not get
	Entries            []string // the kinds of entries that it gets
	Time               string   // how exactly it knows when
	Drops              []string
	Consent, Nobody    bool // people are asked; what names nobody goes there all the same
	Undescribed        bool // it gets something that nobody has described
	Inherits           bool // what nobody has described goes with what holds it
	Source             bool // it learns which log an entry is from
	Numbered           bool // it gets the event id
}

// kindRow is a kind of information, and in which form each receiver gets it.
type kindRow struct {
	kind
	Cells []string
}

// entry is a kind of entry in the log, with what is in it.
type entry struct {
	Title, Text string
	Parts       []part
	Nowhere     bool // it goes to nobody
}

// part is one property, in words.
type part struct {
	Text, Kind string
	Cells      []string
	of         []string // categories
}

// explanation is a word of the page and what it means.
type explanation struct{ Word, Text string }

// The forms in which something goes out, in words for people.
const (
	asIs    = "as it is"
	asCode  = "as a code"
	asToken = "as a random code"
	masked  = "blanked out"
	there   = "that it is there"

	shortened = "shortened"
	none      = "no"
	held      = "no: the entry does not go"
	absent    = "–" // no such entry goes there
)

// cuts are the forms of what the action truncate leaves.
var cuts = map[string]string{"address": "only the network", "hour": "only the hour", "day": "only the day", "path": "only its kind"}

// ways are the forms in the order in which the page names them.
var ways = []string{asIs, asCode, asToken, cuts["address"], cuts["hour"], cuts["day"], cuts["path"], shortened, masked, there}

// way is the form of a row, in words for people; s is nil for a field of paths.
func (o *output) way(r *filters.Row, s *schema.Schema) string {
	if r.Drops {
		return held
	}
	switch r.Verdict {
	case "sent":
		if s != nil && !o.everything() && !o.inherits() && hollow(&s.Places()[r.Place]) {
			return there
		}
		return asIs
	case "pseudonym":
		return asCode
	case "token":
		return asToken
	case "masked":
		return masked
	case "empty array":
		if s.Places()[r.Place].Types&schema.ScalarTypes&^schema.NullType != 0 {
			return asIs // what is no array
		}
		return there
	case "truncated":
		return cmp.Or(cuts[strings.TrimPrefix(r.Action, "truncate to ")], shortened)
	}
	return none
}

// hollow says that the place is an object of which no member is described.
func hollow(place *schema.Place) bool {
	return place.Types&^schema.NullType == schema.ObjectType && len(place.Children) == 0
}

// goes says whether anything goes out in the form.
func goes(way string) bool { return way != none && way != held && way != absent }

// notice gathers what the page says.
func (a *Agent) notice() *notice {
	n := &notice{
		Service: plain(a.config.Notice.Service), Operator: plain(a.config.Notice.Operator), Contact: plain(a.config.Notice.Contact),
		Kept: a.config.Quarantine != nil,
	}
	tally := newTally(a)
	titles := map[string]bool{}
	for i := range a.config.Inputs {
		if in := &a.config.Inputs[i]; len(in.Rules.Source.Pattern.Fields()) > 0 {
			parts := a.parts(tally, func(r *filters.Row) bool { return r.Input == in.Name }, nil)
			title := "Whose log it is"
			if titles[title] {
				title += " (" + plain(in.Name) + ")"
			}
			titles[title] = true
			n.Entries = append(n.Entries, entry{Title: title, Text: "Taken from where the log lies, and added to every entry of it.", Parts: parts, Nowhere: len(parts) == 0})
		}
	}
	taken := make([][]string, len(a.outputs))
	for _, s := range a.registry.Schemas() {
		if len(a.allowed(s)) == 0 {
			continue
		}
		e := entry{Title: cmp.Or(plain(s.Title()), plain(s.ID())), Text: plain(s.Places()[schema.Root].Text), Nowhere: !a.taken(s)}
		if e.Text == e.Title { // it has no description
			e.Text = ""
		}
		if titles[e.Title] {
			e.Title += " (version " + plain(s.Version()) + ")"
		}
		if titles[e.Title] {
			e.Title += " (" + plain(s.ID()) + ")"
		}
		titles[e.Title] = true
		e.Parts = a.parts(tally, func(r *filters.Row) bool { return r.Input == "" && r.Schema == s.ID() && r.Version == s.Version() }, s)
		for i := range a.outputs {
			if a.gets(&a.outputs[i], s) {
				taken[i] = append(taken[i], e.Title)
			}
		}
		n.Entries = append(n.Entries, e)
	}
	a.undescribed(tally, taken)
	for _, e := range n.Entries {
		for i := range e.Parts {
			e.Parts[i].Kind = tally.called(e.Parts[i].of)
		}
	}
	n.Kinds = tally.rows()
	for i := range a.outputs {
		n.Receivers = append(n.Receivers, tally.receiver(i, &a.outputs[i], taken[i]))
	}
	if slices.ContainsFunc(n.Receivers, func(r receiver) bool { return r.Undescribed && !r.Everything }) {
		n.Kinds[len(n.Kinds)-1].Text = "Nobody has said what these are about."
	}
	n.Words = a.meanings(n)
	return n
}

// undescribed counts what no schema describes, where it goes anywhere: entries
// may hold it, and it has no row.
func (a *Agent) undescribed(t *forms, taken [][]string) {
	all, some := slices.Repeat([]string{none}, len(a.outputs)), slices.Repeat([]string{none}, len(a.outputs))
	for i := range a.outputs {
		switch o := &a.outputs[i]; {
		case len(taken[i]) == 0:
		case o.everything():
			all[i], some[i] = asIs, asIs
		case o.loose:
			some[i] = asIs
		}
	}
	if slices.Contains(some, asIs) {
		t.add([]string{unknown}, all)
		t.add([]string{unknown}, some)
	}
}

// parts are the properties of one kind of entry. What only holds others is one
// only where it goes somewhere with none of them; what was never declared only
// where it goes somewhere.
func (a *Agent) parts(t *forms, of func(*filters.Row) bool, s *schema.Schema) (parts []part) {
	type key struct {
		place    schema.PlaceID
		property string
	}
	var order []key
	known := map[key][]string{}
	first := map[key]*filters.Row{}
	filled := make([]map[schema.PlaceID]bool, len(a.outputs)) // places of which some part goes out, by output
	for i := range a.outputs {
		o := &a.outputs[i]
		filled[i] = map[schema.PlaceID]bool{}
		for j := range o.rows {
			r := &o.rows[j]
			if !of(r) {
				continue
			}
			k := key{r.Place, r.Property}
			if first[k] == nil {
				first[k], known[k] = r, slices.Repeat([]string{absent}, len(a.outputs))
				order = append(order, k)
			}
			way := o.way(r, s)
			if known[k][i] = way; s == nil || !goes(way) {
				continue
			}
			if holds(s, r.Place) {
				known[k][i] = there
			}
			for up := s.Places()[r.Place].Parent; up != schema.Root; up = s.Places()[up].Parent {
				filled[i][up] = true
			}
		}
	}
	for _, k := range order {
		r, cells := first[k], known[k]
		somewhere, bare := false, false
		for i, c := range cells {
			somewhere = somewhere || goes(c)
			bare = bare || goes(c) && !filled[i][k.place]
		}
		if strings.HasPrefix(r.Declared, "conditionally") && !somewhere {
			continue
		}
		p := part{Text: named(r, s), Cells: cells, of: kindsOf(r)}
		if t.add(p.of, cells); s != nil && holds(s, r.Place) && !bare {
			continue
		}
		t.free = t.free || somewhere && p.of[0] == schema.Unrestricted && !fixed(r, s)
		parts = append(parts, p)
	}
	return parts
}

// fixed says that what goes out of the property is a number, or one of a list.
func fixed(r *filters.Row, s *schema.Schema) bool {
	if s == nil || strings.HasPrefix(r.Declared, "conditionally") {
		return false
	}
	place := &s.Places()[r.Place]
	return place.Closed || place.Types&(schema.StringType|schema.ArrayType) == 0 || holds(s, r.Place)
}

// holds says that the place is there for what it holds, and that all of that
// is described: the elements of an array too.
func holds(s *schema.Schema, id schema.PlaceID) bool {
	places := s.Places()
	place := &places[id]
	items := func(c schema.PlaceID) bool { return places[c].Kind == schema.ItemPlace }
	return len(place.Children) > 0 && place.Types&schema.ScalarTypes&^schema.NullType == 0 &&
		(place.Types&schema.ArrayType == 0 || slices.ContainsFunc(place.Children, items))
}

// named says what a property is: what the schema says of it, with the names
// that lead to it.
func named(r *filters.Row, s *schema.Schema) string {
	at := strings.TrimPrefix(r.Property, "/__path__")
	if s != nil {
		at = s.Places()[r.Place].Pointer
	}
	name := strings.Join(strings.FieldsFunc(at, func(c rune) bool { return c == '/' || c == '*' }), " ")
	name = plain(strings.NewReplacer("~1", "/", "~0", "~", "_", " ").Replace(name))
	if s != nil {
		switch s.Places()[r.Place].Kind { // what has no name of its own
		case schema.PatternPlace, schema.AdditionalPlace:
			name += ", further parts"
		case schema.ItemPlace:
			name += ", each of them"
		}
	}
	if s == nil || s.Places()[r.Place].Text == "" {
		return name
	}
	return strings.TrimRight(plain(s.Places()[r.Place].Text), ". ") + " (" + name + ")"
}

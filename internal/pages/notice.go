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
	Untold                     bool // something is not described
	Kept                       bool // unreadable lines are kept
}

// receiver is one output, for people.
type receiver struct {
	Name, Who, Purpose string
	Everything         bool
	Plain, Changed     []string // what it gets
	Not                []string // what it does not get
	Entries            []string // the kinds of entries that it gets
	Time               string   // how exactly it knows when
	Drops              []string
	Consent            bool
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
}

// part is one property, in words.
type part struct {
	Text, Kind string
	Cells      []string
}

// explanation is a word of the page and what it means.
type explanation struct{ Word, Text string }

// The forms in which something goes out, in words for people.
const (
	asIs    = "as it is"
	asCode  = "as a code"
	asToken = "as a random code"
	masked  = "blanked out"
	emptied = "only that it is there"

	shortened = "shortened"
	none      = "no"
	absent    = "–" // no such entry goes there
)

// cuts are the forms of what the action truncate leaves.
var cuts = map[string]string{"address": "only the network", "hour": "only the hour", "day": "only the day", "path": "only its kind"}

// ways are the forms in the order in which the page names them.
var ways = []string{asIs, asCode, asToken, cuts["address"], cuts["hour"], cuts["day"], cuts["path"], shortened, masked, emptied}

// wayOf is the form of a row, in words for people.
func wayOf(r *filters.Row) string {
	switch r.Verdict {
	case "sent":
		return asIs
	case "pseudonym":
		return asCode
	case "token":
		return asToken
	case "masked":
		return masked
	case "empty array":
		return emptied
	case "truncated":
		return cmp.Or(cuts[strings.TrimPrefix(r.Action, "truncate to ")], shortened)
	}
	return none
}

// notice gathers what the page says.
func (a *Agent) notice() *notice {
	n := &notice{
		Service: plain(a.config.Notice.Service), Operator: plain(a.config.Notice.Operator), Contact: plain(a.config.Notice.Contact),
		Kept: a.config.Quarantine != nil,
	}
	tally := newTally(a)
	for i := range a.config.Inputs {
		if in := &a.config.Inputs[i]; len(in.Rules.Source.Pattern.Fields()) > 0 {
			parts := a.parts(tally, func(r *filters.Row) bool { return r.Input == in.Name }, nil)
			n.Entries = append(n.Entries, entry{"Whose log it is", "Taken from where the log lies, and added to every entry of it.", parts})
		}
	}
	var titles []string
	taken := make([][]string, len(a.outputs))
	for _, s := range a.registry.Schemas() {
		if len(a.allowed(s)) == 0 {
			continue
		}
		e := entry{Title: cmp.Or(plain(s.Title()), plain(s.ID())), Text: plain(s.Places()[schema.Root].Text)}
		if e.Text == e.Title { // it has no description
			e.Text = ""
		}
		if slices.Contains(titles, e.Title) {
			e.Title += " (version " + plain(s.Version()) + ")"
		}
		titles = append(titles, e.Title)
		e.Parts = a.parts(tally, func(r *filters.Row) bool { return r.Input == "" && r.Schema == s.ID() && r.Version == s.Version() }, s)
		for i := range a.outputs {
			if a.outputs[i].filter.Takes(s) {
				taken[i] = append(taken[i], e.Title)
			}
		}
		n.Entries = append(n.Entries, e)
	}
	n.Kinds = tally.rows()
	n.Untold = slices.ContainsFunc(n.Kinds, func(k kindRow) bool { return k.kind == undescribed })
	for i := range a.outputs {
		n.Receivers = append(n.Receivers, tally.receiver(i, &a.outputs[i], taken[i]))
	}
	n.Words = a.meanings(tally)
	return n
}

// parts are the properties of one kind of entry. What only holds others is not
// one; what was never declared is one only where it goes somewhere.
func (a *Agent) parts(t *forms, of func(*filters.Row) bool, s *schema.Schema) (parts []part) {
	type key struct {
		place    schema.PlaceID
		property string
	}
	var order []key
	known := map[key][]string{}
	first := map[key]*filters.Row{}
	for i := range a.outputs {
		for j := range a.outputs[i].rows {
			r := &a.outputs[i].rows[j]
			if !of(r) || s != nil && holds(s, r.Place) {
				continue
			}
			k := key{r.Place, r.Property}
			if first[k] == nil {
				first[k], known[k] = r, slices.Repeat([]string{absent}, len(a.outputs))
				order = append(order, k)
			}
			known[k][i] = wayOf(r)
		}
	}
	for _, k := range order {
		r, cells := first[k], known[k]
		if strings.HasPrefix(r.Declared, "conditionally") && !slices.ContainsFunc(cells, func(c string) bool { return c != none && c != absent }) {
			continue
		}
		about := kindOf(r.Categories, r.Categorised)
		parts = append(parts, part{named(r, s), about.Title, cells})
		t.add(about, cells)
	}
	return parts
}

// holds says that the place is there for what it holds.
func holds(s *schema.Schema, id schema.PlaceID) bool {
	place := &s.Places()[id]
	return len(place.Children) > 0 && place.Types&schema.ScalarTypes&^schema.NullType == 0
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
	if s == nil || s.Places()[r.Place].Text == "" {
		return name
	}
	return strings.TrimRight(plain(s.Places()[r.Place].Text), ". ") + " (" + name + ")"
}

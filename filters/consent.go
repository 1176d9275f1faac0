package filters

import (
	"fmt"
	"slices"

	"jupyter-events-agent/schema"
)

// userIdentifier is the category of what says whom an event is about.
const userIdentifier = "user-identifier"

// Consent makes an output one that people opt in to: an event about persons goes
// out only where each of them has said yes. Whom it is about is what stands at
// its places of the category user-identifier, denied ones too; null and the empty
// text are nobody.
type Consent struct {
	Yes            func(person []byte) bool // by the value, a text decoded; nil: nobody has. For many goroutines
	WithoutSubject string                   // "" or "drop" | "deliver": what becomes of events about nobody
}

// asked is a Consent compiled.
type asked struct {
	yes      func(person []byte) bool
	deliver  bool      // events about nobody
	subjects [][]about // by schema.Index and place; nil: the schema has no such place
	fields   [][]bool  // by Source.Index and field of its files' paths
}

// ask compiles the policy's Consent, after the plans.
func (f *Filter) ask(c *Consent, r *schema.Registry) (warnings []string, err error) {
	if c == nil {
		return nil, nil
	}
	if i := slices.Index([]string{"", "drop", "deliver"}, c.WithoutSubject); i < 0 {
		return nil, fmt.Errorf(`without_subject: %q is not known (drop or deliver)`, c.WithoutSubject)
	}
	f.consent = &asked{yes: c.Yes, deliver: c.WithoutSubject == "deliver", subjects: make([][]about, len(f.plans))}
	if f.consent.yes == nil {
		f.consent.yes = func([]byte) bool { return false }
	}
	any := f.consent.paths(f.paths)
	for _, p := range f.plans {
		if p == nil {
			continue
		}
		is, found := p.subjects()
		if !found {
			continue
		}
		f.consent.subjects[p.schema.Index()], any = is, true
		if places := p.schema.Places(); slices.Contains(places[schema.Root].Categories, userIdentifier) {
			warnings = append(warnings, fmt.Sprintf("consent: schema %s version %s has %s as a whole, so every value in it that has categories counts as a person, who will not have said yes (give the category to the properties that name persons)", p.schema.ID(), p.schema.Version(), userIdentifier))
		}
	}
	if !any {
		warnings = append(warnings, fmt.Sprintf("consent: nothing that this output takes has the category %s, so every event is about nobody, and without_subject alone says what becomes of it", userIdentifier))
	}
	return warnings, nil
}

// about says whether the values at a place are of whom the event is about.
type about uint8

const (
	nobody   about = iota
	somebody       // a scalar is a person
	inherits       // as the value that holds it: the place is not declared
)

// subjects are the places of the schema that say whom events are about.
func (p *plan) subjects() (is []about, found bool) {
	places := p.schema.Places()
	is = make([]about, len(places))
	is[schema.Undeclared] = inherits
	for i := int(schema.Root) + 1; i < len(places); i++ {
		switch place := &places[i]; {
		case slices.Contains(p.added(place), userIdentifier):
			is[i], found = somebody, true
		case place.Conditional:
			is[i] = inherits
		}
	}
	return is, found
}

// paths notes which fields of the inputs' paths say it.
func (c *asked) paths(plans []*pathPlan) (found bool) {
	c.fields = make([][]bool, len(plans))
	for i, p := range plans {
		if p == nil {
			continue
		}
		for _, field := range p.fields {
			is := slices.Contains(field.categories, userIdentifier)
			c.fields[i], found = append(c.fields[i], is), found || is
		}
	}
	return found
}

// Persons are what says whom events of the schema are about, called as Explain
// does: the fields of the paths of the inputs that bring them, by their index in
// checkers, then the schema's places, without those in a value that counts as a
// whole. None where nobody is asked, or no input brings the schema.
func (f *Filter) Persons(checkers []*schema.Checker, s *schema.Schema) (all []string) {
	if f.consent == nil || !f.Gets(checkers, s) {
		return nil
	}
	for _, i := range f.From(checkers, s) {
		if i < len(f.consent.fields) {
			for j, is := range f.consent.fields[i] {
				if name := "/" + pathName + "/" + f.paths[i].fields[j].name; is && !slices.Contains(all, name) {
					all = append(all, name)
				}
			}
		}
	}
	places := s.Places()
	for id, is := range f.consent.subjects[s.Index()] {
		if is == somebody && !slices.Contains(places[places[id].Parent].Categories, userIdentifier) {
			all = append(all, places[id].Identity)
		}
	}
	return all
}

// Asks says whether the output is one that people opt in to.
func (f *Filter) Asks() bool { return f.consent != nil }

// consentNotes say what consent does, and what it tells.
func (f *Filter) consentNotes() []string {
	if f.consent == nil {
		return nil
	}
	without := "an event about nobody does not go out"
	if f.consent.deliver {
		without = "an event about nobody goes out"
	}
	return []string{
		"consent: an event about persons goes out only while each of them says yes in the consent file; " + without,
		"consent: that a record came tells that they have said yes, that it did not come that one has not",
	}
}

// subjectReasons are what rows add whose values say whom the event is about.
func (f *Filter) subjectReasons(rows []Row) []Row {
	for i := range rows {
		if f.consent != nil && slices.Contains(rows[i].Categories, userIdentifier) {
			rows[i].Reason += "; consent: whom it names must have said yes"
		}
	}
	return rows
}

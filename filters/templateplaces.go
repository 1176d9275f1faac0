package filters

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"jupyter-events-agent/internal/near"
	"jupyter-events-agent/schema"
)

// in is the place in a schema; Undeclared where the schema declares none. Where
// every mention takes only what is permitted, a place that may be more than one
// scalar is none; one that is denied has no value, as its value never goes out.
func (p *place) in(s *schema.Schema) schema.PlaceID {
	if p.field != "" {
		return schema.Undeclared
	}
	id := findPlace(s, p.path)
	strict := slices.ContainsFunc(p.users, func(u user) bool { return !u.Permitted })
	if strict || id == schema.Undeclared {
		return id
	}
	if s.Places()[id].Types&^schema.ScalarTypes != 0 || recurs(s, id, len(p.path)) {
		return schema.Undeclared
	}
	return id
}

// refusePlaces finds what is wrong with the templates' places: a template may
// hold only what every record of the output may hold, and only one scalar. A
// place that no schema of the output has is said once, whatever a default would
// hide, and a mistake of several schemas once for all of them.
func (f *Filter) refusePlaces(templated []place) error {
	var errs []error
	for slot := range templated {
		place := &templated[slot]
		if place.field != "" {
			continue
		}
		known := f.declares(slot)
		for _, u := range place.users {
			what := fmt.Sprintf("%s: {%s}", u.Use, place.text)
			switch {
			case known && !u.Permitted:
				errs = append(errs, f.refuseMention(what, slot, place, u)...)
			case !known && (u.orElse || !u.Permitted && slices.ContainsFunc(f.plans, func(p *plan) bool { return p != nil })):
				errs = append(errs, fmt.Errorf("%s: no schema of this output declares {%s}%s", u.Use, place.text, near.Hint(place.text, f.pointers())))
			}
		}
	}
	return errors.Join(errs...)
}

// declares says whether a schema of the output has the place.
func (f *Filter) declares(slot int) bool {
	return slices.ContainsFunc(f.plans, func(p *plan) bool { return p != nil && p.captures[slot] != schema.Undeclared })
}

// pointers are the members that the schemas of the output have, as templates
// name them.
func (f *Filter) pointers() (all []string) {
	for _, p := range f.plans {
		if p == nil {
			continue
		}
		for i := range p.schema.Places() {
			if at := &p.schema.Places()[i]; at.Kind == schema.MemberPlace && at.Pointer != "" {
				all = append(all, at.Pointer[1:])
			}
		}
	}
	return all
}

// refuseMention judges one mention of a place in all schemas.
func (f *Filter) refuseMention(what string, slot int, place *place, u user) (errs []error) {
	var reasons [][2]string // why and hint
	in := map[[2]string][]*schema.Schema{}
	for _, p := range f.plans {
		if p == nil {
			continue
		}
		why, hint := p.refusePlace(p.captures[slot], len(place.path))
		if why == "" {
			why, hint = p.refuseUse(p.captures[slot], u)
		}
		if why == "" {
			continue
		}
		reason := [2]string{why, hint}
		if in[reason] == nil {
			reasons = append(reasons, reason)
		}
		in[reason] = append(in[reason], p.schema)
	}
	for _, r := range reasons {
		errs = append(errs, fmt.Errorf("%s %s in %s (%s)", what, r[0], listed(in[r]), r[1]))
	}
	return errs
}

// listed names schemas, which are sorted by id: with their versions, and of many
// the first ones.
func listed(all []*schema.Schema) string {
	const most = 3
	var named []string
	ids := 0
	for i, s := range all {
		switch {
		case i > 0 && all[i-1].ID() == s.ID():
			if ids <= most {
				named[len(named)-1] += ", " + s.Version()
			}
			continue
		case ids < most:
			named = append(named, s.ID()+" version "+s.Version())
		}
		ids++
	}
	text := "schema " + strings.Join(named, ", schema ")
	if ids > most {
		text += fmt.Sprintf(" and %d more", ids-most)
	}
	return text
}

// refusePlace judges a place for any template.
func (p *plan) refusePlace(id schema.PlaceID, depth int) (why, hint string) {
	if id == schema.Undeclared {
		return "", ""
	}
	places := p.schema.Places()
	place := &places[id]
	p.walk(func(at *schema.Place, v verdict) {
		if at.ID == id {
			switch v {
			case changed:
				why, hint = "goes out changed, by policy.actions,", "a text takes only what goes out as it is: take it out of the template"
			case denied:
				why, hint = "is not allowed", "allow its categories, take it out of the template, or take the schema out of policy.schemas"
			}
		}
	})
	switch {
	case why != "":
		return why, hint
	case place.Types&^schema.ScalarTypes != 0:
		return "may be an array or object", "only a place whose type is a scalar can stand in a text"
	case recurs(p.schema, id, depth):
		return "recurs", "a place that may stand at several depths of one event has no one value"
	}
	return "", ""
}

// recurs says whether the place can be reached in more than one way.
func recurs(s *schema.Schema, id schema.PlaceID, depth int) bool {
	places := s.Places()
	parents := make([]int, len(places))
	for i := range places {
		for _, c := range places[i].Children {
			parents[c]++
		}
	}
	for range depth {
		if parents[id] != 1 {
			return true
		}
		id = places[id].Parent
	}
	return id != schema.Root || parents[id] != 0
}

// refuseUse judges a place for one mention of it.
func (p *plan) refuseUse(id schema.PlaceID, u user) (why, hint string) {
	places := p.schema.Places()
	if id == schema.Undeclared {
		if u.orElse {
			return "", ""
		}
		return "is not declared", "give a default as in {action|none}, or take the schema out of policy.schemas"
	}
	if !u.Closed {
		return "", ""
	}
	if !places[id].Closed {
		hint := "this takes only places limited by enum, const or boolean"
		if u.Unless != "" {
			hint += ", unless " + u.Unless
		}
		return "has no end of values", hint
	}
	for at := id; at != schema.Root && !u.orElse && !u.Absent; at = places[at].Parent {
		if parent := places[at].Parent; !places[at].Required || parent != schema.Root && places[parent].Types != schema.ObjectType {
			return "may be absent", "give a default as in {action|none}, or make it required"
		}
	}
	return "", ""
}

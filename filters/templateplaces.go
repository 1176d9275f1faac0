package filters

import (
	"errors"
	"fmt"
	"slices"

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

// refuseTemplates finds what is wrong with the templates' places in one
// schema: a template may hold only what every record of the output may hold,
// and only one scalar.
func (p *plan) refuseTemplates(templated []place, schemas int) error {
	var errs []error
	for slot := range templated {
		place := &templated[slot]
		if place.field != "" {
			continue
		}
		why, hint := p.refusePlace(p.captures[slot], len(place.path))
		for _, u := range place.users {
			if u.Permitted {
				continue
			}
			why, hint := why, hint
			if why == "" {
				why, hint = p.refuseUse(p.captures[slot], u)
			}
			if why != "" {
				errs = append(errs, fmt.Errorf("%s: {%s} %s in schema %s version %s (%s)", u.Use, place.text, why, p.schema.ID(), p.schema.Version(), hint))
			}
		}
	}
	return errors.Join(errs...)
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

// refuseUnknownPlaces finds places that no schema of the output declares,
// which a default would hide.
func (f *Filter) refuseUnknownPlaces(templated []place) error {
	var errs []error
	for slot, place := range templated {
		if place.field != "" {
			continue
		}
		known, names := false, []string(nil)
		for _, p := range f.plans {
			if p != nil {
				known = known || p.captures[slot] != schema.Undeclared
				for i := range p.schema.Places() {
					if at := &p.schema.Places()[i]; at.Kind == schema.MemberPlace && at.Pointer != "" {
						names = append(names, at.Pointer[1:])
					}
				}
			}
		}
		for _, u := range place.users {
			if !known && u.orElse {
				errs = append(errs, fmt.Errorf("%s: no schema of this output declares {%s}%s", u.Use, place.text, near.Hint(place.text, names)))
			}
		}
	}
	return errors.Join(errs...)
}

package filters

import (
	"errors"
	"fmt"
	"slices"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/near"
)

// templateFields gives the fields that templates name their slots, and finds what
// is wrong: a text holds only what goes out as it is from every input that the
// output takes events of.
func (f *Filter) templateFields(templated []place, sources []*inputs.Source) error {
	var errs []error
	for slot := range templated {
		place := &templated[slot]
		if place.field == "" {
			continue
		}
		known, names := false, []string(nil)
		for _, s := range sources {
			if s == nil || f.trusted && !s.Trusted {
				continue
			}
			var field *pathField
			if s.Index < len(f.paths) && f.paths[s.Index] != nil {
				field = f.paths[s.Index].named(place.field)
				for i := range f.paths[s.Index].fields {
					names = append(names, pathName+"."+f.paths[s.Index].fields[i].name)
				}
			}
			if field != nil {
				known = true
				if field.verdict == open {
					field.slot = slot
				}
			}
			errs = append(errs, place.refuseField(field, s.Input)...)
		}
		for _, u := range place.users {
			if !known && u.orElse && !u.Permitted {
				errs = append(errs, fmt.Errorf("%s: no input of this output has the field of paths {%s}%s", u.Use, place.text, near.Hint(place.text, names)))
			}
		}
	}
	return errors.Join(errs...)
}

// named is the field of that name; nil where there is none.
func (p *pathPlan) named(name string) *pathField {
	if i := slices.IndexFunc(p.fields, func(f pathField) bool { return f.name == name }); i >= 0 {
		return &p.fields[i]
	}
	return nil
}

// refuseField judges the field of one input for each mention of it.
func (p *place) refuseField(f *pathField, input string) (errs []error) {
	for _, u := range p.users {
		why, hint := "", ""
		switch {
		case u.Permitted:
		case f == nil && !u.orElse:
			why, hint = "is no field of its paths", "give a default as in {"+p.text+"|none}, or add it to path_fields"
		case f == nil:
		case f.verdict == changed:
			why, hint = "goes out changed, by policy.actions,", "a text takes only what goes out as it is: take it out of the template"
		case f.verdict == denied:
			why, hint = "is not allowed", "allow its categories, or take it out of the template"
		case u.Closed:
			why, hint = "has no end of values", "this takes only places limited by enum, const or boolean"
			if u.Unless != "" {
				hint += ", unless " + u.Unless
			}
		}
		if why != "" {
			errs = append(errs, fmt.Errorf("%s: {%s} %s in input %s (%s)", u.Use, p.text, why, input, hint))
		}
	}
	return errs
}

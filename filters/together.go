package filters

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"jupyter-events-agent/schema"
)

// readNever reads never_together.
func (u *rules) readNever(groups [][]string, r *schema.Registry) error {
	var errs []error
	for _, names := range groups {
		group := resolved(names, r)
		if len(group) < 2 {
			errs = append(errs, fmt.Errorf(`policy.never_together: %q names fewer than two categories (write lists such as ["user-identifier", "location"]; what may never go out is just not allowed)`, names))
			continue
		}
		u.never = append(u.never, group)
	}
	if len(groups) > 0 && u.inherit {
		errs = append(errs, errors.New(`policy.never_together: cannot be kept beside undeclared = "inherit", which lets out members that have no categories (take one of them out)`))
	}
	return errors.Join(errs...)
}

// together finds groups of never_together of which a record of the schema
// could hold every category: in any places, in whatever way they go out.
func (p *plan) together(u *rules, paths []*pathPlan) error {
	if len(u.never) == 0 || u.everything || u.inherit {
		return nil
	}
	at := map[string]string{} // one place that lets the category out
	p.walk(func(place *schema.Place, v verdict) {
		if v == denied {
			return
		}
		for _, c := range p.added(place) {
			if at[c] == "" {
				at[c] = place.Identity
			}
		}
	})
	if len(paths) == 0 {
		return p.refuseTogether(u, at)
	}
	for _, path := range paths { // a record has the path of one input
		with := maps.Clone(at)
		for i := range path.fields {
			f := &path.fields[i]
			for _, c := range f.categories {
				if f.verdict != denied && with[c] == "" {
					with[c] = "/" + pathName + "/" + f.name
				}
			}
		}
		if err := p.refuseTogether(u, with); err != nil {
			return err
		}
	}
	return nil
}

// refuseTogether is the error where all of a group have a place.
func (p *plan) refuseTogether(u *rules, at map[string]string) error {
	var errs []error
	for _, group := range u.never {
		if slices.ContainsFunc(group, func(c string) bool { return at[c] == "" }) {
			continue
		}
		var where []string
		for _, c := range group {
			where = append(where, c+" in "+at[c])
		}
		errs = append(errs, fmt.Errorf("policy.never_together: %s could go out together in schema %s version %s: %s (allow fewer categories or properties, or take the schema out of policy.schemas)",
			strings.Join(group, " and "), p.schema.ID(), p.schema.Version(), strings.Join(where, ", ")))
	}
	return errors.Join(errs...)
}

// neverNotes say what never_together has made sure of.
func (u *rules) neverNotes() (notes []string) {
	for _, group := range u.never {
		notes = append(notes, "never_together: no schema lets out "+strings.Join(group, " and ")+" here, in one record")
	}
	return notes
}

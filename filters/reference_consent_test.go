package filters_test

import (
	"slices"
	"strings"
)

// withheld says whether somebody whom the event is about has not said yes, or
// nobody is whom it is about.
func (r *reference) withheld(v *value) bool {
	if r.policy.Consent == nil {
		return false
	}
	persons := r.pathPersons()
	root := r.root()
	for _, m := range v.members {
		if strings.HasPrefix(m.name, "__") {
			continue
		}
		if place := r.member(&root, m.name, true); place.named {
			persons = append(persons, r.persons(m.value, &place, false)...)
		}
	}
	if len(persons) == 0 {
		return r.policy.Consent.WithoutSubject != "deliver"
	}
	return slices.ContainsFunc(persons, func(name string) bool { return !r.policy.Consent.Yes([]byte(name)) })
}

// persons are the scalars in the value at a whose place, or what that follows,
// says whom the event is about.
func (r *reference) persons(v *value, a *at, inside bool) (names []string) {
	const who = "user-identifier"
	is := slices.Contains(a.categories, who)
	if !a.declared {
		is = slices.Contains(a.added, who) || inside
	}
	if v.kind == 0 {
		switch {
		case !is || v.text == "null" || v.text == `""`: // null and the empty text name nobody
			return nil
		case v.text[0] == '"':
			return []string{decoded(v.text)}
		}
		return []string{v.text}
	}
	for i, item := range v.items { // of an object the values of its members
		place := r.element(a, i)
		if v.kind == '{' {
			place = r.member(a, v.members[i].name, false)
		}
		names = append(names, r.persons(item, &place, is)...)
	}
	return names
}

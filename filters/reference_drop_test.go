package filters_test

import (
	"slices"
	"strings"
)

// dropped says whether drop_events_with keeps the event back: some value that
// is not null stands at a place of one of its categories, denied or not.
func (r *reference) dropped(v *value) bool {
	root := r.root()
	for _, m := range v.members {
		if len(m.name) > 3 && strings.HasPrefix(m.name, "__") && strings.HasSuffix(m.name, "__") {
			continue
		}
		if place := r.member(&root, m.name, true); place.named && r.holds(m.value, &place) {
			return true
		}
	}
	return r.pathDrops()
}

// holds says whether the value at a, or anything in it, is of such a category.
func (r *reference) holds(v *value, a *at) bool {
	categories := a.categories
	if !a.declared {
		categories = a.added
	}
	if v.text != "null" && slices.ContainsFunc(categories, func(c string) bool { return slices.Contains(r.policy.DropEvents, c) }) {
		return true
	}
	for _, m := range v.members {
		if place := r.member(a, m.name, false); r.holds(m.value, &place) {
			return true
		}
	}
	if v.kind == '[' {
		for i, item := range v.items {
			if place := r.element(a, i); r.holds(item, &place) {
				return true
			}
		}
	}
	return false
}

package schema

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Drift is one difference between a lock and the schemas as they are.
type Drift struct {
	Schema   string `json:"schema"`
	Version  string `json:"version"`
	Property string `json:"property"` // "" for the schema itself
	Change   string `json:"change"`
	Fails    bool   `json:"fails"` // it may let out what stayed, or nobody has said what it is about
}

// Drift says what has changed since the lock, sorted by schema and property. one:
// some policy has match = "any", for which one category that was added may open
// what stayed.
func (l *Lock) Drift(r *Registry, one bool) []Drift {
	was := map[[2]string]*locked{}
	for i := range l.schemas {
		was[[2]string{l.schemas[i].ID, l.schemas[i].Version}] = &l.schemas[i]
	}
	drift := []Drift{}
	for _, is := range r.Lock().schemas {
		k := [2]string{is.ID, is.Version}
		before := was[k]
		delete(was, k)
		if before != nil && before.Hash == is.Hash {
			continue
		}
		drift = append(drift, before.drift(&is, r, one)...)
	}
	for k := range was {
		drift = append(drift, Drift{k[0], k[1], "", "the schema is gone", false})
	}
	slices.SortFunc(drift, func(a, b Drift) int {
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), compareVersions(a.Version, b.Version), cmp.Compare(a.Property, b.Property))
	})
	return drift
}

// drift is what has changed in one schema; l is nil where it is new.
func (l *locked) drift(is *locked, r *Registry, one bool) (drift []Drift) {
	add := func(property string, fails bool, change string, a ...any) {
		drift = append(drift, Drift{is.ID, is.Version, property, fmt.Sprintf(change, a...), fails})
	}
	if l == nil {
		add("", false, "the schema is new")
		l = &locked{}
	}
	before := map[string][]string{}
	renamed := map[string]bool{}
	for name, words := range l.Properties {
		before[name] = []string{}
		for _, w := range words {
			now := r.Category(w) // as it is called now
			before[name] = append(before[name], now)
			if now != w && !renamed[w] {
				renamed[w] = true
				add("", true, "%s is called %s now, by categories.aliases: it goes out wherever that goes", w, now)
			}
		}
	}
	for _, name := range is.Uncategorised {
		words, had := before[name]
		switch {
		case had:
			add(name, true, "lost its categories: %s", orNone(words))
		case !slices.Contains(l.Uncategorised, name):
			add(name, true, "is new and uncategorised")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(is.Properties)) {
		now := is.Properties[name]
		words, had := before[name]
		switch {
		case had:
			if lost := without(words, now); len(lost) > 0 {
				add(name, true, "lost %s", orNone(lost))
			}
			if gained := without(now, words); len(opening(one, words, now)) > 0 {
				add(name, true, `gained %s, by which match = "any" may let it out`, orNone(gained))
			} else if len(gained) > 0 {
				add(name, false, "gained %s", orNone(gained))
			}
		case slices.Contains(l.Uncategorised, name):
			add(name, false, "is no longer uncategorised, but %s", orNone(now))
		case len(l.Properties)+len(l.Uncategorised) > 0:
			rest := l.rest(name)
			if lost := without(before[rest], now); len(lost) > 0 {
				add(name, true, "is new: %s; it was one of %s, and lost %s", orNone(now), rest, orNone(lost))
			} else if more := opening(one, before[rest], now); len(more) > 0 {
				add(name, true, `is new: %s; it was one of %s, and gained %s, by which match = "any" may let it out`, orNone(now), rest, orNone(more))
			} else {
				add(name, false, "is new: %s", orNone(now))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, stays := is.Properties[name]; stays || slices.Contains(is.Uncategorised, name) {
			continue
		}
		if above, lost := is.lost(name, before); len(lost) > 0 {
			add(name, true, "is gone, and with it %s: what stands there may go out as whatever else %s holds", orNone(lost), above)
		} else if more := opening(one, before[name], is.Properties[above]); len(more) > 0 && !strings.HasSuffix(name, conditionally) {
			add(name, true, `is gone: by %s of %s match = "any" may let out what stands there`, orNone(more), above)
		} else {
			add(name, false, "is gone")
		}
	}
	for _, name := range l.Uncategorised {
		if _, stays := is.Properties[name]; !stays && !slices.Contains(is.Uncategorised, name) {
			add(name, false, "is gone")
		}
	}
	if len(drift) == 0 {
		add("", false, "its properties have the same categories; something else has changed")
	}
	return drift
}

// lost are the categories that a nested property, which is gone, had beyond the
// nearest one above that is there, and beyond those between, which lost their own.
func (is *locked) lost(name string, before map[string][]string) (above string, lost []string) {
	had := before[name]
	for above, _ = cutStep(name); above != ""; above, _ = cutStep(above) {
		for _, marked := range []string{above, above + conditionally} {
			if categories, stays := is.Properties[marked]; stays {
				return marked, without(had, categories)
			}
		}
		if slices.Contains(is.Uncategorised, above) {
			break // and so is what it holds
		}
		had = without(had, before[above])
	}
	return above, nil
}

// opening are the categories that a place has now, or what it follows, beyond
// those that it had; one: a policy may let it out by one of them alone.
func opening(one bool, had, has []string) []string {
	if !one || len(had) == 0 { // it went out
		return nil
	}
	return slices.DeleteFunc(without(has, had), func(c string) bool { return c == Unrestricted || strings.HasPrefix(c, LevelPrefix) })
}

// rest is the property whose values those of a new one were among: other
// members, or other items. "" where there was none, or it had no categories.
func (l *locked) rest(name string) string {
	above, last := cutStep(name)
	if above == "" { // at the top level only what is named counts
		return ""
	}
	if _, stays := l.Properties[above]; !stays {
		if above = l.rest(above); above == "" {
			return ""
		}
	}
	other := "{*}"
	if _, position := index(last); position {
		other = "*"
	}
	for _, step := range []string{last, other} {
		if _, had := l.Properties[above+"/"+step]; had {
			return above + "/" + step
		}
	}
	return ""
}

// cutStep splits an identity behind the place that holds the other.
func cutStep(identity string) (above, last string) {
	i := strings.LastIndex(identity, "/")
	return identity[:max(i, 0)], identity[i+1:]
}

// without are the words that others has not.
func without(words, others []string) (rest []string) {
	for _, w := range words {
		if !slices.Contains(others, w) {
			rest = append(rest, w)
		}
	}
	return rest
}

func orNone(words []string) string {
	if len(words) == 0 {
		return "[]"
	}
	return strings.Join(words, ", ")
}

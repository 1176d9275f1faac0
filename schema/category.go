package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// standard is what jupyter_telemetry puts before its four categories.
const standard = "category.jupyter.org/"

var four = []string{Unrestricted, "user-identifier", "user-identifiable-information", "action-timestamp"}

// personal is the category of schemas that say personal-data: true.
const personal = "personal-data"

// short is a category without the standard prefix where it is one of the four.
func short(category string) string {
	if word := strings.TrimPrefix(category, standard); slices.Contains(four, word) {
		return word
	}
	return category
}

// knownCategories are those that need no schema to be known.
func knownCategories() map[string]bool {
	known := map[string]bool{personal: true}
	for _, word := range four {
		known[word] = true
	}
	return known
}

// resolveAliases follows aliases to their ends, once.
func resolveAliases(aliases map[string]string, m *messages) map[string]string {
	const where = "categories.aliases"
	direct := map[string]string{}
	for _, from := range slices.Sorted(maps.Keys(aliases)) {
		name, to := short(from), short(aliases[from])
		switch before, twice := direct[name]; {
		case name == to && from != aliases[from]:
			continue // says what is so anyway
		case name == Unrestricted:
			m.mistake(where, "", fmt.Sprintf("%q cannot stand for anything else: use another word", from))
		case twice && before != to:
			m.mistake(where, "", fmt.Sprintf("%q stands for both %q and %q: keep one", name, before, to))
		default:
			direct[name] = to
		}
	}
	ends := map[string]string{}
	for _, from := range slices.Sorted(maps.Keys(direct)) {
		end, steps := direct[from], 0
		for next, more := direct[end]; more && steps <= len(direct); next, more = direct[end] {
			end = next
			steps++
		}
		switch {
		case steps > len(direct):
			m.mistake(where, "", fmt.Sprintf("%q goes round in a circle: let one of its aliases end", from))
		case end == Unrestricted:
			m.mistake(where, "", fmt.Sprintf("%q may not stand for %s, which would open it everywhere: give the category to the policies that may have it", from, Unrestricted))
		default:
			ends[from] = end
		}
	}
	return ends
}

// resolve is the category that a name stands for in the end.
func resolve(aliases map[string]string, name string) string {
	name = short(name)
	if end, ok := aliases[name]; ok {
		return end
	}
	return name
}

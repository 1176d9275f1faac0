package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"jupyter-events-agent/internal/near"
)

// unused judges the documents that have an id but no version: they are no
// event schemas, and have a use only where others refer to them.
func (l *loading) unused() {
	first := map[string]*document{}
	for _, d := range l.docs {
		if !d.event && d.used {
			if before := first[d.id]; before == nil {
				first[d.id] = d
			} else if !sameEvents(before, d) {
				l.warn(before.file, "", fmt.Sprintf("says something else of what refers to %s than %s does: the former validates, and the categories of both hold", d.id, d.file))
			}
		}
		switch {
		case d.event || d.used:
		case d.named:
			l.mistake(d.file, "", `is no event schema: it has no version, and no other schema refers to it; write version: "1"`)
		default:
			l.warn(d.file, "", "skipped, it is no event schema: it has no version, and no other schema refers to it")
		}
	}
}

// doubts warns of what is legal in a schema and perhaps not meant.
func (l *loading) doubts(s *Schema) {
	var denied, nothing []string
	for i := range s.places[1:] {
		p := &s.places[1+i]
		switch {
		case p.Parent == Root && !p.Categorised:
			denied = append(denied, p.Pointer)
		case p.Categorised && !p.Inherited && !p.Conditional && len(p.Categories) == 0:
			nothing = append(nothing, p.Pointer)
		}
	}
	what := fmt.Sprintf("%s version %s", s.id, s.version)
	if len(denied) > 0 {
		l.warn(s.file, "", fmt.Sprintf("%s: without categories, so denied everywhere: %s; an overlay can give them some", what, strings.Join(denied, ", ")))
	}
	if len(nothing) > 0 {
		l.warn(s.file, "", fmt.Sprintf("%s: categories [] open these under every policy: %s", what, strings.Join(nothing, ", ")))
	}
}

// unmatched warns of overlays that change nothing.
func (l *loading) unmatched(r *Registry) {
	for _, o := range l.overlays {
		if !o.matched {
			l.warn(o.file, "", fmt.Sprintf("no schema has the id %q%s%s", o.id, versionSuffix(o.version), near.Hint(o.id, r.IDs())))
			continue
		}
		for _, pointer := range slices.Sorted(maps.Keys(o.categories)) {
			described, reached := o.reached[pointer]
			switch {
			case !reached:
				l.warn(o.file, "", fmt.Sprintf("%s: %q leads to no place: a member above it that the schema does not declare has to be given categories too", o.id, pointer))
			case !described:
				others := slices.DeleteFunc(slices.Clone(o.places), func(p string) bool { return strings.HasPrefix(p, pointer) })
				l.warn(o.file, "", fmt.Sprintf("%s: %q is described by no schema: this overlay alone declares it%s", o.id, pointer, near.Hint(pointer, others)))
			}
		}
	}
}

// misled warns of aliases for a category that nobody else names and that is like
// one that is named: a slip there takes properties out of the category that was
// meant, and with it out of everything that a policy says of that.
func (l *loading) misled(levels []string) {
	for _, level := range levels {
		l.said[LevelPrefix+level] = true
	}
	var known []string
	for word := range l.said {
		if _, alias := l.aliases[word]; !alias {
			known = append(known, word)
		}
	}
	slices.Sort(known)
	for _, from := range slices.Sorted(maps.Keys(l.aliases)) {
		to := l.aliases[from]
		if hint := near.Hint(to, known); hint != "" && !l.said[to] {
			l.warn("categories.aliases", "", fmt.Sprintf("%q stands for %q, which nothing else names%s", from, to, hint))
		}
	}
}

func versionSuffix(version string) string {
	if version == "" {
		return ""
	}
	return " version " + version
}

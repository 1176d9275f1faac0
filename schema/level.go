package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"jupyter-events-agent/internal/near"
)

// LevelPrefix begins the category of a level: level = "secret" of a schema is
// the category level:secret.
const LevelPrefix = "level:"

// DefaultLevels is the ladder where the configuration has none, the lowest
// level first: the words of the proposal for jupyter_telemetry (its pull request 30).
var DefaultLevels = []string{"unclassified", "confidential", "secret", "top_secret"}

// ladder is the configured ladder of levels, checked.
func (l *loading) ladder(levels []string) []string {
	const where = "categories.levels"
	if levels == nil {
		return DefaultLevels
	}
	if len(levels) == 0 {
		l.mistake(where, "", `is empty: list the levels, the lowest first, or take it out`)
	}
	seen := map[string]string{}
	for _, level := range levels {
		category := resolve(l.aliases, LevelPrefix+level)
		before, twice := seen[category]
		switch {
		case level == "":
			l.mistake(where, "", `holds an empty text: list the levels, the lowest first, such as "confidential"`)
		case strings.HasPrefix(level, LevelPrefix):
			l.mistake(where, "", fmt.Sprintf("%q: list the levels as schemas have them, without %q", level, LevelPrefix))
		case twice && before == level:
			l.mistake(where, "", fmt.Sprintf("%q stands twice in it: each level has one place", level))
		case twice:
			l.mistake(where, "", fmt.Sprintf("%q and %q are aliases of one level: list one of them", before, level))
		}
		seen[category] = level
	}
	return levels
}

// besideLadder warns of levels that schemas have and the ladder has not: no
// max_level lets them out.
func (l *loading) besideLadder(r *Registry) {
	known := map[string]bool{}
	for _, level := range r.levels {
		known[r.Level(level)] = true
	}
	for _, s := range r.schemas {
		others := map[string]bool{}
		for i := range s.places {
			for _, c := range s.places[i].Categories {
				if strings.HasPrefix(c, LevelPrefix) && !known[c] {
					others[c] = true
				}
			}
		}
		for _, c := range slices.Sorted(maps.Keys(others)) {
			level := strings.TrimPrefix(c, LevelPrefix)
			l.warn(s.file, "", fmt.Sprintf("%s version %s: level %q is not in categories.levels, so no max_level lets it out%s", s.id, s.version, level, near.Hint(level, r.levels)))
		}
	}
}

// Levels is the ladder of levels, the lowest first; not to be changed.
func (r *Registry) Levels() []string { return r.levels }

// Level is the category of a level, after aliases.
func (r *Registry) Level(level string) string { return r.Category(LevelPrefix + level) }

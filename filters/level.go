package filters

import (
	"fmt"
	"slices"
	"strings"

	"jupyter-events-agent/internal/near"
	"jupyter-events-agent/schema"
)

// readLevels allows the level and all below it on the ladder.
func (u *rules) readLevels(most string, r *schema.Registry) error {
	if most == "" {
		return nil
	}
	ladder := r.Levels()
	at := slices.Index(ladder, most)
	if at < 0 {
		return fmt.Errorf("policy.max_level: %q is no level%s (there are %s, the lowest first: categories.levels)", most, near.Hint(most, ladder), strings.Join(ladder, ", "))
	}
	u.maxLevel = most
	for _, level := range ladder[:at+1] {
		category := r.Level(level)
		u.levels = append(u.levels, category)
		u.allowed[category] = true
	}
	return nil
}

// noLevels warns of a max_level where no schema of the registry has a level.
func (c *Compiler) noLevels(u *rules) []string {
	if u.maxLevel == "" || slices.ContainsFunc(c.categories, func(s string) bool { return strings.HasPrefix(s, schema.LevelPrefix) }) {
		return nil
	}
	return []string{fmt.Sprintf("policy.max_level: no schema has a level, so %q adds nothing", u.maxLevel)}
}

// levelNote says what max_level stands for.
func (u *rules) levelNote() string {
	return fmt.Sprintf("max_level = %q allows %s", u.maxLevel, strings.Join(u.levels, ", "))
}

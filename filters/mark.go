package filters

import (
	"fmt"
	"slices"
	"strings"

	"jupyter-events-agent/schema"
)

// heldByRoot warns where nothing but the schema's own root holds back what the
// policy would let out: jupyter_server marks whole schemas as personal-data,
// so an output that names only the categories of properties gets bare
// envelopes of them.
func (p *plan) heldByRoot(u *rules) []string {
	places := p.schema.Places()
	root := u.missing(places[schema.Root].Categories)
	if len(root) == 0 || u.everything {
		return nil
	}
	var held []string
	for _, c := range places[schema.Root].Children {
		place := &places[c]
		missing := u.missing(place.Categories)
		if topLevel(place) && place.Categorised && p.top.verdicts[c] == denied && p.actionAt(&p.top, c) == noAction && len(missing) > 0 &&
			!slices.ContainsFunc(missing, func(m string) bool { return !slices.Contains(root, m) }) {
			held = append(held, place.Name)
		}
	}
	if len(held) == 0 {
		return nil
	}
	words := `"` + strings.Join(root, `", "`) + `"`
	return []string{fmt.Sprintf(`policy.categories: schema %s version %s is marked %s as a whole, and only that holds back %s (add %s to let it out)`,
		p.schema.ID(), p.schema.Version(), words, strings.Join(held, ", "), words)}
}

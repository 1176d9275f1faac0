package filters

import (
	"slices"
	"strings"

	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// resolved are the categories that the names stand for, sorted, each once.
func resolved(names []string, r *schema.Registry) (categories []string) {
	for _, name := range names {
		categories = append(categories, r.Category(name))
	}
	slices.Sort(categories)
	return slices.Compact(categories)
}

// dropping are the places of the schema whose presence drops an event, by
// place; nil where it has none.
func (p *plan) dropping(u *rules) (drops []bool) {
	places := p.schema.Places()
	for i := int(schema.Root) + 1; i < len(places); i++ {
		if len(u.dropsOf(p.added(&places[i]))) == 0 {
			continue
		}
		if drops == nil {
			drops = make([]bool, len(places))
		}
		drops[i] = true
	}
	return drops
}

// drop keeps what drops events of the plan's schema.
func (f *Filter) drop(p *plan, u *rules) {
	if len(u.drops) == 0 {
		return
	}
	if drops := p.dropping(u); drops != nil {
		if f.drops == nil {
			f.drops = make([][]bool, len(f.plans))
		}
		f.drops[p.schema.Index()] = drops
	}
}

// dropped says whether the event holds what drops it.
func (f *Filter) dropped(e *schema.Event) bool {
	drops := f.drops[e.Schema().Index()]
	return drops != nil && present(drops, e.Tape())
}

// dropsOf are those of the categories that drop an event.
func (u *rules) dropsOf(categories []string) (out []string) {
	for _, c := range u.drops {
		if slices.Contains(categories, c) {
			out = append(out, c)
		}
	}
	return out
}

// present says whether one of the places holds a value that is not null, here
// and wherever else the event has it. What the envelope takes off has no place.
func present(places []bool, tape []jsonscan.Token) bool {
	for i := range tape {
		if t := &tape[i]; places[t.Place] && t.Kind != jsonscan.Null {
			return true
		}
	}
	return false
}

// dropNote says what drop_events_with does.
func (u *rules) dropNote() string {
	return "drop_events_with: an event that holds anything of " + strings.Join(u.drops, ", ") + " does not go out at all, which tells whether it held any"
}

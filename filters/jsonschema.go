package filters

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"jupyter-events-agent/schema"
)

// Intake is what inputs may hold that changes the form of records.
type Intake struct {
	Untimed  bool // some envelope needs no time
	Upstream bool // some events come from other agents, which have withheld what they withheld
}

// JSONSchema is the JSON Schema (draft 7) that every record of the output is
// valid against, as a decoded value that is the caller's: for those who read
// what the output writes. It says of each schema that the output takes which
// members its records may have, must have, and of what form; the record is as
// Record.JSON has it. shape, where it is not nil, changes the schema of one event
// schema's records to that of what a kind of output makes of them.
func (f *Filter) JSONSchema(in Intake, shape func(record map[string]any)) map[string]any {
	definitions := map[string]any{}
	var each []any
	for _, p := range f.plans {
		if p == nil {
			continue
		}
		d := deriver{plan: p, filter: f, intake: in, definitions: definitions, seen: map[state]int{}}
		d.count(&p.top, schema.Root)
		name := fmt.Sprintf("event %d", len(each)+1)
		record := d.event()
		if shape != nil {
			shape(record)
		}
		definitions[name] = record
		each = append(each, reference(name))
	}
	made := map[string]any{"$schema": "http://json-schema.org/draft-07/schema#", "anyOf": each, "definitions": definitions}
	if len(each) == 0 { // a list of none is no JSON Schema
		delete(made, "anyOf")
		made["not"] = map[string]any{}
	}
	return made
}

// deriver makes the schema of one plan's records.
type deriver struct {
	plan        *plan
	filter      *Filter
	intake      Intake
	definitions map[string]any
	seen        map[state]int // how often something leads there
}

// state is a place, and the table that judges what it holds.
type state struct {
	inside *table
	id     schema.PlaceID
}

func reference(definition string) map[string]any {
	return map[string]any{"$ref": "#/definitions/" + strings.ReplaceAll(definition, " ", "%20")}
}

// count notes how often each state is led to, so that what comes again, or
// leads to itself, is written once.
func (d *deriver) count(t *table, of schema.PlaceID) {
	for _, c := range d.plan.schema.Places()[of].Children {
		if t.verdicts[c] <= changed {
			continue
		}
		s := state{d.plan.inside(t, c, nil), c}
		if d.seen[s]++; d.seen[s] == 1 {
			d.count(s.inside, c)
		}
	}
}

// event is the schema of the records of one event schema.
func (d *deriver) event() map[string]any {
	p := d.plan
	s := map[string]any{"type": "object"}
	if title := p.schema.Title(); title != "" {
		s["title"] = title
	}
	d.members(s, &p.top, schema.Root)
	properties := s["properties"].(map[string]any)
	required, _ := s["required"].([]string)
	add := func(name string, must bool, of any) {
		properties[name] = of
		if must {
			required = append(required, name)
		}
	}
	add("__schema__", true, constant(p.schema.ID()))
	add("__schema_version__", true, constant(p.schema.Version()))
	add("__timestamp__", !d.intake.Untimed, map[string]any{"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$`})
	if path := d.filter.pathForm(d.intake.Upstream); path != nil {
		add(pathName, false, path)
	}
	if f := d.filter; !f.apart {
		d.metadata(f, add)
	}
	slices.Sort(required)
	s["required"] = required
	return s
}

// metadata are the members that the agent adds to the record.
func (d *deriver) metadata(f *Filter, add func(name string, must bool, of any)) {
	contains, redacted := d.plan.categories(f.rules)
	list := func(name string, words []string, always bool) {
		switch {
		case d.intake.Upstream || len(f.reachable()) > 0:
			add(name, always, map[string]any{"type": "array", "items": map[string]any{"type": "string"}})
		case len(words) > 0 || always:
			add(name, true, constant(append([]string{}, words...)))
		}
	}
	if f.inside&metaID != 0 {
		add("__event_id__", true, map[string]any{"type": "string", "pattern": "^[0-9a-f]{32}$"})
	}
	if f.inside&metaCategories != 0 {
		list("__categories__", contains, true)
	}
	if f.inside&metaRedacted != 0 {
		list("__redacted__", redacted, false)
	}
	for _, m := range f.policy {
		add(m.Name, true, map[string]any{"const": json.RawMessage(m.Value)})
	}
	if f.inside&metaSource != 0 {
		add("__source__", true, map[string]any{
			"type": "object", "required": []string{"input", "trusted"}, "additionalProperties": false,
			"properties": map[string]any{"input": map[string]any{"type": "string"}, "trusted": map[string]any{"type": "boolean"}},
		})
	}
}

func constant(v any) map[string]any { return map[string]any{"const": v} }

// members says which members the object at a place may have, which t judges.
func (d *deriver) members(s map[string]any, t *table, object schema.PlaceID) {
	p := d.plan
	places := p.schema.Places()
	properties, required, others, withheld := map[string]any{}, []string{}, []any{}, []string(nil)
	for _, c := range places[object].Children {
		place, v := &places[c], t.verdicts[c]
		if isItem(place) {
			continue // as are all that follow
		}
		if place.Kind != schema.MemberPlace {
			if v > changed {
				others = append(others, d.at(t, c))
			}
			continue
		}
		instead := p.instead(t, c, d.filter.rules.null)
		switch {
		case v > changed:
			properties[place.Name] = d.at(t, c)
		case v == changed:
			properties[place.Name] = d.plan.changedForm(t, c, instead)
		case instead != "":
			properties[place.Name] = map[string]any{"const": json.RawMessage(instead)}
		default:
			withheld = append(withheld, place.Name)
		}
		if v == denied && instead != "" || v > changed && place.Required && !d.intake.Upstream {
			required = append(required, place.Name)
		}
	}
	s["properties"] = properties
	slices.Sort(required)
	if len(required) > 0 {
		s["required"] = required
	}
	switch {
	case t.verdicts[schema.Undeclared] == whole:
	case len(others) == 0:
		s["additionalProperties"] = false
		return
	default:
		s["additionalProperties"] = anyOf(others)
	}
	for _, name := range withheld {
		properties[name] = false
	}
}

package filters

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"jupyter-events-agent/schema"
)

// typeWord is a list of types as short as it goes: numbers are integers too.
func typeWord(types []string) any {
	if slices.Contains(types, "number") {
		types = slices.DeleteFunc(types, func(t string) bool { return t == "integer" })
	}
	if len(types) == 1 {
		return types[0]
	}
	return types
}

func anyOf(all []any) any {
	if len(all) == 1 {
		return all[0]
	}
	return map[string]any{"anyOf": all}
}

// at is the schema of an open value at a place, which t judges: written where
// it stands or, where it comes again, by its name.
func (d *deriver) at(t *table, id schema.PlaceID) any {
	s := state{d.plan.inside(t, id, nil), id}
	emptied := t.verdicts[id] == emptied || t.verdicts[id] == opened && d.plan.opened.verdicts[id] == emptied
	if d.seen[s] < 2 {
		return d.value(s, emptied)
	}
	mode := map[*table]string{&d.plan.below: "open", &d.plan.opened: "opened"}[s.inside]
	name := fmt.Sprintf("%s version %s %s %s", d.plan.schema.ID(), d.plan.schema.Version(), d.plan.schema.Places()[id].Pointer, mode)
	name = fmt.Sprintf("%s %d", strings.NewReplacer("/", ".", "~", "-", "%", "-", "#", "-").Replace(name), id)
	if _, made := d.definitions[name]; !made {
		d.definitions[name] = true // it may lead to itself
		d.definitions[name] = d.value(s, emptied)
	}
	return map[string]any{"$ref": "#/definitions/" + escapeFragment(name)}
}

// escapeFragment writes a definition's name as part of a URI.
func escapeFragment(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._:*", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// value is the schema of an open value.
func (d *deriver) value(at state, emptied bool) map[string]any {
	places := d.plan.schema.Places()
	place := &places[at.id]
	s := map[string]any{}
	// What another agent has withheld may be null or masked here, whatever its type.
	if place.Types != 0 && place.Types != schema.AnyType && !d.intake.Upstream {
		s["type"] = typeWord(typeNames(place.Types))
	}
	if len(place.Enum) > 0 && !d.intake.Upstream && !slices.ContainsFunc(place.Enum, func(v string) bool { return v[0] == '{' || v[0] == '[' }) {
		var values []any
		for _, v := range place.Enum {
			values = append(values, json.RawMessage(v))
		}
		s["enum"] = values
	}
	if place.Types&schema.ObjectType != 0 {
		d.members(s, at.inside, at.id)
	}
	switch {
	case place.Types&schema.ArrayType == 0:
	case emptied:
		s["maxItems"] = 0
	default:
		if items := d.items(at); items != nil {
			s["items"] = items
		}
	}
	return s
}

// items is the schema of what an open array holds.
func (d *deriver) items(at state) any {
	places := d.plan.schema.Places()
	var all []any
	every := false // each element has a place
	for _, c := range places[at.id].Children {
		if !isItem(&places[c]) {
			continue
		}
		every = every || places[c].Kind == schema.ItemPlace
		if at.inside.verdicts[c] > changed {
			all = append(all, d.at(at.inside, c))
		}
	}
	if every {
		return anyOf(all)
	}
	if at.inside.verdicts[schema.Undeclared] == whole {
		return nil
	}
	const loose = "what no schema describes"
	d.definitions[loose] = map[string]any{"items": reference(loose), "additionalProperties": false}
	return anyOf(append(all, reference(loose)))
}

// changedForm is the schema of what an action makes of the value at a place,
// and of what stands there where it can make nothing of it.
func (p *plan) changedForm(t *table, id schema.PlaceID, instead string) any {
	a := p.actionAt(t, id)
	form := map[string]any{"description": "policy.actions: " + a.String()}
	switch a {
	case tokenized:
		form["type"], form["pattern"] = []string{"string", "null"}, "^[0-9a-f]{32}$"
	case pseudonymized:
		form["type"], form["pattern"] = []string{"string", "null"}, "^[0-9a-f]{64}$"
	case toAddress, toHour, toDay:
		form["type"] = "string"
	case toPath:
		form["type"], form["required"], form["additionalProperties"] = "object", []string{"depth", "ext"}, false
		form["properties"] = map[string]any{
			"depth": map[string]any{"type": "integer", "minimum": 0, "maximum": 8}, "ext": map[string]any{"type": "string"},
		}
	}
	if instead == "" {
		return form
	}
	return anyOf([]any{form, map[string]any{"const": json.RawMessage(instead)}})
}

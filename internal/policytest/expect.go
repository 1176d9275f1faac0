package policytest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"jupyter-events-agent/internal/near"
)

// outputs reads what the test says of outputs.
func (d *draft) outputs(t *Test) {
	value := d.table["outputs"]
	if value == nil {
		return
	}
	tables, ok := value.(map[string]any)
	if !ok || len(tables) == 0 {
		d.mistake("outputs", "must be a table for each output: [test.outputs.NAME]")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		e := &expectation{output: d.agent.output(name), delivered: true}
		e.line = func(key ...string) int { return d.line(append([]string{"outputs", name}, key...)...) }
		path := []string{"outputs", name}
		if e.output == nil {
			d.mistakeAt(path, "there is no output %q%s", name, orThere(name, d.agent.outputNames()))
			continue
		}
		table, ok := tables[name].(map[string]any)
		if !ok {
			d.mistakeAt(path, "must be a table: what it receives, or delivered = false")
			continue
		}
		d.unknown(path, table, outputKeys)
		d.expectation(e, path, table)
		t.expects = append(t.expects, e)
	}
	order := d.agent.outputNames()
	slices.SortFunc(t.expects, func(a, b *expectation) int {
		return slices.Index(order, a.output.Name) - slices.Index(order, b.output.Name)
	})
}

func (d *draft) expectation(e *expectation, path []string, table map[string]any) {
	here := func(key string) []string { return append(slices.Clone(path), key) }
	if value, has := table["delivered"]; has {
		if e.delivered, has = value.(bool); !has {
			d.mistakeAt(here("delivered"), "must be true or false")
			e.delivered = true
		}
	}
	if !e.delivered && len(table) > 1 {
		d.mistakeAt(here("delivered"), "what is not delivered has no members: take the other keys out, or delivered = false")
		return
	}
	e.receives = d.members(here("receives"), table["receives"])
	e.exactly = d.members(here("exactly"), table["exactly"])
	if e.receives != nil && e.exactly != nil {
		d.mistakeAt(here("receives"), "says what exactly says already: keep one of the two")
	}
	e.present = d.pointers(here("present"), table["present"])
	e.absent = d.pointers(here("absent"), table["absent"])
	for _, value := range d.list(here("lacks"), table["lacks"]) {
		switch value := value.(type) {
		case string:
			if value == "" {
				d.mistakeAt(here("lacks"), "an empty text is in every record: take it out")
				continue
			}
		case json.Number:
		default:
			d.mistakeAt(here("lacks"), "must hold texts or numbers that are nowhere in the record")
			continue
		}
		e.lacks = append(e.lacks, value)
	}
	d.routed(e, here("routed"), table["routed"])
}

// members are what a key gives as a table, or as JSON text where TOML has no
// word for it, such as null.
func (d *draft) members(path []string, value any) map[string]any {
	if text, ok := value.(string); ok {
		decoded, err := decodeJSON([]byte(text))
		if _, object := decoded.(map[string]any); err != nil || !object {
			d.mistakeAt(path, "the text is no JSON object, such as '{\"action\": \"save\", \"path\": null}'")
			return nil
		}
		value = decoded
	}
	members, ok := value.(map[string]any)
	if !ok && value != nil {
		d.mistakeAt(path, "must be a table of members and their values, or that as JSON in a text")
	}
	return members
}

// pointers are a list of members.
func (d *draft) pointers(path []string, value any) (all []string) {
	for _, value := range d.list(path, value) {
		text, ok := value.(string)
		if !ok || strings.Trim(text, "/") == "" {
			d.mistakeAt(path, `must name members, such as "path", "user/name" or "cells/*/source"`)
			break
		}
		all = append(all, text)
	}
	return all
}

func (d *draft) list(path []string, value any) []any {
	list, ok := value.([]any)
	if !ok && value != nil {
		d.mistakeAt(path, "must be a list: [\"…\", \"…\"]")
	}
	return list
}

// routed reads what the destination is told beside the record, by part.
func (d *draft) routed(e *expectation, path []string, value any) {
	table, ok := value.(map[string]any)
	if !ok {
		if value != nil {
			d.mistakeAt(path, `must be a table, such as { topic = "…", labels = { action = "save" } }`)
		}
		return
	}
	e.routed = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		switch value := table[name].(type) {
		case string:
			e.routed[name] = value
		case map[string]any:
			for _, inner := range slices.Sorted(maps.Keys(value)) {
				text, ok := value[inner].(string)
				if !ok {
					d.mistakeAt(append(slices.Clone(path), name, inner), `must be a text in "quotes", as the destination gets it`)
					continue
				}
				e.routed[name+"."+inner] = text
			}
		default:
			d.mistakeAt(append(slices.Clone(path), name), `must be a text in "quotes", as the destination gets it`)
		}
	}
}

// provable notes expectations that hold whatever the policy says, because the
// event has nothing of what is to be held back: a slip of the pen would look
// like a proof.
func (d *draft) provable(t *Test) {
	event, err := decodeJSON(t.event)
	if err != nil {
		return
	}
	var ways []string
	walk(event, "", func(at string, _ any, name bool) {
		if name {
			ways = append(ways, strings.TrimPrefix(at, "/"))
		}
	})
	for _, e := range t.expects {
		for _, text := range e.absent {
			way, found := pointer(text), false
			find(event, "", way, func(string, any) { found = true })
			if !found && !(strings.HasPrefix(way[0], "__") && strings.HasSuffix(way[0], "__")) {
				d.mistakeAt([]string{"outputs", e.output.Name, "absent"}, "the event has no %q, so this proves nothing%s: give the event that member", text, near.Hint(strings.TrimPrefix(text, "/"), ways))
			}
		}
		for _, text := range e.lacks {
			if _, held := holds(event, text); !held && !strings.Contains(t.logPath, plain(text)) {
				d.mistakeAt([]string{"outputs", e.output.Name, "lacks"}, "%s is nowhere in the event, so this proves nothing: write it as it stands there", said(text))
			}
		}
	}
}

package pages_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// datum is a value of an event, and what an output got of it.
type datum struct {
	schema     *schema.Schema // nil for a field of the path of the event's file
	place      schema.PlaceID // Undeclared where nothing describes it
	pointer    string         // where it stands
	field      string         // the name of a field of paths
	categories []string       // nil: nobody has described it
	scalar     bool
	before     any
	after      any // nil: not there, or null
}

// delivered is a record that an output got.
type delivered struct {
	output int
	input  int
	schema *schema.Schema
	record map[string]any
	data   []datum
}

// deliver sends what can be made up of each schema by each input to each output,
// through the real Check and Apply; more are further lines.
func (c *compiled) deliver(t *testing.T, more []byte) (all []delivered) {
	t.Helper()
	for in, checker := range c.checkers {
		var lines [][]byte
		for _, s := range c.registry.Schemas() {
			if line, ok := checker.Sample(s); ok {
				lines = append(lines, variants(t, line)...)
			}
		}
		for _, line := range append(lines, bytes.Split(bytes.TrimSpace(more), []byte("\n"))...) {
			source := *c.config.Inputs[in].Rules.Source
			for i, field := range source.Pattern.Fields() {
				source.Path = append(source.Path, "the-"+field.Name+"-"+strconv.Itoa(i))
			}
			var events schema.Arena
			var e schema.Event
			events.From(&source)
			if len(line) == 0 || checker.Check(&inputs.Line{Raw: line, At: checkpoint.Position{Stream: 1}, End: int64(len(line)) + 1}, &events, &e) != nil {
				continue
			}
			for out, f := range c.filters {
				var records filters.Arena
				r, taken := f.Apply(&e, &records)
				if !taken {
					continue
				}
				d := delivered{output: out, input: in, schema: e.Schema(), record: object(t, r.AppendWhole(nil))}
				w := walk{d: &d, raw: e.Raw(), tape: e.Tape()}
				w.below(0, "", object(t, line), d.record, nil)
				for i, field := range source.Pattern.Fields() {
					after, _ := d.record["__path__"].(map[string]any)
					d.data = append(d.data, datum{field: field.Name, categories: append([]string{}, field.Categories...), scalar: true, before: source.Path[i], after: after[field.Name]})
				}
				all = append(all, d)
			}
		}
	}
	return all
}

// walk finds what an event holds, and what a record has of it.
type walk struct {
	d    *delivered
	raw  []byte
	tape []jsonscan.Token
}

// below walks what stands in the value at i: an element that nothing describes
// is described as its array.
func (w *walk) below(i uint32, pointer string, event, record any, element *datum) {
	for j, n := i+1, 0; j < w.tape[i].Next; j, n = w.tape[j].Next, n+1 {
		token := &w.tape[j]
		if token.Flags&jsonscan.Off != 0 {
			continue
		}
		d := datum{schema: w.d.schema, place: schema.PlaceID(token.Place), scalar: token.Kind < jsonscan.Array}
		switch event := event.(type) {
		case map[string]any:
			var name string
			_ = json.Unmarshal(token.Key(w.raw), &name) // the tape is of a valid line
			d.pointer, d.before = pointer+"/"+name, event[name]
			if of, ok := record.(map[string]any); ok {
				d.after = of[name]
			}
		case []any:
			d.pointer, d.before = pointer+"/"+strconv.Itoa(n), event[n]
			if of, ok := record.([]any); ok && n < len(of) {
				d.after = of[n]
			}
			if d.place == schema.Undeclared && element != nil {
				d.place = element.place
			}
		}
		if place := &w.d.schema.Places()[d.place]; d.place != schema.Undeclared && (place.Categorised || len(place.Categories) > 0) {
			d.categories = append([]string{}, place.Categories...)
		}
		w.d.data = append(w.d.data, d)
		if !d.scalar {
			w.below(j, d.pointer, d.before, d.after, &d)
		}
	}
}

// variants are lines like this one: with members that nobody has declared, with
// longer lists, with each member left out, and with each one null.
func variants(t *testing.T, line []byte) (lines [][]byte) {
	t.Helper()
	number := 0
	var extend func(v any, members, items bool) any
	extend = func(v any, members, items bool) any {
		switch v := v.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				v[name] = extend(v[name], members, items)
			}
			if number++; members {
				v["undeclared"+strconv.Itoa(number)] = map[string]any{"a": "undeclared text " + strconv.Itoa(number)}
				v["more"+strconv.Itoa(number)] = "undeclared text of its own " + strconv.Itoa(number)
			}
		case []any:
			for i := range v {
				v[i] = extend(v[i], members, items)
			}
			if number++; items {
				return append(v, "further element "+strconv.Itoa(number))
			}
		}
		return v
	}
	add := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, text)
	}
	add(object(t, line))
	for _, how := range [][2]bool{{true, false}, {false, true}, {true, true}} {
		add(extend(object(t, line), how[0], how[1]))
	}
	var every func(v any, here func(drop func(null bool)))
	every = func(v any, here func(drop func(null bool))) {
		if v, ok := v.(map[string]any); ok {
			for _, name := range slices.Sorted(maps.Keys(v)) {
				if strings.HasPrefix(name, "__") {
					continue
				}
				was := v[name]
				here(func(null bool) {
					if delete(v, name); null {
						v[name] = nil
					}
				})
				v[name] = was
				every(was, here)
			}
		}
	}
	for _, members := range []bool{false, true} {
		for _, null := range []bool{false, true} {
			event := extend(object(t, line), members, members)
			every(event, func(drop func(bool)) { drop(null); add(event) })
		}
	}
	return lines
}

// object reads JSON, numbers as they are written.
func object(t *testing.T, text []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", text, err))
	}
	return v
}

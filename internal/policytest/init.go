package policytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"jupyter-events-agent/schema"
)

// Init writes a first set of tests: for each schema an event made up from it, and
// what each output receives of it now. skipped are the schemas of which no event
// could be made up. Whoever keeps the file has to read whether it is right: it
// says what the policy does, not what it should do.
func Init(a *Agent, config string) (text []byte, skipped []string) {
	w := &writing{agent: a}
	fmt.Fprintf(&w.b, "# Policy tests of %s: jupyter-events-agent test\n", config)
	w.b.WriteString("# Begun by test --init: the events are made up from the schemas, the rest is what the policy did that day.\n" +
		"# Read whether that is what it should do; from then on the file is yours.\n")
	for _, s := range a.Registry.Schemas() {
		if in, line := a.sample(s); in != nil {
			w.test(in, s, line)
		} else if a.comes(s) {
			skipped = append(skipped, s.ID()+" version "+s.Version())
		}
	}
	w.unknown()
	return w.b.Bytes(), skipped
}

// sample is an event of the schema and the first input that lets it in.
func (a *Agent) sample(s *schema.Schema) (*Input, []byte) {
	for i := range a.Inputs {
		if line, ok := a.Inputs[i].Checker.Sample(s); ok {
			return &a.Inputs[i], line
		}
	}
	return nil, nil
}

// writing is a test file in the making.
type writing struct {
	agent *Agent
	b     bytes.Buffer
}

func (w *writing) head(name string, in *Input, line []byte) {
	fmt.Fprintf(&w.b, "\n[[test]]\nname  = %s\n", quoted(name))
	if len(w.agent.Inputs) > 1 {
		fmt.Fprintf(&w.b, "input = %s\n", quoted(in.Name))
	}
	if path := in.example(); path != "" {
		fmt.Fprintf(&w.b, "log_path = %s\n", quoted(path))
	}
	w.b.WriteString("event = ")
	if bytes.Contains(line, []byte("'''")) {
		w.b.WriteString(quoted(string(line)) + "\n")
		return
	}
	fmt.Fprintf(&w.b, "'''\n%s'''\n", wrapped(line))
}

// example is a path of which the input's fields can be taken; "" where it has none.
func (in *Input) example() string {
	if in.Source == nil || in.Source.Pattern == nil {
		return ""
	}
	return in.Source.Pattern.Example()
}

// test writes the test of one schema.
func (w *writing) test(in *Input, s *schema.Schema, line []byte) {
	w.agent.Consent.set([]string{everybody})
	t := &Test{event: line, input: in, logPath: in.example()}
	w.head(s.ID()+" version "+s.Version(), in, line)
	if w.agent.Consent != nil {
		fmt.Fprintf(&w.b, "consent = [%s]\n", quoted(everybody))
	}
	event, fault := t.check(new(schema.Arena))
	if fault != nil {
		fmt.Fprintf(&w.b, "fault = %s\n", quoted(string(fault.Reason)))
		return
	}
	for i := range w.agent.Outputs {
		o := &w.agent.Outputs[i]
		fmt.Fprintf(&w.b, "\n  [test.outputs.%s]\n", key(o.Name))
		d, _ := deliver(o, event)
		if d == nil {
			w.b.WriteString("  delivered = false\n")
			continue
		}
		w.received(d, string(event.Stamp()), volatile(o, in, s))
		if told := d.told(o); len(told) > 0 {
			fmt.Fprintf(&w.b, "  routed  = { %s }\n", strings.Join(told, ", "))
		}
		if lacks := d.lacks(t); len(lacks) > 0 {
			fmt.Fprintf(&w.b, "  lacks   = %s\n", list(lacks))
		}
	}
}

// volatile are the members of which the policy sends what the next key or the next
// run makes differently: pseudonyms.
func volatile(o *Output, in *Input, s *schema.Schema) (names []string) {
	for _, row := range o.Filter.Explain() {
		if row.Input != in.Name && (row.Schema != s.ID() || row.Version != s.Version()) {
			continue
		}
		switch row.Verdict {
		case "sent", "denied", "null", "masked", "truncated", "empty array":
		default:
			at := row.Property
			if row.Input == "" {
				at = s.Places()[row.Place].Pointer
			}
			names = append(names, strings.TrimPrefix(at, "/"))
		}
	}
	return names
}

// received writes what the record holds; its time only where the policy rounds it.
func (w *writing) received(d *delivery, stamp string, changing []string) {
	own := maps.Clone(d.value)
	maps.DeleteFunc(own, func(name string, _ any) bool { return added(name) })
	if rounded, has := d.value["__timestamp__"]; has && rounded != stamp {
		own["__timestamp__"] = rounded
	}
	var present []string
	for _, text := range changing {
		if remove(own, pointer(text)) {
			present = append(present, text)
		}
	}
	fmt.Fprintf(&w.b, "  exactly = %s\n", table(own))
	if len(present) > 0 {
		fmt.Fprintf(&w.b, "  present = %s\n", list(present))
	}
}

// remove takes the members that a pointer leads to out of a value.
func remove(value any, way []string) (removed bool) {
	members, object := value.(map[string]any)
	if len(way) == 1 && object {
		_, removed = members[way[0]]
		delete(members, way[0])
		return removed
	}
	if len(way) > 1 {
		find(value, "", way[:1], func(_ string, inner any) { removed = remove(inner, way[1:]) || removed })
	}
	return removed
}

// told is what the output's templates made of the record.
func (d *delivery) told(o *Output) (all []string) {
	for _, t := range o.Config.Templates() {
		for i := range d.parts {
			if d.parts[i].Name == t.Use {
				all = append(all, t.Use+" = "+quoted(string(d.parts[i].Value)))
			}
		}
	}
	return all
}

// lacks are the texts of the event, and of its file's path, that the output does
// not get. Short ones are left out: they may stand anywhere by chance.
func (d *delivery) lacks(t *Test) (texts []string) {
	event, err := decodeJSON(t.event)
	members, ok := event.(map[string]any)
	if err != nil || !ok {
		return nil
	}
	maps.DeleteFunc(members, func(name string, _ any) bool { return added(name) })
	note := func(text string) {
		if len(text) >= 4 && !slices.Contains(texts, text) && d.holds(text) == "" {
			texts = append(texts, text)
		}
	}
	walk(members, "", func(_ string, v any, name bool) {
		if text, ok := v.(string); ok && !name {
			note(text)
		}
	})
	if t.logPath != "" {
		for _, text := range t.input.Source.At(t.logPath).Path {
			note(text)
		}
	}
	return texts
}

// unknown writes one test of what no schema describes.
func (w *writing) unknown() {
	line := []byte(`{"__timestamp__": "2026-01-02T03:04:05.678901Z", "__schema__": "https://example.org/no-such-schema", "__schema_version__": "1", "__metadata_version__": 1, "who": "example-who"}`)
	for i := range w.agent.Inputs {
		in := &w.agent.Inputs[i]
		t := &Test{event: line, input: in, logPath: in.example()}
		if _, fault := t.check(new(schema.Arena)); fault != nil {
			w.head("what no schema describes goes to the quarantine", in, line)
			fmt.Fprintf(&w.b, "fault = %s\n", quoted(string(fault.Reason)))
			return
		}
	}
}

// wrapped is an event over several lines, broken between its members.
func wrapped(line []byte) string {
	const width = 120
	d := json.NewDecoder(bytes.NewReader(line))
	if _, err := d.Token(); err != nil {
		return string(line)
	}
	text, row := "{", 1
	for n := 0; d.More(); n++ {
		name, err := d.Token()
		var value json.RawMessage
		if err = errors.Join(err, d.Decode(&value)); err != nil {
			return string(line)
		}
		member := said(name) + ": " + string(value)
		if n > 0 {
			text += ","
			if row+len(member) > width {
				text, row = text+"\n", 0
			}
			text += " "
		}
		text += member
		row += len(member) + 2
	}
	return text + "}"
}

package pages

import (
	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// sample is a made-up event of a schema, or what an output gets of it.
type sample struct {
	Output string // "" for the event itself
	At     int    // the output's number on the page
	Lines  []text // as a reader sees it: what was withheld is marked
	JSON   string // as it goes out, indented
	Held   string // why the output gets nothing
}

// samples are the event and what each output that takes the schema gets of it;
// nil where no event could be made up.
func (a *Agent) samples(s *schema.Schema, from []int) []sample {
	if len(from) == 0 {
		return nil
	}
	var before *sample
	var all []sample
	in, trusted := from[0], false
	for _, candidate := range from {
		if trusted = a.config.Inputs[candidate].Rules.Source.Trusted; trusted {
			in = candidate
			break
		}
	}
	for i := range a.outputs {
		o := &a.outputs[i]
		if !o.filter.Takes(s) {
			all = append(all, sample{Output: o.Name, At: i, Held: "takes no events of this schema"})
			continue
		}
		record, event, ok := a.apply(s, in, o.maker)
		if event == nil {
			return nil
		}
		if before == nil {
			before = &sample{Lines: lay(event), JSON: event.indent()}
		}
		switch {
		case ok:
			all = append(all, sample{Output: o.Name, At: i, Lines: compare(event, record), JSON: record.indent()})
		case (o.Policy.TrustedOnly || o.Audit) && !trusted:
			all = append(all, sample{Output: o.Name, At: i, Held: "takes only events of trusted inputs, and no such input may bring these"})
		case o.Policy.Consent != nil:
			all = append(all, sample{Output: o.Name, At: i, Held: "does not get this event: it is about nobody who could say yes, or holds something for which events are dropped"})
		default:
			all = append(all, sample{Output: o.Name, At: i, Held: "does not get this event: it holds something of a category for which events are dropped"})
		}
	}
	if before == nil {
		return nil
	}
	return append([]sample{*before}, all...)
}

// apply makes up an event of an input and has the real Check and Apply make
// the record of it. The event is nil where none could be made up.
func (a *Agent) apply(s *schema.Schema, input int, f *filters.Filter) (record, event *value, taken bool) {
	line, ok := a.checkers[input].Sample(s)
	if !ok {
		return nil, nil, false
	}
	source := *a.config.Inputs[input].Rules.Source
	source.Path = nil
	for _, field := range source.Pattern.Fields() {
		source.Path = append(source.Path, "example-"+field.Name)
	}
	var events schema.Arena
	var records filters.Arena
	var e schema.Event
	events.From(&source)
	if fault := a.checkers[input].Check(&inputs.Line{Raw: line, At: checkpoint.Position{Stream: 1}, End: int64(len(line)) + 1}, &events, &e); fault != nil {
		return nil, nil, false
	}
	event = parse(line)
	r, taken := f.Apply(&e, &records)
	if taken {
		record = parse(r.AppendWhole(nil))
	}
	return record, event, taken
}

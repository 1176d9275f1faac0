package policytest

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/schema"
)

// Result is what became of one test.
type Result struct {
	Test     *Test
	Failures []Failure // none: it passed
	Took     time.Duration
}

// Failure is one expectation that does not hold.
type Failure struct {
	Line int // of the file; 0 where that is not known
	Text string
	Got  string // what came, as JSON; "" where nothing did
}

// Run runs one test and notes what of the policy it touches in c, which may be nil.
func Run(t *Test, c *Coverage) *Result {
	begin := time.Now()
	r := &Result{Test: t}
	t.agent.Consent.set(t.consent)
	event, fault := t.check(new(schema.Arena))
	switch {
	case fault != nil && t.fault == "":
		r.fail(t.Line, "the line is no event: it would go to the quarantine: %s", strings.TrimPrefix(fault.Error(), "not a valid event: "))
	case fault != nil && string(fault.Reason) != t.fault:
		r.fail(t.Line, "the line is quarantined for another reason: %s, want %s", strings.TrimPrefix(fault.Error(), "not a valid event: "), t.fault)
	case fault == nil && t.fault != "":
		r.fail(t.Line, "the line is a valid event of schema %s, want the fault %s", event.Schema().ID(), t.fault)
	case fault == nil:
		for _, e := range t.expects {
			r.judge(e, event)
			c.touch(e.output, event)
		}
	}
	r.Took = time.Since(begin)
	return r
}

// check has the input judge the line.
func (t *Test) check(arena *schema.Arena) (*schema.Event, *schema.Fault) {
	line := inputs.Line{Raw: t.event, At: checkpoint.Position{Stream: 1}, End: int64(len(t.event)) + 1}
	if len(t.event) > t.input.MaxLine {
		line.Long = &inputs.Long{Length: int64(len(t.event))}
	}
	if t.logPath != "" && t.input.Source != nil {
		arena.From(t.input.Source.At(filepath.Clean(t.logPath)))
	}
	var event schema.Event
	if fault := t.input.Checker.Check(&line, arena, &event); fault != nil {
		return nil, fault
	}
	return &event, nil
}

func (r *Result) fail(line int, format string, a ...any) {
	r.Failures = append(r.Failures, Failure{Line: line, Text: fmt.Sprintf(format, a...)})
}

// delivery is what an output's destination gets of an event.
type delivery struct {
	whole []byte // the record with its metadata, as one JSON object
	value map[string]any
	id    []byte // the event id
	parts []outputs.Part
}

// deliver makes the record of an event and takes it apart; nil and why where the
// output does not get the event.
func deliver(o *Output, event *schema.Event) (*delivery, string) {
	var arena filters.Arena
	record, taken := o.Filter.Apply(event, &arena)
	switch {
	case taken:
	case !o.Filter.Takes(event.Schema()):
		return nil, "the output does not take schema " + event.Schema().ID()
	case o.TrustedOnly && !event.Source().Trusted:
		return nil, "the output takes only events of trusted inputs, and " + event.Source().Input + " is none"
	default:
		return nil, "the output's policy holds the event back, by drop_events_with or for want of consent"
	}
	d := &delivery{whole: record.AppendWhole(nil), id: bytes.Clone(record.ID()), parts: outputs.Parts(o.Config, &record)}
	for i := range d.parts {
		d.parts[i].Value = bytes.Clone(d.parts[i].Value)
	}
	value, err := decodeJSON(d.whole)
	if d.value, taken = value.(map[string]any); err != nil || !taken {
		return nil, "the record is no JSON object"
	}
	return d, ""
}

// judge holds what an output gets against what is expected.
func (r *Result) judge(e *expectation, event *schema.Event) {
	d, why := deliver(e.output, event)
	before := len(r.Failures)
	fail := func(key, format string, a ...any) {
		r.fail(e.line(key), "%s: %s", e.output.Name, fmt.Sprintf(format, a...))
	}
	switch {
	case d == nil && e.delivered:
		fail("delivered", "is not delivered: %s", why)
	case d != nil && !e.delivered:
		fail("delivered", "is delivered, want delivered = false")
	case d != nil:
		d.judge(e, fail)
	}
	if d != nil && len(r.Failures) > before {
		r.Failures[len(r.Failures)-1].Got = string(d.whole) // once for each output
	}
}

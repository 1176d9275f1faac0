package schema

import (
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/jsonscan"
)

// Arena is the memory of checked events: their tapes stand in it one after
// another. One Arena belongs to one chunk; Reset before using it again.
type Arena struct {
	tape []jsonscan.Token
}

// Reset forgets what the Arena holds and keeps its memory.
func (a *Arena) Reset() { a.tape = a.tape[:0] }

// Rules are what one input's configuration says about checking its lines.
type Rules struct {
	Source   *inputs.Source
	Envelope Envelope
	Schema   string   // with Envelope None: the id that every line has
	Version  string   // with Envelope None: its version; "" for the only or newest one known
	Schemas  []string // patterns of ids that the input is pinned to; empty for all
}

// Envelope names a form of envelope.
type Envelope string

// The forms of envelopes (policy.md §2, shared with the configuration).
const (
	Jupyter   Envelope = "jupyter"   // __schema__, __schema_version__, __timestamp__
	BinderHub Envelope = "binderhub" // schema, version, timestamp
	None      Envelope = "none"      // none: the configuration names the schema
)

// Checker checks the lines of one input. It is immutable and may be used by
// many goroutines, each with an Arena of its own.
type Checker struct {
	rules    Rules
	registry *Registry
}

// Checker makes the Checker of one input. An error says which of the rules
// cannot hold, such as a schema that is not known.
func (r *Registry) Checker(rules Rules) (*Checker, error) {
	return &Checker{rules: rules, registry: r}, nil
}

// Check judges one line. Exactly one of its results holds: the event, made in
// *e with its tape in a, and nil; or the Fault.
func (c *Checker) Check(line *inputs.Line, a *Arena, e *Event) *Fault {
	return &Fault{Reason: NotJSON}
}

package filters

import (
	"errors"

	"jupyter-events-agent/schema"
)

// Filter makes the Records of one output. Immutable, for many goroutines.
type Filter struct {
	plans []*plan // by schema.Index; nil: this output does not take the schema
}

// Compile makes the Filter of a policy. The error joins every mistake; the
// warnings say what is legal and perhaps not meant.
func Compile(p Policy, r *schema.Registry) (*Filter, []string, error) {
	return nil, nil, errors.New("not compiled")
}

// Apply makes the record of an event for this output. false: this output
// does not take the event. The record lives in a.
func (f *Filter) Apply(e *schema.Event, a *Arena) (Record, bool) {
	return Record{}, false
}

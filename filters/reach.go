package filters

import (
	"slices"

	"jupyter-events-agent/schema"
)

// From are the inputs, by their index in checkers, that bring this output events
// of the schema: their rules let such events in, and the policy takes the schema
// and, with trusted_only, trusts the input; and drop_events_with does not drop
// all that comes from there, for what the paths of its files say.
func (f *Filter) From(checkers []*schema.Checker, s *schema.Schema) (inputs []int) {
	if !f.Takes(s) {
		return nil
	}
	for i, c := range checkers {
		if c.Allows(s) && (c.Trusted() || !f.trusted) && !f.dropsAll(i) {
			inputs = append(inputs, i)
		}
	}
	return inputs
}

// Gets says whether events of the schema come to this output from any of the
// inputs. Where there are no inputs yet, all that it takes counts as coming:
// policies can be written first.
func (f *Filter) Gets(checkers []*schema.Checker, s *schema.Schema) bool {
	return f.Takes(s) && len(checkers) == 0 || len(f.From(checkers, s)) > 0
}

// Brought is f as far as the inputs, by their index in checkers, bring it events:
// what JSONSchema, Outgoing and Fillings of it describe is what the output can
// receive. Of events that come it makes what f makes.
func (f *Filter) Brought(checkers []*schema.Checker) *Filter {
	if len(checkers) == 0 {
		return f
	}
	only, brings := *f, make([]bool, len(checkers))
	only.plans = make([]*plan, len(f.plans))
	for i, p := range f.plans {
		if p == nil {
			continue
		}
		for _, input := range f.From(checkers, p.schema) {
			only.plans[i], brings[input] = p, true
		}
	}
	only.paths = slices.Clone(f.paths)
	for i := range only.paths {
		if i >= len(brings) || !brings[i] {
			only.paths[i] = nil
		}
	}
	return &only
}

// dropsAll says whether what the paths of the input's files say drops every
// event of it.
func (f *Filter) dropsAll(input int) bool {
	return input < len(f.paths) && f.paths[input] != nil && f.paths[input].drops && !f.paths[input].source.Pattern.Upstream()
}

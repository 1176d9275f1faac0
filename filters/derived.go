package filters

import (
	"slices"

	"jupyter-events-agent/schema"
)

// passed is the metadata of records whose events came from another agent.
type passed struct {
	suffix []byte   // in the record
	beside []Member // or beside it, without the source
}

// handed is what that depends on.
type handed struct {
	filter *Filter
	plan   *plan
	what   *schema.Derived
	path   *pathPlan // nil for none
}

// mostPassed bounds what an Arena remembers: one policy upstream is one entry
// for each schema and output.
const mostPassed = 1024

// derived is what of a record depends on the agent that sent its event: the id,
// which is made of the one that it had, and the metadata.
func (f *Filter) derived(e *schema.Event, p *plan, d *schema.Derived, path *pathPlan, a *Arena, r *Record) (id idText, suffix []byte) {
	if upstream, ok := e.Upstream(); ok {
		id = a.derivedID(f.block, upstream[:])
	} else {
		id = a.eventID(f.block, e.At())
	}
	m := a.upstream[handed{f, p, d, path}]
	if m == nil {
		m = f.pass(p, d, path)
		if a.upstream == nil || len(a.upstream) >= mostPassed {
			a.upstream = map[handed]*passed{}
		}
		a.upstream[handed{f, p, d, path}] = m
	}
	if f.apart {
		r.beside = f.besideOf(&m.beside, e.Source(), a)
	}
	return id, m.suffix
}

// pass makes the metadata: what records may contain is what both let out, what
// is redacted is what either withholds.
func (f *Filter) pass(p *plan, d *schema.Derived, path *pathPlan) *passed {
	m := f.metadata &^ (metaID | metaPolicy | metaSource)
	if m == 0 {
		return &passed{beside: f.policy}
	}
	contains, redacted := p.categories(f.rules)
	if path != nil {
		contains, redacted = slices.Concat(contains, path.contains), slices.Concat(redacted, path.redacted)
		slices.Sort(contains)
		contains = slices.Compact(contains)
	}
	if d.Categories != nil {
		contains = slices.DeleteFunc(contains, func(c string) bool { return !slices.Contains(d.Categories, c) })
	}
	redacted = append(redacted, d.Redacted...)
	slices.Sort(redacted)
	members := listMembers(m, contains, slices.Compact(redacted))
	if f.apart {
		return &passed{beside: slices.Concat(members, f.policy)}
	}
	return &passed{suffix: appendMembers(nil, members)}
}

package filters

import (
	"slices"
	"strings"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

const pathName = "__path__"

// pathPlan is what becomes of the fields of one input's paths at an output, and
// of the metadata of its records, which speaks of their categories too.
type pathPlan struct {
	source             *inputs.Source
	fields             []pathField // in the pattern's order
	nulls              []byte      // what stands for those that are denied
	drops              bool        // drop_events_with has a category of one of them
	contains, redacted []string
	suffix             [][]byte // by schema.Index; constant metadata in the record
	beside             []*[]Member
}

// pathField is one field; lead is what stands before its value where it goes
// out, nil where it is denied.
type pathField struct {
	name       string
	categories []string
	lead       []byte
}

// paths makes the plans of the inputs whose paths have fields, by Source.Index;
// nil where there are none.
func (c *Compiler) paths(sources []*inputs.Source, u *rules) []*pathPlan {
	var plans []*pathPlan
	for _, s := range sources {
		if s == nil || len(s.Pattern.Fields()) == 0 {
			continue
		}
		for len(plans) <= s.Index {
			plans = append(plans, nil)
		}
		plans[s.Index] = c.path(s, u)
	}
	return plans
}

func (c *Compiler) path(s *inputs.Source, u *rules) *pathPlan {
	p := &pathPlan{source: s}
	var denied []string
	for _, f := range s.Pattern.Fields() {
		field := pathField{name: f.Name, categories: resolved(f.Categories, c.registry)}
		p.drops = p.drops || len(u.dropsOf(field.categories)) > 0
		if u.everything || u.opens(field.categories, true) {
			field.lead = append(appendQuoted([]byte(","), f.Name), ':')
			p.contains = append(p.contains, field.categories...)
		} else {
			denied = append(denied, f.Name)
			p.redacted = append(p.redacted, u.missing(field.categories)...)
		}
		p.fields = append(p.fields, field)
	}
	if u.null {
		slices.Sort(denied)
		for _, name := range denied {
			p.nulls = append(appendQuoted(append(p.nulls, ','), name), ":null"...)
		}
	}
	return p
}

// metadata makes the constant metadata of the input's records of each schema.
func (p *pathPlan) metadata(f *Filter, policy []Member) {
	p.suffix, p.beside = make([][]byte, len(f.plans)), make([]*[]Member, len(f.plans))
	for i, plan := range f.plans {
		if plan == nil {
			continue
		}
		contains, redacted := plan.categories(f.rules)
		contains, redacted = slices.Concat(contains, p.contains), slices.Concat(redacted, p.redacted)
		slices.Sort(contains)
		slices.Sort(redacted)
		members := listMembers(f.metadata, slices.Compact(contains), slices.Compact(redacted))
		if f.apart {
			members = slices.Concat(members, policy)
			p.beside[i] = &members
		} else {
			p.suffix[i] = appendMembers(nil, members)
		}
	}
}

// pathOf is the plan for the path of the event's file; nil where it has none.
func (f *Filter) pathOf(s *inputs.Source) *pathPlan {
	if s.Path == nil || s.Index >= len(f.paths) {
		return nil
	}
	return f.paths[s.Index]
}

// append appends the member __path__ where anything of it goes out.
func (p *pathPlan) append(out []byte, values []string) []byte {
	start := len(out)
	out = append(out, `,"`+pathName+`":`...)
	first := len(out)
	for i := range p.fields {
		if lead := p.fields[i].lead; lead != nil {
			out = appendQuoted(append(out, lead...), values[i])
		}
	}
	out = append(out, p.nulls...)
	if len(out) == first {
		return out[:start]
	}
	return enclose(out, first, '{', '}')
}

// outgoing are the fields that go out, and before them the member that holds them.
func (p *pathPlan) outgoing() (all []Outgoing) {
	for _, f := range p.fields {
		if f.lead == nil {
			continue
		}
		if all == nil {
			all = append(all, Outgoing{[]string{pathName}, []string{"object"}})
		}
		all = append(all, Outgoing{[]string{pathName, f.name}, []string{"string"}})
	}
	return all
}

// reachable are the inputs with fields that the output takes events of.
func (f *Filter) reachable() (plans []*pathPlan) {
	for _, p := range f.paths {
		if p != nil && (p.source.Trusted || !f.trusted) {
			plans = append(plans, p)
		}
	}
	return plans
}

// rows explain the fields of the input's paths.
func (p *pathPlan) rows(u *rules) (rows []Row) {
	for _, f := range p.fields {
		r := Row{
			Input: p.source.Input, Property: "/" + pathName + "/" + f.name, Declared: "path field",
			Categories: append([]string{}, f.categories...), Categorised: true, Verdict: "sent",
		}
		for _, c := range f.categories {
			r.Origins = append(r.Origins, schema.Origin{Category: c, Source: "path_fields", File: "inputs " + p.source.Input})
		}
		if r.Origins == nil {
			r.Origins = []schema.Origin{}
		}
		missing := u.missing(f.categories)
		switch {
		case u.everything:
			r.Reason = `categories = ["*"] lets everything through`
		case f.lead != nil && len(missing) > 0:
			r.Reason = `match = "any" opens it in spite of ` + strings.Join(missing, ", ")
		case f.lead != nil && len(f.categories) == 0:
			r.Reason = "categories = []: nothing to protect"
		case f.lead != nil:
			r.Reason = "all its categories are allowed"
		case u.null:
			r.Verdict, r.Reason = "null", notAllowed(missing)
		default:
			r.Verdict, r.Reason = "denied", notAllowed(missing)
		}
		if drops := u.dropsOf(f.categories); len(drops) > 0 {
			r.Drops = true
			r.Reason += "; drop_events_with drops every event of the input, for " + strings.Join(drops, ", ")
		}
		rows = append(rows, r)
	}
	return rows
}

func notAllowed(missing []string) string {
	if len(missing) == 1 {
		return missing[0] + " is not allowed"
	}
	return strings.Join(missing, ", ") + " are not allowed"
}

// pathForm is the JSON Schema of __path__; nil where no record has it.
func (f *Filter) pathForm() map[string]any {
	properties := map[string]any{}
	for _, p := range f.reachable() {
		for _, field := range p.fields {
			switch {
			case field.lead != nil:
				properties[field.name] = map[string]any{"type": []string{"string", "null"}}
			case f.rules.null && properties[field.name] == nil:
				properties[field.name] = map[string]any{"type": "null"}
			}
		}
	}
	if len(properties) == 0 {
		return nil
	}
	return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
}

// ofPaths says whether a field of the inputs' paths has the category.
func ofPaths(sources []*inputs.Source, category string, r *schema.Registry) bool {
	return slices.ContainsFunc(sources, func(s *inputs.Source) bool {
		return s != nil && slices.ContainsFunc(s.Pattern.Fields(), func(f inputs.PathField) bool {
			return slices.Contains(resolved(f.Categories, r), category)
		})
	})
}

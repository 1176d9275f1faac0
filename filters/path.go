package filters

import (
	"fmt"
	"io"
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
	instead            []fieldText // what stands for those that are denied, by name
	drops              bool        // drop_events_with has a category of one of them
	contains, redacted []string
	suffix             [][]byte // by schema.Index; constant metadata in the record
	beside             []*[]Member
	tokens             []tokenOf // by field; nil for none
}

// pathField is one field.
type pathField struct {
	name       string
	key        string // as it stands in JSON
	categories []string
	verdict    verdict // denied, changed or open
	action     action
	drops      bool
	slot       int // of a template's place; -1 for none
}

// fieldText stands for a field.
type fieldText struct {
	json []byte // with the comma before it
	late int    // only where the action made nothing of this field; -1: always
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
	for _, f := range s.Pattern.Fields() {
		field := pathField{name: f.Name, key: string(appendQuoted(nil, f.Name)), categories: resolved(f.Categories, c.registry), slot: -1}
		field.drops = len(u.dropsOf(field.categories)) > 0
		p.drops = p.drops || field.drops
		if u.everything || u.opens(field.categories, true) {
			field.verdict = open
		} else {
			field.action = u.actionOf(field.categories, schema.StringType)
			if field.action >= tokenized {
				field.verdict = changed
			}
			p.redacted = append(p.redacted, u.missing(field.categories)...)
		}
		if field.verdict != denied {
			p.contains = append(p.contains, field.categories...)
		}
		p.fields = append(p.fields, field)
	}
	p.fill(u.null)
	return p
}

// fill makes what stands for the fields that are denied.
func (p *pathPlan) fill(null bool) {
	byName := make([]int, len(p.fields))
	for i := range byName {
		byName[i] = i
	}
	slices.SortFunc(byName, func(a, b int) int { return strings.Compare(p.fields[a].name, p.fields[b].name) })
	for _, i := range byName {
		f, text := &p.fields[i], ""
		switch {
		case f.verdict == open:
			continue
		case f.action == masked:
			text = mask
		case f.action == nulled, f.action != dropped && null:
			text = "null"
		default:
			continue
		}
		one := fieldText{json: []byte("," + f.key + ":" + text), late: -1}
		if f.verdict == changed {
			one.late = i
		}
		p.instead = append(p.instead, one)
	}
}

// tokenize finds the scopes of the fields' tokens.
func (f *Filter) tokenizePaths(u *rules, t Tokens) {
	for _, p := range f.paths {
		if p == nil || t == nil {
			continue
		}
		for i := range p.fields {
			if p.fields[i].action != tokenized {
				continue
			}
			if p.tokens == nil {
				p.tokens = make([]tokenOf, len(p.fields))
			}
			if f.tokens == nil {
				f.tokens = make([][]tokenOf, len(f.plans))
			}
			p.tokens[i] = f.scope(u, t, p.fields[i].categories)
		}
	}
}

// writeTo writes all that a hash of the policy hangs on.
func (p *pathPlan) writeTo(w io.Writer) {
	fmt.Fprintf(w, "%d", p.source.Index)
	for i := range p.fields {
		f := &p.fields[i]
		fmt.Fprintf(w, " %s %q %d %d", f.key, f.categories, f.verdict, f.action)
	}
	for _, t := range p.instead {
		fmt.Fprintf(w, " %s %d", t.json, t.late)
	}
	fmt.Fprintln(w)
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

// reachable are the inputs with fields that the output takes events of.
func (f *Filter) reachable() (plans []*pathPlan) {
	for _, p := range f.paths {
		if p != nil && (p.source.Trusted || !f.trusted) {
			plans = append(plans, p)
		}
	}
	return plans
}

// ofPaths says whether a field of the inputs' paths has the category.
func ofPaths(sources []*inputs.Source, category string, r *schema.Registry) bool {
	return slices.ContainsFunc(sources, func(s *inputs.Source) bool {
		return s != nil && slices.ContainsFunc(s.Pattern.Fields(), func(f inputs.PathField) bool {
			return slices.Contains(resolved(f.Categories, r), category)
		})
	})
}

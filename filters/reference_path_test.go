package filters_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// origin is the input of generated events: without fields of paths, with those
// of its file's path, or with those that another agent has sent.
type origin struct {
	source   *inputs.Source
	fields   map[string][]string // their categories
	file     string
	upstream bool
	path     []field // of the event at hand, in its order
}

// field is a field of a path as it comes in.
type field struct {
	name  string
	value *value
}

func (g *generator) origin(t *testing.T) *origin {
	t.Helper()
	o := &origin{source: &inputs.Source{Input: "hub", Index: 1, Trusted: true}}
	if g.one(2) {
		return o
	}
	o.fields, o.upstream = map[string][]string{}, g.one(2)
	pattern := ""
	for _, i := range g.Perm(3)[:1+g.IntN(3)] {
		name := []string{"pa", "pb", "pc"}[i]
		o.fields[name] = []string{pick(g, categories), pick(g, categories)}[:g.IntN(3)]
		text := fmt.Sprintf(pick(g, []string{"v%d", "192.0.2.%d", "2026-11-22T14:20:46.%06dZ", "v%d.py", `v"%d`}), g.IntN(200))
		pattern, o.file = pattern+"/{"+name+"}", o.file+"/"+text
		o.path = append(o.path, field{name, &value{text: string(quoted(text))}})
	}
	var wrong []error
	if o.upstream {
		o.file = ""
		o.source.Pattern, wrong = inputs.NewUpstreamFields(o.fields)
	} else {
		o.file += "/events.log"
		o.source.Pattern, wrong = inputs.NewPathPattern(pattern+"/events.log", o.fields)
	}
	if wrong != nil {
		t.Fatal(wrong)
	}
	return o
}

// lines are the origin's.
func (o *origin) lines(t *testing.T, r *schema.Registry) *lines {
	t.Helper()
	rules := schema.Rules{Source: o.source}
	if o.upstream {
		rules.Envelope = schema.Agent
	}
	l := newLines(t, r, rules)
	l.from = o.source.At(o.file)
	return l
}

// sent is the member that the agent upstream has added, and notes what is in it.
func (g *generator) sent(o *origin) string {
	if !o.upstream {
		return ""
	}
	if o.path = nil; g.one(6) {
		return ""
	}
	var parts []string
	names := []string{"pa", "pb", "pc", "px"}
	for _, i := range g.Perm(len(names))[:g.IntN(len(names)+1)] {
		g.canary++
		text := strings.ReplaceAll(pick(g, []string{`"v%"`, `"192.0.2.7"`, `null`, `7%`, `{"x":"v%"}`, `["v%"]`, `"a/v%.py"`}), "%", fmt.Sprint(g.canary))
		o.path = append(o.path, field{names[i], parse(text)})
		parts = append(parts, `"`+names[i]+`":`+text)
	}
	return `"__path__":{` + strings.Join(parts, ",") + `}`
}

// pathPlace is the place of a field.
func pathPlace(categories []string) at {
	return at{declared: true, named: true, categorised: true, categories: categories}
}

// withPath puts what goes out of the path behind a record's own members.
func (r *reference) withPath(members string) string {
	var out []string
	missed := map[string]bool{}
	for _, f := range r.origin.path {
		categories, known := r.origin.fields[f.name]
		place := pathPlace(categories)
		switch {
		case !known:
		case r.opens(categories):
			if f.value.kind == 0 {
				out = append(out, string(quoted(f.name))+":"+f.value.text)
			}
		default:
			text, ok := r.made(&place, f.value)
			if missed[f.name] = !ok; ok && text != "" {
				out = append(out, string(quoted(f.name))+":"+text)
			}
		}
	}
	var names []string
	for name := range r.origin.fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		place := pathPlace(r.origin.fields[name])
		if r.opens(place.categories) {
			continue
		}
		kind := r.action(&place).Action
		text := map[string]string{"mask": `"***"`, "null": "null"}[kind]
		if r.policy.Denied == "null" && (kind == "" || slices.Contains(changing, kind) && missed[name]) {
			text = "null"
		}
		if text != "" {
			out = append(out, string(quoted(name))+":"+text)
		}
	}
	if len(out) == 0 {
		return members
	}
	if members != "{}" {
		members = strings.TrimSuffix(members, "}") + ",}"
	}
	return strings.TrimSuffix(members, "}") + `"__path__":{` + strings.Join(out, ",") + "}}"
}

// pathDrops says whether a field of the path keeps the event back.
func (r *reference) pathDrops() bool {
	return slices.ContainsFunc(r.origin.path, func(f field) bool {
		return f.value.text != "null" && slices.ContainsFunc(r.origin.fields[f.name], func(c string) bool { return slices.Contains(r.policy.DropEvents, c) })
	})
}

// pathPersons are whom the path names. Of an agent that does not say what its
// records may hold, a field of which nothing is known may name a person.
func (r *reference) pathPersons() (names []string) {
	var scalars func(v *value)
	scalars = func(v *value) {
		for _, i := range v.items {
			scalars(i)
		}
		if v.kind == 0 && v.text != "null" {
			var text string
			if json.Unmarshal([]byte(v.text), &text) != nil {
				text = v.text
			}
			if text != "" {
				names = append(names, text)
			}
		}
	}
	for _, f := range r.origin.path {
		if categories, known := r.origin.fields[f.name]; !known || slices.Contains(categories, "user-identifier") {
			scalars(f.value)
		}
	}
	return names
}

// seen adds the categories of all that goes out of the event, as it stands or
// changed.
func (r *reference) seen(v *value, all map[string]bool) {
	note := func(categories []string) {
		for _, c := range categories {
			all[c] = true
		}
	}
	for _, f := range r.origin.path {
		place := pathPlace(r.origin.fields[f.name])
		if _, known := r.origin.fields[f.name]; !known {
			continue
		}
		text, ok := r.made(&place, f.value)
		if r.opens(place.categories) && f.value.kind == 0 || ok && text != "" {
			note(place.categories)
		}
	}
	var object func(v *value, judge func(name string) (at, bool))
	var inside func(v *value, a *at)
	object = func(v *value, judge func(name string) (at, bool)) {
		for _, m := range v.members {
			place, open := judge(m.name)
			text, ok := r.made(&place, m.value)
			if open || ok && text != "" {
				note(place.categories)
			}
			if open {
				inside(m.value, &place)
			}
		}
	}
	inside = func(v *value, a *at) {
		if v.kind == '{' {
			object(v, func(name string) (at, bool) {
				place := r.member(a, name, false)
				return place, r.open(&place, false)
			})
		}
		if rest := r.element(a, -1); v.kind == '[' && r.open(&rest, true) {
			for i, item := range v.items {
				place := r.element(a, i)
				note(place.categories)
				inside(item, &place)
			}
		}
	}
	object(v, r.top)
}

// TestNeverTogether: where a policy compiles, no two records of a schema hold
// all categories of a group between them; where they would, it is refused.
func TestNeverTogether(t *testing.T) {
	refused, covered, kept := 0, 0, 0
	for i := range rounds(300) {
		g := &generator{Rand: newRand(4, uint64(i))}
		text := g.eventSchema()
		known := registry(t, "e.json", text)
		o := g.origin(t)
		l := o.lines(t, known)
		for range 6 {
			p := g.policy()
			p.Sources, p.Consent, p.DropEvents = []*inputs.Source{o.source}, nil, nil
			if p.Undeclared == "inherit" {
				p.Undeclared = ""
			}
			r := newReference(text, p)
			r.origin = o
			order := g.Perm(len(categories))
			group := []string{}
			for _, c := range order[:2+g.IntN(2)] {
				group = append(group, categories[c])
			}
			p.Never = [][]string{{categories[order[4]], "nothing has this"}, group}
			all := map[string]bool{}
			for range 8 {
				members := g.object(3)
				l.extra = g.sent(o)
				if _, fault := l.event(line(members)); fault == nil {
					r.seen(parse(members), all)
				}
			}
			_, _, err := filters.Compile(p, known)
			together := !slices.ContainsFunc(group, func(c string) bool { return !all[c] })
			switch {
			case together && err == nil:
				t.Fatalf("%q goes out together\nschema %s\npolicy %+v\nfields %v", group, text, p, o.fields)
			case err != nil && !strings.Contains(err.Error(), "policy.never_together"):
				t.Fatal(err)
			case together:
				covered++
			case err != nil:
				refused++
			default:
				kept++
			}
		}
	}
	if covered < rounds(100) || kept < rounds(600) || refused > kept {
		t.Fatalf("%d refused and seen, %d refused, %d kept", covered, refused, kept)
	}
}

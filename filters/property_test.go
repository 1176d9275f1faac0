package filters_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/jsonscan"
)

func newRand(seed, i uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, i)) }

// each runs check with generated schemas, policies and events.
func each(t *testing.T, seed uint64, schemas int, check func(t *testing.T, g *generator, r *reference, f *filters.Filter, l *lines, members string)) {
	t.Helper()
	events := 0
	schemas = rounds(schemas)
	for i := range schemas {
		g := &generator{Rand: newRand(seed, uint64(i))}
		text := g.eventSchema()
		known := registry(t, "e.json", text)
		o := g.origin(t)
		l := o.lines(t, known)
		for range 6 {
			p := g.policy()
			p.Sources = []*inputs.Source{o.source}
			f, _, err := filters.Compile(p, known)
			if err != nil {
				t.Fatal(err, text)
			}
			r := newReference(text, p)
			r.origin = o
			for range 4 {
				members := g.object(3)
				l.extra = g.sent(o)
				if _, fault := l.event(line(members)); fault == nil {
					events++
					check(t, g, r, f, l, members)
				}
				if t.Failed() {
					t.Fatalf("schema %s\npolicy %+v\nfields %v\nfile %s\nevent %s\nwith %s", text, p, o.fields, o.file, members, l.extra)
				}
			}
		}
	}
	if events < 12*schemas {
		t.Fatalf("only %d of %d events were valid", events, 24*schemas)
	}
}

// own is a record without its envelope.
func own(t *testing.T, record string) string {
	t.Helper()
	rest, ok := strings.CutPrefix(record, "{"+envelope)
	if !ok {
		t.Fatalf("another envelope: %s", record)
	}
	return "{" + strings.TrimPrefix(rest, ",")
}

func TestAgreesWithTheReference(t *testing.T) {
	each(t, 1, 200, func(t *testing.T, _ *generator, r *reference, f *filters.Filter, l *lines, members string) {
		got, taken := record(t, f, l, line(members))
		if dropped := r.dropped(parse(members)) || r.withheld(parse(members)); dropped || !taken {
			if dropped == taken {
				t.Errorf("taken %v, to be dropped %v", taken, dropped)
			}
			return
		}
		if want := r.withPath(r.redact(parse(members)).render()); own(t, got) != want {
			t.Errorf("\ngot  %s\nwant %s", own(t, got), want)
		}
	})
}

var canaries = regexp.MustCompile(`canary\d+z`)

// TestNoDeniedValue looks for what the reference withholds without asking
// where in the record it stands.
func TestNoDeniedValue(t *testing.T) {
	each(t, 2, 60, func(t *testing.T, _ *generator, r *reference, f *filters.Filter, l *lines, members string) {
		got, taken := record(t, f, l, line(members))
		if !taken {
			return
		}
		if _, err := jsonscan.NewScanner(nil).Scan(nil, []byte(got)); err != nil {
			t.Errorf("the record is not strict JSON: %v", err)
		}
		permitted := r.redact(parse(members)).render()
		for _, canary := range canaries.FindAllString(members, -1) {
			if strings.Contains(got, canary) != strings.Contains(permitted, canary) {
				t.Errorf("%s: in the record %v, permitted %v", canary, strings.Contains(got, canary), strings.Contains(permitted, canary))
			}
		}
	})
}

// TestNonInterference changes an event at denied places only: other values,
// members taken away, members put in. The output gets the same bytes.
func TestNonInterference(t *testing.T) {
	changed := 0
	each(t, 3, 150, func(t *testing.T, g *generator, r *reference, f *filters.Filter, l *lines, members string) {
		start := l.offset
		before, taken := record(t, f, l, line(members))
		other := g.mutate(r, parse(members)).render()
		if _, fault := l.event(line(other)); fault != nil {
			return
		}
		l.offset = start
		after, again := record(t, f, l, line(other))
		if !taken || !again {
			return // that is the one bit that drop_events_with or consent tells
		}
		if before != after {
			t.Errorf("\nother  %s\nbefore %s\nafter  %s", other, before, after)
		}
		if other != parse(members).render() {
			changed++
		}
	})
	if changed < rounds(1000) {
		t.Fatalf("only %d events were changed", changed)
	}
}

// mutate changes an event's own members where they are denied.
func (g *generator) mutate(r *reference, v *value) *value {
	return g.members2(r, v, r.top)
}

func (g *generator) inside(r *reference, v *value, a *at) *value {
	switch v.kind {
	case '{':
		return g.members2(r, v, func(name string) (at, bool) {
			place := r.member(a, name, false)
			return place, r.open(&place, false)
		})
	case '[':
		if rest := r.element(a, -1); !r.open(&rest, true) {
			return &value{kind: '[', items: v.items[:g.IntN(len(v.items)+1)]}
		}
		out := &value{kind: '['}
		for i, item := range v.items {
			place := r.element(a, i)
			out.items = append(out.items, g.inside(r, item, &place))
		}
		return out
	}
	return v
}

// members2 keeps the members that go out, changed or not, and makes others of
// the denied.
func (g *generator) members2(r *reference, v *value, judge func(name string) (at, bool)) *value {
	out := &value{kind: '{'}
	have := map[string]bool{}
	for _, m := range v.members {
		have[m.name] = true
	}
	insert := func() {
		if name := pick(g, names); !have[name] {
			if place, open := judge(name); !open && !r.changes(&place) {
				have[name] = true
				out.members = append(out.members, member{string(quoted(name)), name, parse(g.value(name, 2))})
			}
		}
	}
	for _, m := range v.members {
		if g.one(2) {
			insert()
		}
		if place, open := judge(m.name); open {
			out.members = append(out.members, member{m.key, m.name, g.inside(r, m.value, &place)})
		} else if r.changes(&place) {
			out.members = append(out.members, m)
		} else if !g.one(3) {
			out.members = append(out.members, member{m.key, m.name, parse(g.value(m.name, 2))})
		}
	}
	insert()
	return out
}

package policytest

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"

	"jupyter-events-agent/outputs"
)

// judge calls fail, with the key of the expectation, for whatever does not hold.
func (d *delivery) judge(e *expectation, fail func(key, format string, a ...any)) {
	if e.receives != nil {
		c := comparison{fail: func(format string, a ...any) { fail("receives", format, a...) }}
		c.compare("", e.receives, d.value)
	}
	if e.exactly != nil {
		got := maps.Clone(d.value)
		maps.DeleteFunc(got, func(name string, _ any) bool {
			_, named := e.exactly[name]
			return !named && added(name)
		})
		c := comparison{whole: true, free: e.present, fail: func(format string, a ...any) { fail("exactly", format, a...) }}
		c.compare("", e.exactly, got)
	}
	for _, text := range e.present {
		found := false
		find(d.value, "", pointer(text), func(string, any) { found = true })
		if !found {
			fail("present", "%q is not in the record", text)
		}
	}
	for _, text := range e.absent {
		find(d.value, "", pointer(text), func(at string, value any) {
			fail("absent", "%s is in the record, as %s, and must be absent", at, said(value))
		})
	}
	for _, what := range e.lacks {
		if where := d.holds(what); where != "" {
			fail("lacks", "%s is in the record, and must not be anywhere: %s", said(what), where)
		}
	}
	d.judgeRouted(e, fail)
}

// added says that a top-level member is the envelope's or the agent's metadata:
// exactly speaks of them only where it names them.
func added(name string) bool {
	return len(name) > 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__") && name != "__path__"
}

// comparison holds values against those that are wanted.
type comparison struct {
	whole bool     // members beyond the wanted ones are too many,
	free  []string // but for these, which may be there with any value
	fail  func(format string, a ...any)
}

func (c *comparison) compare(at string, want, got any) {
	switch want := want.(type) {
	case map[string]any:
		members, ok := got.(map[string]any)
		if !ok {
			break
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if value, has := members[name]; has {
				c.compare(step(at, name), want[name], value)
			} else {
				c.fail("%s is not in the record, want %s", step(at, name), said(want[name]))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if _, wanted := want[name]; c.whole && !wanted && !c.isFree(step(at, name)) {
				c.fail("%s is in the record, as %s, and is none of what it is to be exactly", step(at, name), said(members[name]))
			}
		}
		return
	case []any:
		items, ok := got.([]any)
		if !ok || len(items) != len(want) {
			break
		}
		for i := range want {
			c.compare(step(at, strconv.Itoa(i)), want[i], items[i])
		}
		return
	}
	if !equal(want, got) {
		c.fail("%s is %s, want %s", at, said(got), said(want))
	}
}

// isFree says whether one of the pointers leads to a member.
func (c *comparison) isFree(at string) bool {
	steps := pointer(at)
	return slices.ContainsFunc(c.free, func(text string) bool {
		return slices.EqualFunc(pointer(text), steps, func(a, b string) bool { return a == b || a == "*" })
	})
}

// holds says where the destination would find a text or number, in whatever it
// gets: the record as it is written and as it is read, the key, the names of
// topics and indices, labels and headers. The event id is left out: it is made of
// the place in the log, and its digits mean nothing.
func (d *delivery) holds(what any) (where string) {
	text, isText := what.(string)
	for i := range d.parts {
		p := &d.parts[i]
		value := bytes.ReplaceAll(p.Value, d.id, nil)
		decoded, err := decodeJSON(value)
		at, held := holds(decoded, what)
		switch {
		case err == nil && held:
			return strings.TrimSuffix("in the "+p.Name+", at "+at, ", at ")
		case err != nil && bytes.Contains(value, []byte(plain(what))), isText && bytes.Contains(value, []byte(text)):
			return "in the " + p.Name
		}
	}
	return ""
}

// judgeRouted compares what the destination is told beside the record.
func (d *delivery) judgeRouted(e *expectation, fail func(key, format string, a ...any)) {
	var names []string
	for i := range d.parts {
		if d.parts[i].Name != outputs.Body {
			names = append(names, d.parts[i].Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.routed)) {
		want := e.routed[name]
		i := slices.IndexFunc(d.parts, func(p outputs.Part) bool { return p.Name == name && p.Name != outputs.Body })
		switch {
		case i < 0 && want == "":
		case i < 0 && len(names) == 0:
			fail("routed", "there is no %s: this destination gets the record alone", name)
		case i < 0:
			fail("routed", "there is no %s%s", name, orThere(name, names))
		case string(d.parts[i].Value) != want:
			fail("routed", "%s is %s, want %s", name, said(string(d.parts[i].Value)), said(want))
		}
	}
}

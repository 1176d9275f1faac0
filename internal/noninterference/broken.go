package noninterference

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

var scanner = jsonscan.NewScanner(nil)

// broken is a pair of lines neither of which is an event, by their making:
// nothing may come of them.
func (u *subject) broken(at int) *pair {
	p := &pair{of: u, at: at, fault: true, micros: begin}
	p.a, p.b = u.fault(), u.fault()
	if p.a == nil || p.b == nil {
		return nil
	}
	return p
}

const canary = "canary-93be"

// fault is a line that is no event: a member twice, once perhaps by escapes; a
// member of a type that its schema excludes; a required one left out.
func (u *subject) fault() []byte {
	n := *pick(u.Rand, u.pool...)
	n.kids = slices.Clone(n.kids)
	canary := fmt.Sprintf(`"%s-%d"`, canary, u.IntN(1_000_000))
	how := u.IntN(3)
	if how > 0 && u.input.Rules.Envelope != schema.Agent {
		if name, wrong := u.against(how == 1); name != "" {
			n.kids = slices.DeleteFunc(n.kids, func(k *node) bool { return k.name == name })
			if wrong != "" {
				n.kids = append(n.kids, &node{key: u.text(nil, name), name: name, kind: jsonscan.Null, text: []byte(strings.ReplaceAll(wrong, "$", canary))})
			}
			return u.line(&n, begin)
		}
	}
	i := slices.IndexFunc(n.kids, func(k *node) bool { return k.name != "" && k.name[0] >= 'a' && k.name[0] <= 'z' })
	if i < 0 {
		return nil
	}
	twin := *n.kids[i]
	twin.kind, twin.text = jsonscan.String, []byte(canary)
	if u.one(2) {
		twin.key = fmt.Appendf(nil, `"\u%04x%s`, twin.name[0], u.text(nil, twin.name[1:])[1:])
	}
	n.kids = slices.Insert(n.kids, u.IntN(len(n.kids)+1), &twin)
	return u.line(&n, begin)
}

// against is a member of the event and a value that the document's own first
// words exclude, in which $ stands for a text; "" where the member is required
// and is to be left out.
func (u *subject) against(absent bool) (name, wrong string) {
	root := u.maker.root
	if root["$ref"] != nil {
		return "", ""
	}
	if required, _ := root["required"].([]any); absent && len(required) > 0 {
		if name := stringOf(pick(u.Rand, required...)); !schema.Reserved(name) && name != "taskName" && !enveloping(name) {
			return name, ""
		}
	}
	properties, _ := root["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		of, _ := properties[name].(map[string]any)
		if of == nil || of["$ref"] != nil || schema.Reserved(name) || name == "taskName" || enveloping(name) || u.one(3) {
			continue
		}
		switch stringOf(of["type"]) {
		case "string", "integer", "number", "boolean", "null", "array":
			return name, "{$: $}"
		case "object":
			return name, "$"
		}
	}
	return "", ""
}

// enveloping says that a member may be BinderHub's envelope.
func enveloping(name string) bool {
	return name == "schema" || name == "version" || name == "timestamp"
}

// refused sees that a line which is no event is taken for none, and that what
// is said of it holds nothing of it.
func (u *subject) refused(line []byte) (channel string) {
	var e schema.Event
	u.events.Reset()
	fault := u.check(0, line, checkpoint.Position{Stream: theStream}, &u.events, &e)
	switch {
	case fault == nil:
		return "a line that is no valid event was taken for one"
	case bytes.Contains([]byte(fault.Error()), []byte(canary)):
		return "the text of a fault, which holds a value of the line"
	}
	return ""
}

package noninterference

import (
	"bytes"
	"fmt"
	"slices"

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
	places := u.schema.Places()
	if how > 0 && u.input.Rules.Envelope != schema.Agent {
		children := slices.Clone(places[schema.Root].Children)
		u.Shuffle(len(children), func(i, j int) { children[i], children[j] = children[j], children[i] })
		for _, c := range children {
			place := &places[c]
			if place.Kind != schema.MemberPlace || place.Conditional || schema.Reserved(place.Name) {
				continue
			}
			n.kids = slices.DeleteFunc(n.kids, func(k *node) bool { return k.name == place.Name })
			wrong := ""
			switch {
			case how == 1 && place.Required:
				return u.line(&n, begin)
			case place.Types&schema.ObjectType == 0:
				wrong = "{" + canary + ": " + canary + "}"
			case place.Types&schema.StringType == 0:
				wrong = canary
			}
			if wrong != "" {
				n.kids = append(n.kids, &node{key: u.text(nil, place.Name), name: place.Name, kind: jsonscan.Null, text: []byte(wrong)})
				return u.line(&n, begin)
			}
			n.kids = slices.Clone(pick(u.Rand, u.pool...).kids)
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

// refused sees that a line which is no event is taken for none, and that what
// is said of it holds nothing of it.
func (u *subject) refused(line []byte) (channel string) {
	var e schema.Event
	u.events.Reset()
	fault := u.check(line, checkpoint.Position{Stream: theStream}, &u.events, &e)
	switch {
	case fault == nil:
		return "a line that is no valid event was taken for one"
	case bytes.Contains([]byte(fault.Error()), []byte(canary)):
		return "the text of a fault, which holds a value of the line"
	}
	return ""
}

package validate

import (
	"bytes"

	"jupyter-events-agent/internal/jsonscan"
)

// value is a value of a schema, of enum or const.
type value struct {
	kind    jsonscan.Kind
	text    string // of a String
	number  bound
	items   []value
	members []namedValue
}

type namedValue struct {
	name  uint16
	value value
}

// enum is a closed list of values.
type enum struct {
	texts  []string
	set    map[string]struct{} // instead of texts where there are many
	others []value
}

// manyTexts is from where on a map is faster than looking at each.
const manyTexts = 16

func (j *judgement) listed(e *enum, at uint32) bool {
	t := &j.tape[at]
	if t.Kind == jsonscan.String {
		text := j.text(t)
		if e.set != nil {
			_, ok := e.set[string(text)]
			return ok
		}
		return among(e.texts, text)
	}
	for i := range e.others {
		if j.equal(&e.others[i], at) {
			return true
		}
	}
	return false
}

func among(texts []string, text []byte) bool {
	for _, s := range texts {
		if string(text) == s {
			return true
		}
	}
	return false
}

// equal compares by value: numbers as numbers, strings decoded, objects
// without order. True is not 1.
func (j *judgement) equal(v *value, at uint32) bool {
	t := &j.tape[at]
	if t.Kind != v.kind {
		return false
	}
	switch t.Kind {
	case jsonscan.String:
		return string(j.text(t)) == v.text
	case jsonscan.Number:
		text := t.Value(j.line)
		if bytes.Equal(text, v.number.text) {
			return true
		}
		return v.number.compare(text, t.Flags&jsonscan.Integer != 0) == 0
	case jsonscan.Array:
		n := 0
		for i := at + 1; i < t.Next; i = j.tape[i].Next {
			if n == len(v.items) || !j.equal(&v.items[n], i) {
				return false
			}
			n++
		}
		return n == len(v.items)
	case jsonscan.Object:
		n := 0
		for i := at + 1; i < t.Next; i = j.tape[i].Next {
			if j.tape[i].Flags&jsonscan.Off != 0 {
				continue
			}
			if !j.has(v, i) {
				return false
			}
			n++
		}
		return n == len(v.members)
	}
	return true
}

// has reports whether v has a member equal to the one at. Names of enum
// and const are all numbered, so one that is not cannot be among them.
func (j *judgement) has(v *value, at uint32) bool {
	name := j.tape[at].Name
	if name == 0 {
		return false
	}
	for i := range v.members {
		if v.members[i].name == name {
			return j.equal(&v.members[i].value, at)
		}
	}
	return false
}

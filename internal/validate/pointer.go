package validate

import (
	"net/url"
	"strconv"
	"strings"

	"jupyter-events-agent/internal/jsonscan"
)

// pointer is the way from the root to the token at, as JSON pointer, with "*"
// for every name that the schema does not speak of.
func (v *Validator) pointer(line []byte, tape []jsonscan.Token, at uint32) string {
	var b strings.Builder
	for i := uint32(0); i != at; {
		n := 0
		child := i + 1
		for tape[child].Next <= at {
			child = tape[child].Next
			n++
		}
		b.WriteByte('/')
		if tape[i].Kind == jsonscan.Object {
			b.WriteString(v.step(string(jsonscan.AppendText(nil, tape[child].Key(line)))))
		} else {
			b.WriteString(strconv.Itoa(n))
		}
		i = child
	}
	return b.String()
}

// step is the member name as a pointer may show it.
func (v *Validator) step(name string) string {
	if !v.known[name] {
		return "*"
	}
	return escape(name)
}

func escape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// unescape undoes v5's escaping of one step.
func unescape(step string) string {
	if s, err := url.PathUnescape(step); err == nil {
		step = s
	}
	return strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
}

// sanitised is v5's pointer into event as a Violation may show it.
func (v *Validator) sanitised(event any, pointer string) string {
	var b strings.Builder
	for _, step := range strings.Split(pointer, "/")[1:] {
		step = unescape(step)
		b.WriteByte('/')
		switch value := event.(type) {
		case map[string]any:
			b.WriteString(v.step(step))
			event = value[step]
		case []any:
			b.WriteString(step)
			if i, err := strconv.Atoi(step); err == nil && i < len(value) {
				event = value[i]
			}
		default:
			b.WriteByte('*') // the name of a member, judged by propertyNames
		}
	}
	return b.String()
}

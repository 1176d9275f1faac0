package validate

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"jupyter-events-agent/internal/jsonscan"
)

// fallback has v5 judge the event.
func (v *Validator) fallback(line []byte, tape []jsonscan.Token) (violation Violation, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			violation, ok = Violation{Keyword: "internal"}, false
		}
	}()
	event := decode(line, tape, 0)
	if v.limit != nil {
		v.limit.Lock()
		defer v.limit.Unlock()
		v.limit.left = judgesEffort(tape)
	}
	err := v.judge.Validate(event)
	if err == nil {
		return Violation{}, true
	}
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		return Violation{Keyword: "internal"}, false
	}
	found := deepest(ve, nil)
	first := found[0]
	for _, f := range found[1:] {
		if f.Pointer < first.Pointer || f.Pointer == first.Pointer && f.Keyword < first.Keyword {
			first = f // v5 goes through maps, so its order is not the same each time
		}
	}
	first.Pointer = v.sanitised(event, first.Pointer)
	return first, false
}

// decode makes of the value at what encoding/json would make of it, without
// members that are Off.
func decode(line []byte, tape []jsonscan.Token, at uint32) any {
	t := &tape[at]
	switch t.Kind {
	case jsonscan.True:
		return true
	case jsonscan.False:
		return false
	case jsonscan.Number:
		return json.Number(t.Value(line))
	case jsonscan.String:
		return string(jsonscan.AppendText(nil, t.Value(line)))
	case jsonscan.Array:
		items := []any{}
		for i := at + 1; i < t.Next; i = tape[i].Next {
			items = append(items, decode(line, tape, i))
		}
		return items
	case jsonscan.Object:
		members := map[string]any{}
		for i := at + 1; i < t.Next; i = tape[i].Next {
			if tape[i].Flags&jsonscan.Off == 0 {
				members[string(jsonscan.AppendText(nil, tape[i].Key(line)))] = decode(line, tape, i)
			}
		}
		return members
	}
	return nil
}

// combinators are keywords whose causes say why each branch failed, which is
// not why the event is invalid.
var combinators = map[string]string{
	"anyOf": "anyOf", "oneOf": "oneOf", "minContains": "contains",
}

// deepest appends the causes that have none themselves, pointers as v5 has
// them.
func deepest(e *jsonschema.ValidationError, found []Violation) []Violation {
	steps := strings.Split(e.KeywordLocation, "/")
	keyword := steps[len(steps)-1]
	if len(e.Causes) == 0 {
		return append(found, Violation{keywordOf(e, steps), e.InstanceLocation})
	}
	if name, ok := combinators[keyword]; ok && e.Message != "" {
		return append(found, Violation{name, e.InstanceLocation})
	}
	for _, cause := range e.Causes {
		found = deepest(cause, found)
	}
	return found
}

// keywordOf is the schema's keyword in a location such as
// /properties/a/minimum or /dependencies/a/0.
func keywordOf(e *jsonschema.ValidationError, steps []string) string {
	if e.Message == "not allowed" {
		return "false"
	}
	n := len(steps)
	if _, err := strconv.Atoi(steps[n-1]); err == nil && n >= 3 && (steps[n-3] == "dependencies" || steps[n-3] == "dependentRequired") {
		return steps[n-3]
	}
	if name, ok := combinators[steps[n-1]]; ok {
		return name
	}
	return steps[n-1]
}

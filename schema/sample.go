package schema

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// sampleStamp is the time of sample events, as jupyter_events writes it.
const sampleStamp = "2026-01-02T03:04:05.678901Z"

// Sample makes up an event of a schema, in the envelope of this input: the line
// as Jupyter would write it, without line end. It has every member that the
// schema declares, as far as they can stand together, and is the same one each
// time. It is made of the schema's own words alone (type, enum, format, pattern,
// bounds), never of default or examples, which may be somebody's, nor of any log.
// false where this input takes no event of the schema, or none could be made up:
// Check takes every line that it returns, of a source whose path is no stray.
func (c *Checker) Sample(s *Schema) (line []byte, ok bool) {
	if !c.Allows(s) {
		return nil, false
	}
	var leave func(name string) bool
	if c.reserves {
		leave = Reserved
	}
	made, ok := s.validator.Sample(leave)
	members, object := made.(map[string]any)
	if !ok || !object {
		return nil, false
	}
	names := slices.Sorted(maps.Keys(members))
	var first []string
	for _, m := range c.sampleEnvelope(s) {
		if _, has := members[m.name]; !has {
			names = append(names, m.name)
		}
		members[m.name] = m.value
		first = append(first, m.name)
	}
	names = append(first, slices.DeleteFunc(names, func(name string) bool { return slices.Contains(first, name) })...)
	line = appendObject(nil, names, members)
	var arena Arena
	var event Event
	fault := c.Check(&inputs.Line{Raw: line, At: checkpoint.Position{Stream: 1}, End: int64(len(line)) + 1}, &arena, &event)
	return line, fault == nil && event.schema == s
}

// Allows says whether the input's rules let events of the schema in.
func (c *Checker) Allows(s *Schema) bool {
	return c.allowed[s.index] && (c.fixed == nil || c.fixed == s)
}

// Trusted says whether the operator vouches for who can write into the input.
func (c *Checker) Trusted() bool { return c.rules.Source != nil && c.rules.Source.Trusted }

// Input is the input's name; "" of rules without a source.
func (c *Checker) Input() string {
	if c.rules.Source == nil {
		return ""
	}
	return c.rules.Source.Input
}

type sampleMember struct {
	name  string
	value any
}

// sampleEnvelope is the envelope of a sample in the input's form.
func (c *Checker) sampleEnvelope(s *Schema) []sampleMember {
	var version any = s.version
	switch c.rules.Envelope {
	case None:
		return nil
	case BinderHub:
		if number := json.Number(s.version); s.version != "" && isDigits(s.version) {
			version = number // BinderHub's are numbers
		}
		return []sampleMember{{"timestamp", sampleStamp}, {"schema", s.id}, {"version", version}}
	}
	envelope := []sampleMember{{nameTimestamp, sampleStamp}, {nameSchema, s.id}, {nameVersion, version}}
	if c.rules.Envelope == Jupyter {
		envelope = append(envelope, sampleMember{nameMetadata, json.Number("1")})
	}
	return envelope
}

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i]-'0' > 9 {
			return false
		}
	}
	return text[0] != '0' || len(text) == 1
}

// appendObject appends an object as Python writes it.
func appendObject(b []byte, names []string, members map[string]any) []byte {
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(appendSample(b, name), ": "...)
		b = appendSample(b, members[name])
	}
	return append(b, '}')
}

func appendSample(b []byte, value any) []byte {
	switch value := value.(type) {
	case map[string]any:
		return appendObject(b, slices.Sorted(maps.Keys(value)), value)
	case []any:
		b = append(b, '[')
		for i, item := range value {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendSample(b, item)
		}
		return append(b, ']')
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	_ = e.Encode(value) // scalars always encode
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
}

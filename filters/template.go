package filters

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// A template is text with places in braces:
//
//	{schema} {version}   the schema's id and version
//	{__event_id__}       the event id
//	{action}             the event's member action
//	{user/name}          the member name of the member user: a JSON pointer without its first /
//	{__path__.username}  a field of the path of the event's file
//	{action|none}        none where the event has no action
//	{{ }}                braces
//
// Strings stand for their text, other values for their JSON.

// field is one template, ready to be filled.
type field struct {
	parts     []part
	permitted bool // null is absent
}

// part is a piece of a template.
type part struct {
	kind   partKind
	text   string // literal; or the default of a place
	orElse bool   // text is a default
	slot   int    // of a place
}

type partKind uint8

const (
	literal partKind = iota
	schemaID
	schemaVersion
	eventID
	eventPlace
)

// place is a place that templates name, with every template that does.
type place struct {
	text  string   // as in the template: user/name
	path  []string // names of members
	field string   // instead: of a field of paths, its name
	users []user
}

// user is one mention of a place.
type user struct {
	Template
	orElse bool
}

// parseTemplates reads the templates of an output. The places are distinct;
// a part's slot is the index of its place.
func parseTemplates(templates []Template) (fields []field, places []place, errs []error) {
	for _, t := range templates {
		f := field{permitted: t.Permitted}
		for rest := t.Text; rest != ""; {
			p, text, after, err := nextPart(rest)
			rest = after
			if err == nil && p.kind == eventID && t.Closed {
				err = errors.New("{__event_id__} has no end of values, which this must have (take places with an enum)")
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", t.Use, err))
				continue
			}
			if p.kind == eventPlace {
				p.slot = slices.IndexFunc(places, func(known place) bool { return known.text == text })
				if p.slot < 0 {
					p.slot = len(places)
					places = append(places, newPlace(text))
				}
				places[p.slot].users = append(places[p.slot].users, user{t, p.orElse})
			}
			f.parts = append(f.parts, p)
		}
		fields = append(fields, f)
	}
	return fields, places, errs
}

// nextPart takes one part off a template; text is the place that it names.
func nextPart(rest string) (p part, text, after string, err error) {
	switch {
	case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
		return part{text: rest[:1]}, "", rest[2:], nil
	case rest[0] == '}':
		return p, "", rest[1:], errors.New(`"}" without "{" (write }} for a brace)`)
	case rest[0] != '{':
		end := strings.IndexAny(rest, "{}")
		if end < 0 {
			end = len(rest)
		}
		return part{text: rest[:end]}, "", rest[end:], nil
	}
	end := strings.IndexByte(rest, '}')
	if end < 0 {
		return p, "", "", errors.New(`"{" without "}" (write {{ for a brace)`)
	}
	text, p.text, p.orElse = strings.Cut(rest[1:end], "|")
	after = rest[end+1:]
	switch text {
	case "":
		return p, "", after, errors.New("{} names no place (write {{}} for braces)")
	case "schema":
		p.kind = schemaID
	case "version":
		p.kind = schemaVersion
	case "__event_id__":
		p.kind = eventID
	default:
		p.kind = eventPlace
	}
	return p, text, after, nil
}

// newPlace reads the name of a place.
func newPlace(text string) place {
	if field, ok := strings.CutPrefix(text, pathName+"."); ok {
		return place{text: text, field: field}
	}
	return place{text: text, path: pointerPath(text)}
}

func pointerPath(text string) []string {
	path := strings.Split(text, "/")
	for i := range path {
		path[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(path[i])
	}
	return path
}

// hasID says whether the template holds the event id.
func hasID(f field) bool {
	return slices.ContainsFunc(f.parts, func(p part) bool { return p.kind == eventID })
}

// fill makes the fields of a record from what went out in it.
func (f *Filter) fill(r *Record, a *Arena) {
	for i := range f.fields {
		start := uint32(len(a.bytes))
		if f.fields[i].append(r, a) {
			a.fields = append(a.fields, span{start, uint32(len(a.bytes))})
		} else {
			a.bytes = a.bytes[:start]
			a.fields = append(a.fields, absent)
		}
	}
}

// append appends the field's text; false where a value is absent and has no
// default.
func (f *field) append(r *Record, a *Arena) bool {
	for i := range f.parts {
		switch p := &f.parts[i]; p.kind {
		case literal:
			a.bytes = append(a.bytes, p.text...)
		case schemaID:
			a.bytes = append(a.bytes, r.plan.schema.ID()...)
		case schemaVersion:
			a.bytes = append(a.bytes, r.plan.schema.Version()...)
		case eventID:
			a.bytes = append(a.bytes, r.id[:]...)
		case eventPlace:
			at := a.captured[p.slot]
			if f.permitted && at != absent && a.bytes[at.start] == 'n' {
				at = absent
			}
			switch {
			case at == absent && !p.orElse:
				return false
			case at == absent:
				a.bytes = append(a.bytes, p.text...)
			case a.bytes[at.start] == '"':
				a.bytes = jsonscan.AppendText(a.bytes, a.bytes[at.start:at.end])
			default:
				a.bytes = append(a.bytes, a.bytes[at.start:at.end]...)
			}
		}
	}
	return true
}

// findPlace is the member that a path of names leads to; Undeclared where the
// schema declares none.
func findPlace(s *schema.Schema, path []string) schema.PlaceID {
	places, at := s.Places(), schema.Root
	for _, name := range path {
		i := slices.IndexFunc(places[at].Children, func(c schema.PlaceID) bool {
			return places[c].Kind == schema.MemberPlace && !places[c].Conditional && places[c].Name == name
		})
		if i < 0 {
			return schema.Undeclared
		}
		at = places[at].Children[i]
	}
	return at
}

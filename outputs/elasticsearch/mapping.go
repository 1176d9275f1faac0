package elasticsearch

import (
	"slices"
	"strings"

	"jupyter-events-agent/filters"
)

// ignoreAbove is the longest keyword that is indexed, in characters, as the
// Elastic Common Schema has it; longer ones are kept and not searchable.
const ignoreAbove = 1024

// deepest is how many objects deep a field may stand, below index.mapping.depth.limit.
const deepest = 18

// field is a field of a mapping.
type field struct {
	Type            string            `json:"type,omitempty"` // "": an object with Properties
	IgnoreAbove     int               `json:"ignore_above,omitempty"`
	IgnoreMalformed bool              `json:"ignore_malformed,omitempty"`
	Enabled         *bool             `json:"enabled,omitempty"`
	Properties      map[string]*field `json:"properties,omitempty"`
}

func keyword() *field { return &field{Type: "keyword", IgnoreAbove: ignoreAbove} }

// unread is a field that takes any value and indexes none: where the schemas
// do not agree whether there is an object, or do not say.
func unread() *field { return &field{Type: "object", Enabled: new(bool)} }

func object(of map[string]*field) *field { return &field{Properties: of} }

// own are the fields of the documents' own members and of the metadata.
func own() map[string]*field {
	return map[string]*field{
		"@timestamp":         {Type: "date"},
		"event":              object(map[string]*field{"id": keyword(), "dataset": keyword(), "action": keyword()}),
		"__schema__":         keyword(),
		"__schema_version__": keyword(),
		"__timestamp__":      {Type: "date"},
		"__event_id__":       keyword(),
		"__categories__":     keyword(),
		"__redacted__":       keyword(),
		"__policy__":         object(map[string]*field{"output": keyword(), "hash": keyword()}),
		"__source__":         object(map[string]*field{"input": keyword(), "trusted": {Type: "boolean"}}),
	}
}

// theirs are Elasticsearch's own fields, which no mapping and no document may
// have at the top: a record with one is rejected.
var theirs = []string{
	"_id", "_index", "_source", "_routing", "_type", "_field_names", "_ignored", "_ignored_source", "_seq_no", "_version",
	"_nested_path", "_doc_count", "_tier", "_data_stream_timestamp", "_feature", "_inference_fields",
}

// shape is what may stand at one path in the documents of all schemas.
type shape struct {
	types    map[string]bool
	children map[string]*shape
}

func (s *shape) child(name string) *shape {
	if s.children == nil {
		s.children = map[string]*shape{}
	}
	if s.children[name] == nil {
		s.children[name] = &shape{types: map[string]bool{}}
	}
	return s.children[name]
}

// properties are the fields for all that may go out.
func properties(going []filters.Outgoing) map[string]*field {
	root := shape{}
	for _, o := range going {
		if path, ok := fieldPath(o.Path); ok {
			at := &root
			for i, name := range path {
				at = at.child(name)
				if i < len(path)-1 {
					at.types["object"] = true
				}
			}
			for _, t := range o.Types {
				at.types[t] = true
			}
		}
	}
	all := own()
	for name, s := range root.children {
		if all[name] != nil || slices.Contains(theirs, name) {
			continue
		}
		if f := s.field(); f != nil {
			all[name] = f
		}
	}
	return all
}

// fieldPath is a path as Elasticsearch reads it: a name with a dot in it is
// several. false where it takes no such name, or none so deep.
func fieldPath(names []string) (path []string, ok bool) {
	if other, clashes := ours[names[0]]; clashes {
		names = append([]string{other}, names[1:]...)
	}
	for _, name := range names {
		path = append(path, strings.Split(name, ".")...)
	}
	if len(path) > deepest || slices.ContainsFunc(path, func(s string) bool { return strings.TrimSpace(s) == "" }) {
		return nil, false
	}
	return path, true
}

// field is the mapping of what may stand there; nil where there is nothing to
// index.
func (s *shape) field() *field {
	has := func(t string) bool { return s.types[t] }
	scalar := has("string") || has("boolean") || has("integer") || has("number")
	switch {
	case has("object") && scalar:
		return unread()
	case has("object"):
		of := map[string]*field{}
		for name, c := range s.children {
			if f := c.field(); f != nil {
				of[name] = f
			}
		}
		if len(of) == 0 {
			return &field{Type: "object"}
		}
		return object(of)
	case has("string"), has("boolean") && (has("integer") || has("number")):
		return keyword() // takes every scalar
	case has("boolean"):
		return &field{Type: "boolean"}
	case has("number"):
		return &field{Type: "double", IgnoreMalformed: true}
	case has("integer"):
		return &field{Type: "long", IgnoreMalformed: true}
	}
	return nil
}

// count is how many fields a mapping has, as index.mapping.total_fields.limit
// counts them.
func count(properties map[string]*field) int {
	n := len(properties)
	for _, f := range properties {
		n += count(f.Properties)
	}
	return n
}

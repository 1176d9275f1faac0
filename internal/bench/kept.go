package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"jupyter-events-agent/internal/corpus"
)

// kept is a property of an event's first level that a file may have.
type kept struct {
	Name   string
	Number bool // a number and nothing else
	Object bool // an object, at times
}

// property is what the lists are made of.
type property struct {
	Type       any                 `json:"type"`
	Categories []string            `json:"categories"`
	Properties map[string]property `json:"properties"`
	Items      *property           `json:"items"`
}

// open says that everything at this place and below may go out: other agents
// keep or drop a property as a whole.
func (p property) open(categories []string) bool {
	for _, c := range p.Categories {
		if !slices.Contains(categories, strings.TrimPrefix(c, "category.jupyter.org/")) {
			return false
		}
	}
	for _, sub := range p.Properties {
		if !sub.open(categories) {
			return false
		}
	}
	return p.Items == nil || p.Items.open(categories)
}

// keep lists what a policy with these categories lets out of the corpus'
// events whole, in all schemas alike, and the envelope. The other agents know
// no schemas, so it is one list for all events.
func keep(categories []string) ([]kept, error) {
	files, err := fs.Glob(corpus.Schemas(), "*.json")
	if err != nil {
		return nil, err
	}
	found, denied := map[string]kept{}, map[string]bool{}
	for _, file := range files {
		text, err := fs.ReadFile(corpus.Schemas(), file)
		if err != nil {
			return nil, err
		}
		var schema property
		if err := json.Unmarshal(text, &schema); err != nil {
			return nil, err
		}
		for name, p := range schema.Properties {
			found[name] = kept{name, p.Type == "number" || p.Type == "integer", p.Properties != nil}
			denied[name] = denied[name] || !p.open(categories)
		}
	}
	list := []kept{{Name: "__timestamp__"}, {Name: "__schema__"}, {Name: "__schema_version__"}, {Name: "__metadata_version__", Number: true}}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if !denied[name] {
			list = append(list, found[name])
		}
	}
	return list, nil
}

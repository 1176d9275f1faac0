package schema

import (
	"maps"
	"slices"

	"jupyter-events-agent/internal/jsonscan"
)

// Config is what Load needs.
type Config struct {
	Paths    []string          // files, folders, globs (** for any depth) of JSON and YAML schemas
	Overlays []string          // TOML files with categories for schemas one does not own
	Catalog  bool              // add the schemas and categories that ship with the agent
	Aliases  map[string]string // category → category
	Lock     string            // lock file; "" for none. Load does not read it
	Levels   []string          // the ladder of levels, the lowest first; nil: DefaultLevels
	Derived  bool              // keep what envelope = "agent" needs
}

// Registry is all schemas that the agent knows. Immutable; shared without locks.
type Registry struct {
	names    *jsonscan.Names
	schemas  []*Schema
	byID     map[string][]*Schema // every version of an id, also under its other ids
	warnings []string
	aliases  map[string]string // resolved to their ends
	said     map[string]bool   // the categories that schemas and overlays name, and those that everybody knows
	levels   []string          // the ladder, the lowest first
	deriving *deriving         // nil: no input has envelope = "agent"
}

// Names are the member names that the schemas speak of.
func (r *Registry) Names() *jsonscan.Names { return r.names }

// Schemas are all schemas, sorted by id and version.
func (r *Registry) Schemas() []*Schema { return r.schemas }

// Find is the schema of that id and version, nil where there is none.
func (r *Registry) Find(id, version string) *Schema {
	for _, s := range r.byID[id] {
		if s.version == version {
			return s
		}
	}
	return nil
}

// Match are the schemas that one of the patterns fits under one of their ids,
// in the order of Schemas.
func (r *Registry) Match(patterns []string) []*Schema {
	var all []*Schema
	for _, s := range r.schemas {
		if slices.ContainsFunc(patterns, s.goesBy) {
			all = append(all, s)
		}
	}
	return all
}

// IDs are all ids that events may name a schema by, other ids included, sorted.
func (r *Registry) IDs() []string { return slices.Sorted(maps.Keys(r.byID)) }

// Versions are all versions of the schema that events name by id; not to be changed.
func (r *Registry) Versions(id string) []*Schema { return r.byID[id] }

// Category is the category that a name stands for, after aliases and without
// the standard prefix of the four standard ones.
func (r *Registry) Category(name string) string { return resolve(r.aliases, name) }

// Says reports whether a schema or an overlay names the category itself, or
// everybody knows it: one that only an alias leads to may be a slip.
func (r *Registry) Says(category string) bool { return r.said[category] }

// Warnings are what Load saw that is legal and perhaps not meant.
func (r *Registry) Warnings() []string { return r.warnings }

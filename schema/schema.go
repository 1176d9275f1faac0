package schema

import (
	"crypto/sha256"
	"slices"

	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/internal/validate"
)

// Schema is one event schema in one version, ready to judge and mark events.
// Immutable, made by Load only.
type Schema struct {
	id, version string
	ids         []string // all that events may name it by, id first
	index       int      // in Registry.Schemas
	title       string
	file        string
	places      []Place // by PlaceID; [0] is the undeclared pseudo-place
	marker      *marker
	names       *jsonscan.Names
	validator   *validate.Validator
	origins     *origins          // nil without Config.Derived
	digest      [sha256.Size]byte // of what its documents say
	root        any               // of the document that validates
	wording     *wording          // of the same document
}

// ID is the schema's $id as events name it.
func (s *Schema) ID() string { return s.id }

// IDs are all ids that events may name it by, ID first; not to be changed.
func (s *Schema) IDs() []string { return s.ids }

// goesBy reports whether the pattern fits any id that events may use.
func (s *Schema) goesBy(pattern string) bool {
	return slices.ContainsFunc(s.ids, func(id string) bool { return MatchID(pattern, id) })
}

// Version is the version as text: 1 and "1" are equal.
func (s *Schema) Version() string { return s.version }

// Title is the schema's title, for people.
func (s *Schema) Title() string { return s.title }

// File is where the schema that validates was read; "catalog" for an embedded one.
func (s *Schema) File() string { return s.file }

// Document is the document that validates, as decoded JSON with numbers as
// json.Number; not to be changed.
func (s *Schema) Document() any { return s.root }

// Index is the schema's index in Registry.Schemas.
func (s *Schema) Index() int { return s.index }

// Places are all places of the schema by PlaceID; not to be changed.
func (s *Schema) Places() []Place { return s.places }

// Mark writes into every token of the event the place that it stands at.
func (s *Schema) Mark(line []byte, tape []jsonscan.Token) { s.marker.mark(line, tape) }

// Package validate judges JSON by JSON Schema on the tape of jsonscan.
//
// In come a schema document at compile time and a line with its tape
// afterwards; out comes nil or a Violation, which holds no value of the line.
// It touches nothing: references are resolved among the documents it is
// given, never by file or network.
package validate

import "jupyter-events-agent/internal/jsonscan"

// Violation says which keyword a value did not satisfy, without the value.
type Violation struct {
	Keyword string // of the schema: "required", "enum", "type", …
	// Pointer into the event: names that the schema knows, array indices, and
	// "*" for names that it does not.
	Pointer string
}

// Compiler compiles the schemas of one registry.
type Compiler struct {
	names *jsonscan.Names
}

// Validator judges the events of one schema. Immutable, for many goroutines.
type Validator struct {
	names *jsonscan.Names
}

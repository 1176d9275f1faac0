// Package validate judges JSON by JSON Schema on the tape of jsonscan.
//
// In come a schema document at compile time and a line with its tape
// afterwards; out comes a verdict and, where it is no, a Violation, which
// holds no value of the line. It touches nothing: references are resolved
// among the documents it is given, never by file or network.
//
// The judge is santhosh-tekuri/jsonschema/v5. What v5 made of a schema is
// translated into nodes that run on the tape; a schema with a keyword that
// the nodes do not know is judged by v5 itself. Both give the same verdicts.
package validate

import "jupyter-events-agent/internal/jsonscan"

// Violation says which keyword a value did not satisfy, without the value.
type Violation struct {
	Keyword string // of the schema: "required", "enum", "type", …; "false" for the schema false; "internal" where the judge gave up
	// Pointer into the event: names that the schema knows, array indices, and
	// "*" for names that it does not.
	Pointer string
}

// Validator judges the events of one schema. Immutable, for many goroutines.
type Validator struct {
	compiled bool
}

// Compiled is false where v5 judges the events, because the schema has a
// keyword that the nodes leave out.
func (v *Validator) Compiled() bool { return v.compiled }

// Validate judges the value at tape[0]; true: it is valid. Members flagged
// Off count as absent. Nothing is allocated for a valid event where Compiled.
func (v *Validator) Validate(line []byte, tape []jsonscan.Token) (Violation, bool) {
	return Violation{Keyword: "internal"}, false
}

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

import (
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"jupyter-events-agent/internal/jsonscan"
)

// Violation says which keyword a value did not satisfy, without the value.
type Violation struct {
	// Keyword of the schema: "required", "enum", "type", …; "false" where the
	// schema is false; "internal" where the judge gave up.
	Keyword string
	// Pointer into the event: names that the schema knows, array indices, and
	// "*" for names that it does not.
	Pointer string
}

// Validator judges the events of one schema. Immutable, for many goroutines.
type Validator struct {
	root      *group    // nil: v5 judges
	slots     int       // the most that the frames of one event take together
	recursive bool      // what an event costs has to be limited
	pool      sync.Pool // of judgements
	limit     *limit    // of v5; nil where it needs none
	judge     *jsonschema.Schema
	known     map[string]bool // member names that the schema speaks of
}

// Compiled is false where v5 judges the events, because the schema has a
// keyword that the nodes leave out.
func (v *Validator) Compiled() bool { return v.root != nil }

// Validate judges the value at tape[0]; true: it is valid. Members flagged
// Off count as absent. Nothing is allocated for a valid event where Compiled,
// but for formats and numbers that are rare.
func (v *Validator) Validate(line []byte, tape []jsonscan.Token) (Violation, bool) {
	if v.root == nil {
		return v.fallback(line, tape)
	}
	j := v.judgement(line, tape)
	ok := j.value(v.root, 0)
	keyword, at := j.keyword, j.at
	if j.limited && j.left < 0 {
		ok, keyword, at = false, "internal", 0
	}
	v.done(j)
	if ok {
		return Violation{}, true
	}
	return Violation{keyword, v.pointer(line, tape, at)}, false
}

// judgement is one to be given back by done.
func (v *Validator) judgement(line []byte, tape []jsonscan.Token) *judgement {
	j, _ := v.pool.Get().(*judgement)
	if j == nil {
		j = &judgement{slots: make([]uint32, v.slots)}
	}
	j.line, j.tape = line, tape
	j.limited, j.left = v.recursive, effort(tape)
	return j
}

func (v *Validator) done(j *judgement) {
	j.line, j.tape, j.top = nil, nil, 0
	v.pool.Put(j)
}

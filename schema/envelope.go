package schema

import (
	"bytes"

	"jupyter-events-agent/internal/jsonscan"
)

// The names of the envelope's members.
const (
	nameSchema    = "__schema__"
	nameVersion   = "__schema_version__"
	nameTimestamp = "__timestamp__"
	nameMetadata  = "__metadata_version__"
	nameTask      = "taskName" // python-json-logger 2.0.7 on Python 3.12

	// What agents add (policy.md §4), as far as it is read again.
	nameID         = "__event_id__"
	nameRedacted   = "__redacted__"
	nameCategories = "__categories__"
)

// envelopeNames are what Load has to know by number, for every form.
var envelopeNames = []string{nameSchema, nameVersion, nameTimestamp, nameMetadata, nameTask, "schema", "version", "timestamp",
	nameID, nameRedacted, nameCategories}

// envelope is where a line's envelope stands on its tape; nil: absent or null.
type envelope struct {
	schema, version, stamp *jsonscan.Token
	task                   *jsonscan.Token
	id                     *jsonscan.Token // the rest only of agents
	redacted, categories   *jsonscan.Token
	loose                  bool // there are members that are taken off unless the schema declares them
}

// open finds the envelope among the top-level members. Jupyter's form, and agents',
// take off every reserved member here; the others wait for what the schema declares.
func (c *Checker) open(line []byte, tape []jsonscan.Token, env *envelope) {
	for i := uint32(1); i < tape[0].Next; i = tape[i].Next {
		t := &tape[i]
		switch t.Name {
		case 0:
		case c.names.schema:
			env.schema = t
		case c.names.version:
			env.version = t
		case c.names.stamp:
			env.stamp = t
		case c.names.task:
			env.task = t
		default:
			c.openAgent(t, env)
		}
		if line[t.KeyStart+1] != '_' && t.Flags&jsonscan.KeyEscaped == 0 || !isReserved(line, t) {
			continue
		}
		if c.reserves {
			t.Flags |= jsonscan.Off
		} else {
			env.loose = true
		}
	}
	if c.rules.Envelope == BinderHub {
		env.loose = true
	}
}

// openAgent notes what an agent has added.
func (c *Checker) openAgent(t *jsonscan.Token, env *envelope) {
	switch t.Name {
	case c.names.id:
		env.id = t
	case c.names.redacted:
		env.redacted = t
	case c.names.categories:
		env.categories = t
	}
}

// close takes off what only the schema could tell: marked is done, so an
// undeclared member has place 0.
func (c *Checker) close(line []byte, tape []jsonscan.Token, env *envelope) {
	if t := env.task; t != nil && t.Place == Undeclared && isTaskName(line, t) {
		t.Flags |= jsonscan.Off
	}
	if !env.loose {
		return
	}
	for i := uint32(1); i < tape[0].Next; i = tape[i].Next {
		t := &tape[i]
		if t.Place != Undeclared {
			continue
		}
		if isReserved(line, t) || c.rules.Envelope == BinderHub && (t == env.schema || t == env.version || t == env.stamp) {
			t.Flags |= jsonscan.Off
		}
	}
}

// isReserved reports whether a member's name has two underscores on both
// sides, however it is written.
func isReserved(line []byte, t *jsonscan.Token) bool {
	key := t.Key(line)
	if t.Flags&jsonscan.KeyEscaped != 0 {
		return Reserved(string(jsonscan.AppendText(nil, key)))
	}
	n := len(key) - 1
	return n >= 5 && key[1] == '_' && key[2] == '_' && key[n-1] == '_' && key[n-2] == '_'
}

// Reserved reports whether a top-level member of that name is not the
// event's own (policy.md §2): two underscores on both sides.
func Reserved(name string) bool {
	return len(name) >= 4 && name[:2] == "__" && name[len(name)-2:] == "__"
}

// isTaskName reports whether the member is what a logging library adds: null
// or "Task-1".
func isTaskName(line []byte, t *jsonscan.Token) bool {
	if t.Kind == jsonscan.Null {
		return true
	}
	if t.Kind != jsonscan.String {
		return false
	}
	number, ok := bytes.CutPrefix(line[t.Start+1:t.End-1], []byte("Task-"))
	for _, digit := range number {
		ok = ok && digit-'0' < 10
	}
	return ok && len(number) > 0
}

// versionText is a version as text: 1 and "1" are equal. false: neither a
// string nor an integer.
func versionText(line []byte, t *jsonscan.Token) ([]byte, bool) {
	switch {
	case t.Kind == jsonscan.Number && t.Flags&jsonscan.Integer != 0:
		return t.Value(line), true
	case t.Kind == jsonscan.String:
		return stampText(line, t), true
	}
	return nil, false
}

package schema

import (
	"errors"
	"fmt"
	"slices"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/jsonscan"
)

// Rules are what one input's configuration says about checking its lines.
type Rules struct {
	Source   *inputs.Source
	Envelope Envelope // "" is Jupyter
	Schema   string   // with Envelope None: the id that every line has
	Version  string   // with Envelope None: its version; "" for the only one known
	Schemas  []string // patterns of ids that the input is pinned to; empty for all
}

// Envelope names a form of envelope.
type Envelope string

// The forms of envelopes (policy.md §2, shared with the configuration).
const (
	Jupyter   Envelope = "jupyter"   // __schema__, __schema_version__, __timestamp__
	BinderHub Envelope = "binderhub" // schema, version, timestamp
	None      Envelope = "none"      // none: the configuration names the schema
	Agent     Envelope = "agent"     // from another agent: Jupyter's, and what it says of its record
)

// Checker checks the lines of one input. It is immutable and may be used by
// many goroutines, each with an Arena of its own.
type Checker struct {
	rules    Rules
	registry *Registry
	scanner  *jsonscan.Scanner
	allowed  []bool  // by Schema.Index
	fixed    *Schema // with Envelope None
	reserves bool    // every reserved member is taken off, whatever the schema declares
	names    struct {
		schema, version, stamp, metadata, task uint16
		id, redacted, categories               uint16 // 0 but with Envelope Agent
	}
	shapes *shapes
}

// Checker makes the Checker of one input. An error says which of the rules
// cannot hold, such as a schema that is not known.
func (r *Registry) Checker(rules Rules) (*Checker, error) {
	c := &Checker{rules: rules, registry: r, scanner: jsonscan.NewScanner(r.names), allowed: make([]bool, len(r.schemas)), shapes: new(shapes)}
	if rules.Envelope == "" {
		c.rules.Envelope = Jupyter
	}
	for i, s := range r.schemas {
		c.allowed[i] = len(rules.Schemas) == 0 || slices.ContainsFunc(rules.Schemas, s.goesBy)
	}
	number := func(name string) uint16 { return r.names.Lookup([]byte(name)) }
	c.names.task, c.names.metadata = number(nameTask), number(nameMetadata)
	c.reserves = c.rules.Envelope == Jupyter || c.rules.Envelope == Agent
	switch c.rules.Envelope {
	case Jupyter:
		c.names.schema, c.names.version, c.names.stamp = number(nameSchema), number(nameVersion), number(nameTimestamp)
	case Agent:
		if rules.Source == nil || !rules.Source.Trusted {
			return nil, errors.New(`envelope: "agent" believes what an agent says of its records, so only on an input with trusted = true`)
		}
		if r.deriving == nil {
			return nil, errors.New("envelope: the schemas were loaded without what \"agent\" needs")
		}
		r.knows(rules.Source.Pattern.Fields())
		c.names.schema, c.names.version, c.names.stamp = number(nameSchema), number(nameVersion), number(nameTimestamp)
		c.names.id, c.names.redacted, c.names.categories = number(nameID), number(nameRedacted), number(nameCategories)
	case BinderHub:
		c.names.schema, c.names.version, c.names.stamp = number("schema"), number("version"), number("timestamp")
	case None:
		var err error
		if c.fixed, err = r.fixed(rules.Schema, rules.Version); err != nil {
			return nil, err
		}
		return c, nil
	default:
		return nil, fmt.Errorf("envelope: %q is no form of envelope (jupyter, binderhub, none or agent)", rules.Envelope)
	}
	if rules.Schema != "" || rules.Version != "" {
		return nil, fmt.Errorf(`schema: only for envelope = "none", where lines name no schema themselves (to pin an input use schemas)`)
	}
	return c, nil
}

// fixed is the schema that the configuration names for lines without envelope.
func (r *Registry) fixed(id, version string) (*Schema, error) {
	if id == "" {
		return nil, errors.New(`schema: envelope = "none" needs it, since the lines name none: give the id of a schema`)
	}
	switch known := r.byID[id]; {
	case len(known) == 0:
		return nil, fmt.Errorf("schema: %q is not known; add its file to schemas.paths", id)
	case version == "" && len(known) == 1:
		return known[0], nil
	case version == "":
		return nil, fmt.Errorf("version: schema %q has several versions; say which", id)
	}
	if s := r.Find(id, version); s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("version: schema %q has no version %q", id, version)
}

// Check judges one line. Exactly one of its results holds: the event, made in
// *e with its tape in a, and nil; or the Fault. Without allocation for an
// event, once a has grown.
func (c *Checker) Check(line *inputs.Line, a *Arena, e *Event) *Fault {
	if line.Long != nil {
		return &Fault{Reason: TooLong, Offset: -1}
	}
	if a.source != nil && a.source.Stray {
		return &Fault{Reason: PathNotMatched, Offset: -1}
	}
	a.lines++
	if c.shaped(line, a, e) {
		return nil
	}
	base := len(a.tape)
	tape, err := c.scanner.Scan(a.tape, line.Raw)
	if err != nil {
		return scanFault(err)
	}
	own := tape[base:len(tape):len(tape)]
	if fault := c.judge(line.Raw, own, a, e); fault != nil {
		return fault // the tape of a fault is written over by the next line's
	}
	a.tape = tape
	e.raw, e.tape, e.source, e.at = line.Raw, own, a.of(&c.rules), line.At
	c.learn(a, e)
	return nil
}

// judge does what follows the scan: envelope, schema, places, validation.
func (c *Checker) judge(line []byte, tape []jsonscan.Token, a *Arena, e *Event) *Fault {
	if tape[0].Kind != jsonscan.Object {
		return &Fault{Reason: NotObject, Offset: -1}
	}
	var env envelope
	c.open(line, tape, &env)
	s, fault := c.named(line, &env, a)
	if fault != nil {
		return fault
	}
	if e.micros, e.timed, fault = c.time(line, &env, s, &e.stamp, a); fault != nil {
		return fault
	}
	s.marker.mark(line, tape)
	c.close(line, tape, &env)
	e.derived, e.id = nil, 0
	if c.rules.Envelope == Agent {
		return c.judgeDerived(line, tape, &env, s, a, e)
	}
	if v, ok := s.validator.Validate(line, tape); !ok {
		return &Fault{Reason: Invalid, Schema: s.id, Keyword: v.Keyword, Pointer: v.Pointer, Offset: -1}
	}
	e.schema = s
	return nil
}

// judgeDerived is the rest of judge for a record of another agent.
func (c *Checker) judgeDerived(line []byte, tape []jsonscan.Token, env *envelope, s *Schema, a *Arena, e *Event) *Fault {
	if fault := c.agent(line, tape, env, s, a, e); fault != nil {
		return fault
	}
	e.derived.hide(tape)
	v, ok := e.derived.validator.Validate(line, tape)
	e.derived.show(tape)
	if !ok {
		return &Fault{Reason: Invalid, Schema: s.id, Keyword: v.Keyword, Pointer: v.Pointer, Offset: -1}
	}
	e.schema = s
	return nil
}

// named finds the schema that the line names.
func (c *Checker) named(line []byte, env *envelope, a *Arena) (*Schema, *Fault) {
	if c.fixed != nil {
		return c.fixed, nil
	}
	if env.schema == nil || env.schema.Kind == jsonscan.Null {
		return nil, &Fault{Reason: MissingSchema, Offset: -1}
	}
	if env.version == nil || env.version.Kind == jsonscan.Null {
		return nil, &Fault{Reason: MissingVersion, Offset: -1}
	}
	id, version := env.schema.Value(line), env.version.Value(line)
	for i := range a.seen {
		if k := &a.seen[i]; k.checker == c && k.id == string(id) && k.version == string(version) {
			return k.schema, nil
		}
	}
	text, ok := versionText(line, env.version)
	if !ok || env.schema.Kind != jsonscan.String {
		return nil, &Fault{Reason: BadEnvelope, Offset: -1}
	}
	s := c.registry.Find(string(stampText(line, env.schema)), string(text))
	if s == nil {
		return nil, &Fault{Reason: UnknownSchema, Offset: -1}
	}
	if !c.allowed[s.index] {
		return nil, &Fault{Reason: SchemaNotAllowed, Schema: s.id, Offset: -1}
	}
	a.seen[a.next%len(a.seen)] = seen{string(id), string(version), s, c}
	a.next++
	return s, nil
}

// time reads the line's timestamp. Only Jupyter's envelope must have one.
func (c *Checker) time(line []byte, env *envelope, s *Schema, stamp *[StampLen]byte, a *Arena) (micros int64, timed bool, _ *Fault) {
	t := env.stamp
	if t == nil || t.Kind == jsonscan.Null {
		if c.rules.Envelope == Jupyter {
			return 0, false, &Fault{Reason: MissingTimestamp, Schema: s.id, Offset: -1}
		}
		return 0, false, nil
	}
	if micros, timed = readStamp(line, t, stamp, a); timed {
		return micros, true, nil
	}
	return 0, false, &Fault{Reason: BadTimestamp, Schema: s.id, Offset: -1}
}

func readStamp(line []byte, t *jsonscan.Token, stamp *[StampLen]byte, a *Arena) (micros int64, ok bool) {
	if t.Kind != jsonscan.String {
		return 0, false
	}
	return a.minute.parse(stampText(line, t), stamp)
}

// scanFault is the Fault of a line that the scanner refused.
func scanFault(err error) *Fault {
	var e *jsonscan.Error
	if !errors.As(err, &e) {
		return &Fault{Reason: NotJSON, Offset: -1}
	}
	reason := NotJSON
	switch e.Reason {
	case jsonscan.ErrUTF8:
		reason = InvalidUTF8
	case jsonscan.ErrDuplicate:
		reason = DuplicateMember
	case jsonscan.ErrDepth:
		reason = TooDeep
	case jsonscan.ErrNumber:
		reason = NumberTooLarge
	}
	return &Fault{Reason: reason, Offset: e.Offset}
}

package schema

// Reason is why a line is not an event: a closed list, used in the
// quarantine, in counters and in messages.
type Reason string

// The reasons.
const (
	NotJSON          Reason = "not_json"           // not one JSON value
	NotObject        Reason = "not_object"         // JSON, but no object
	DuplicateMember  Reason = "duplicate_member"   // the same member name twice in one object
	InvalidUTF8      Reason = "invalid_utf8"       // bytes that are not UTF-8
	TooDeep          Reason = "too_deep"           // nested more than 128 deep
	NumberTooLarge   Reason = "number_too_large"   // more digits or a larger exponent than is taken
	TooLong          Reason = "too_long"           // longer than max_line
	MissingSchema    Reason = "missing_schema"     // no schema named
	MissingVersion   Reason = "missing_version"    // no version named
	MissingTimestamp Reason = "missing_timestamp"  // no timestamp
	BadTimestamp     Reason = "bad_timestamp"      // not a time in any of the known forms
	BadEnvelope      Reason = "bad_envelope"       // another envelope member of the wrong type
	UnknownSchema    Reason = "unknown_schema"     // no such schema and version is known
	UnknownCategory  Reason = "unknown_category"   // from an agent that withholds, or sends, a category that is not known here
	SchemaNotAllowed Reason = "schema_not_allowed" // the input is pinned to other schemas
	PathNotMatched   Reason = "path_not_matched"   // the path of its file does not match path_fields.pattern
	Invalid          Reason = "invalid"            // does not satisfy its schema
)

// Fault says why a line is not an event. It never holds a value of the event:
// Keyword and Pointer are the schema's own words, except that Pointer may
// hold array indices; names that the schema does not know are "*" in it.
type Fault struct {
	Reason  Reason
	Schema  string // the schema's id where it is a known one, else ""
	Keyword string // of the schema, where Reason is Invalid: "required", "enum", …
	Pointer string // into the event
	Offset  int    // byte in the line where the scan stopped; -1 where it does not apply
}

// Error says the fault without any value.
func (f *Fault) Error() string {
	s := "not a valid event: " + string(f.Reason)
	if f.Schema != "" {
		s += ", schema " + f.Schema
	}
	if f.Keyword != "" {
		s += ", keyword " + f.Keyword
	}
	if f.Pointer != "" {
		s += ", at " + f.Pointer
	}
	return s
}

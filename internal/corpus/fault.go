package corpus

import "strings"

// Fault labels what is wrong with a bad line.
type Fault string

// The faults, each as likely as the others.
const (
	NotJSON         Fault = "not_json"         // something else that came into the log
	Truncated       Fault = "truncated"        // the line ends early, never at its full length
	UnknownSchema   Fault = "unknown_schema"   // an id that nobody has a schema for
	SchemaViolation Fault = "schema_violation" // JSON, but not what its schema describes
	NaN             Fault = "nan"              // NaN or Infinity, which Python writes and JSON has not
	DuplicateKey    Fault = "duplicate_key"    // a member twice, at some depth, perhaps by an escape
	MissingSchema   Fault = "missing_schema"   // no __schema__
)

var faults = []Fault{NotJSON, Truncated, UnknownSchema, SchemaViolation, NaN, DuplicateKey, MissingSchema}

var (
	notJSON = []string{
		"Traceback (most recent call last):", "[I 2025-03-01 06:00:01.000 ServerApp] Kernel started", "<html>504 Gateway Time-out</html>",
		`{'action': 'get', 'path': 'a'}`, "null}", `{"a": 1}}`, `{"a": 01}`, `{"a": .5}`, "{,}", `{"a": 1,}`, "-", `"unterminated`,
	}
	unknownIDs = []string{
		"https://events.jupyter.org/jupyter_server/unknown_service/v1", "https://example.org/nowhere", ContentsID + "/", strings.ToUpper(ContentsID), "", "../../etc/passwd",
	}
	notNumbers = []string{"NaN", "Infinity", "-Infinity"}
)

// spoil writes the bad twin of the event in the making and of its line in
// g.good. The event is no longer itself afterwards.
func (g *Generator) spoil(f Fault, family string, dst []byte) []byte {
	e, r := &g.event, g.rnd
	switch f {
	case NotJSON:
		return append(dst, pick(r, notJSON)...)
	case Truncated:
		low := len(g.good) / 10
		return append(dst, g.good[:low+r.IntN(len(g.good)-1-low)]...)
	case UnknownSchema:
		e.set("__schema__", `"`+pick(r, unknownIDs)+`"`)
	case MissingSchema:
		e.remove("__schema__")
	case SchemaViolation:
		g.violate(family)
	case NaN:
		if r.IntN(2) == 0 {
			e.set("status_code", pick(r, notNumbers))
		} else {
			e.addRaw("extra", "[1.0, "+pick(r, notNumbers)+"]")
		}
	case DuplicateKey:
		g.repeat()
	}
	return e.appendTo(dst)
}

// violate breaks what the event's schema asks for.
func (g *Generator) violate(family string) {
	e, r := &g.event, g.rnd
	switch family {
	case Contents, Odd:
		switch r.IntN(3) {
		case 0:
			e.set("action", `"chmod"`)
		case 1:
			e.set("path", "17")
		case 2:
			e.remove("path")
		}
	case Kernel:
		switch r.IntN(3) {
		case 0:
			e.set("status_code", `"502"`)
		case 1:
			e.remove("msg")
		case 2: // what if and then are for
			e.set("status", `"success"`)
			e.set("action", `"restart"`)
			e.remove("kernel_id")
		}
	case Server:
		if r.IntN(2) == 0 {
			e.remove("username")
		} else {
			e.set("action", `"pause"`)
		}
	case Telemetry:
		switch r.IntN(4) {
		case 0: // far inside: the last cell's index is text
			cells := e.value("cells")
			const key = `"index": `
			at := strings.LastIndex(cells, key) + len(key)
			to := at + strings.IndexByte(cells[at:], ',')
			e.set("cells", cells[:at]+`"`+cells[at:to]+`"`+cells[to:])
		case 1:
			user := e.value("user")
			e.set("user", "{"+user[strings.Index(user, `"name"`):])
		case 2:
			e.set("cells", "{}")
		case 3:
			e.set("opened_at", "1.5")
		}
	}
}

// repeat adds a member that is there already, or two that are the same.
func (g *Generator) repeat() {
	e := &g.event
	switch g.rnd.IntN(4) {
	case 0:
		if e.find("path") >= 0 {
			e.addRaw("path", `"second/value.ipynb"`)
			return
		}
		e.addRaw("action", `"start"`)
		e.addRaw("action", `"stop"`)
	case 1:
		e.addRaw("__schema__", `"`+ServerID+`"`)
	case 2:
		e.addRaw("x", `{"a": 1, "a": 2}`)
	case 3:
		e.addRaw(`na\u006de`, `"one"`)
		e.addRaw("name", `"two"`)
	}
}

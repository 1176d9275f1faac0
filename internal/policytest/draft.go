package policytest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"jupyter-events-agent/internal/near"
	"jupyter-events-agent/schema"
)

// draft is a test as its file has it.
type draft struct {
	*reading
	file  string
	table map[string]any
	line  func(key ...string) int
	name  string
}

// The keys of a test and of one of its outputs.
var (
	testKeys   = []string{"name", "event", "event_file", "line", "input", "log_path", "consent", "fault", "outputs"}
	outputKeys = []string{"delivered", "receives", "exactly", "present", "absent", "lacks", "routed"}
)

// reasons are all for which a line is no event.
var reasons = []string{
	string(schema.NotJSON), string(schema.NotObject), string(schema.DuplicateMember), string(schema.InvalidUTF8), string(schema.TooDeep),
	string(schema.NumberTooLarge), string(schema.TooLong), string(schema.MissingSchema), string(schema.MissingVersion),
	string(schema.MissingTimestamp), string(schema.BadTimestamp), string(schema.BadEnvelope), string(schema.UnknownSchema),
	string(schema.UnknownCategory), string(schema.SchemaNotAllowed), string(schema.PathNotMatched), string(schema.Invalid),
}

// at is the beginning of a message about a key of the test.
func at(file string, line int) string {
	if line == 0 {
		return file
	}
	return file + ":" + strconv.Itoa(line)
}

// mistake notes what is wrong with a key; path are the names that lead to it,
// joined by points.
func (d *draft) mistake(path, format string, a ...any) {
	d.mistakeAt(strings.Split(path, "."), format, a...)
}

func (d *draft) mistakeAt(path []string, format string, a ...any) {
	where := at(d.file, d.line(path...)) + ": "
	if d.name != "" {
		where += fmt.Sprintf("test %q: ", d.name)
	}
	key := strings.Join(path, ".")
	if key != "" {
		key += ": "
	}
	d.note(d.line(path...), where+key+fmt.Sprintf(format, a...))
}

// orThere says which word was perhaps meant, or else all that there are.
func orThere(word string, known []string) string {
	if hint := near.Hint(word, known); hint != "" {
		return hint
	}
	return ": there is " + strings.Join(known, ", ")
}

// wrongValues notes the values that JSON has no form for.
func (d *draft) wrongValues(table map[string]any) {
	d.name, _ = table["name"].(string)
	var look func(path []string, value any)
	look = func(path []string, value any) {
		if table, ok := value.(map[string]any); ok {
			for _, key := range slices.Sorted(maps.Keys(table)) {
				look(append(slices.Clone(path), key), table[key])
			}
			return
		}
		if _, wrong := fromTOML(value); wrong != "" {
			d.mistakeAt(path, "%s", wrong)
		}
	}
	look(nil, table)
}

// test reads the test; raw is its event where the file has that as JSON.
func (d *draft) test(raw json.RawMessage) *Test {
	before := len(d.mistakes)
	t := &Test{File: d.file, Line: d.line()}
	d.name, _ = d.table["name"].(string)
	t.Name = d.name
	switch {
	case d.table["name"] == nil || d.name == "" && d.isText("name"):
		d.mistake("name", "is missing: say in a few words what is to hold")
	case d.names[d.name]:
		d.mistake("name", "another test of the file is called so: names tell tests apart")
	}
	d.names[d.name] = true
	d.unknown(nil, d.table, testKeys)
	t.input = d.input()
	t.event = d.event(raw)
	if text := d.text("log_path"); text != "" {
		t.logPath = text
	}
	if t.input != nil && t.input.Source != nil && t.input.Source.Pattern != nil && t.logPath == "" {
		d.mistake("log_path", "is missing: input %q takes fields from the path of its files: say which file the event is from", t.input.Name)
	}
	t.fault = d.text("fault")
	if t.fault != "" && !slices.Contains(reasons, t.fault) {
		d.mistake("fault", "%q is no reason for which a line is quarantined%s", t.fault, orThere(t.fault, reasons))
	}
	t.agent, t.consent = d.agent, d.consent()
	d.outputs(t)
	switch {
	case t.fault != "" && d.table["outputs"] != nil:
		d.mistake("fault", "a line that is quarantined is delivered to no output: take outputs out, or fault")
	case d.table["fault"] == nil && d.table["outputs"] == nil:
		d.mistake("", "expects nothing: say what an output receives with [test.outputs.NAME], or the reason for which the event is quarantined with fault")
	}
	if len(d.mistakes) == before {
		d.provable(t)
	}
	return t
}

func (d *draft) input() *Input {
	name := d.text("input")
	in := d.agent.input(name)
	switch {
	case len(d.agent.Inputs) == 0:
		d.mistake("input", "the configuration has no input: add one, such as [[inputs.file]] with name and paths")
	case name == "" && len(d.agent.Inputs) == 1:
		return &d.agent.Inputs[0]
	case name == "" && d.table["input"] == nil:
		d.mistake("input", "is missing: say which input the event comes by: %s", strings.Join(d.agent.inputNames(), ", "))
	case name != "" && in == nil:
		d.mistake("input", "there is no input %q%s", name, orThere(name, d.agent.inputNames()))
	}
	return in
}

// event is the event's line.
func (d *draft) event(raw json.RawMessage) []byte {
	file, number := d.text("event_file"), 0
	if n, ok := d.table["line"].(json.Number); ok {
		number, _ = strconv.Atoi(string(n))
	}
	if d.table["line"] != nil {
		switch {
		case number < 1:
			d.mistake("line", "must be the number of a line, from 1")
			return nil
		case file == "":
			d.mistake("line", "only counts the lines of an event_file")
		}
	}
	switch event := d.table["event"].(type) {
	case nil:
		if file != "" {
			return d.readEvent(file, number)
		}
		d.mistake("event", "is missing: write the line as it stands in the log, in '''three quotes''', or name its file in event_file")
	case string:
		if file != "" {
			d.mistake("event_file", "the event is given twice: keep event or event_file")
		}
		return oneLine([]byte(event))
	case map[string]any:
		if file != "" {
			d.mistake("event_file", "the event is given twice: keep event or event_file")
		}
		if raw != nil {
			return oneLine(raw)
		}
		return []byte(said(event))
	default:
		d.mistake("event", "must be the event's line as a text, or a table of its members")
	}
	return nil
}

// text is a key's text; "" where it has none, which is noted where it is
// something else.
func (d *draft) text(key string) string {
	if d.table[key] == nil || !d.isText(key) {
		return ""
	}
	text, _ := d.table[key].(string)
	if text == "" && key != "name" {
		d.mistake(key, "is empty: take it out, or fill it")
	}
	return text
}

func (d *draft) isText(key string) bool {
	_, ok := d.table[key].(string)
	if !ok {
		d.mistake(key, `must be a text in "quotes"`)
	}
	return ok
}

// unknown notes the keys that a table should not have.
func (d *draft) unknown(path []string, table map[string]any, keys []string) {
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if slices.Contains(keys, key) {
			continue
		}
		hint := near.Hint(key, keys)
		if of := near.Hint(key, outputKeys); hint == "" && of != "" {
			hint = of + ": that belongs to an output, below [test.outputs.NAME]"
		}
		if hint == "" {
			hint = ": there are " + strings.Join(keys, ", ")
		}
		d.mistakeAt(append(slices.Clone(path), key), "unknown key%s", hint)
	}
}

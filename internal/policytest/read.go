package policytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"jupyter-events-agent/internal/near"
)

// Test is one test of a file.
type Test struct {
	File    string
	Line    int // where it begins; 0 where that is not known
	Name    string
	event   []byte
	input   *Input
	logPath string   // of the file that the event is said to come from; "" for none
	consent []string // who has said yes
	agent   *Agent
	fault   string // the reason for which the line is to be no event; "" for none
	expects []*expectation
}

// expectation is what a test says of one output.
type expectation struct {
	output    *Output
	line      func(key ...string) int // where a key stands; 0 where that is not known
	delivered bool
	receives  map[string]any // nil for none
	exactly   map[string]any // nil for none
	present   []string
	absent    []string
	lacks     []any // texts, numbers
	routed    map[string]string
}

// Mistakes is everything that is wrong with test files, one line each.
type Mistakes []string

// Error is one mistake a line.
func (m Mistakes) Error() string { return strings.Join(m, "\n") }

// reading reads test files for an Agent.
type reading struct {
	agent    *Agent
	mistakes []mistake
	names    map[string]bool // of the file's tests
}

// mistake is one mistake and where it stands.
type mistake struct {
	line int // 0 where that is not known
	text string
}

func (r *reading) note(line int, text string) { r.mistakes = append(r.mistakes, mistake{line, text}) }

// Read reads the tests of a file, whose text it is; what ends in .ndjson, .jsonl
// or .json holds one test a line, any other name TOML. The error is Mistakes: all
// that are in the file.
func Read(agent *Agent, file string, text []byte) ([]*Test, error) {
	r := &reading{agent: agent, names: map[string]bool{}}
	var tests []*Test
	switch strings.ToLower(filepath.Ext(file)) {
	case ".ndjson", ".jsonl", ".json":
		tests = r.lines(file, text)
	default:
		tests = r.toml(file, string(text))
	}
	if len(r.mistakes) == 0 {
		return tests, nil
	}
	slices.SortStableFunc(r.mistakes, func(a, b mistake) int { return a.line - b.line })
	var all Mistakes
	for _, m := range r.mistakes {
		all = append(all, m.text)
	}
	return nil, all
}

// toml reads a file of [[test]] tables.
func (r *reading) toml(file, text string) (tests []*Test) {
	var doc map[string]any
	if _, err := toml.Decode(text, &doc); err != nil {
		var bad toml.ParseError
		if errors.As(err, &bad) {
			r.note(0, fmt.Sprintf("%s:%d: is not TOML: %s", file, bad.Position.Line, bad.Message))
		} else {
			r.note(0, file+": is not TOML: "+err.Error())
		}
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(doc)) {
		if key != "test" {
			r.note(0, fmt.Sprintf("%s: unknown key %q%s: a test file holds [[test]] tables", file, key, near.Hint(key, []string{"test"})))
		}
	}
	tables, ok := doc["test"].([]map[string]any)
	if !ok && doc["test"] != nil {
		r.note(0, file+": test: must be a list of tables: write [[test]] before each test")
		return nil
	}
	where := findPlaces(text)
	if len(where.tests) != len(tables) {
		where = &places{}
	}
	for i, table := range tables {
		value, wrong := fromTOML(table)
		d := &draft{reading: r, file: file, line: func(key ...string) int { return where.of(i, key...) }}
		if wrong != "" {
			d.wrongValues(table)
			continue
		}
		d.table, _ = value.(map[string]any)
		tests = append(tests, d.test(nil))
	}
	return tests
}

// lines reads a file of one test a line.
func (r *reading) lines(file string, text []byte) (tests []*Test) {
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		d := &draft{reading: r, file: file, line: func(...string) int { return number }}
		value, err := decodeJSON(line)
		table, object := value.(map[string]any)
		if err != nil || !object {
			r.note(number, fmt.Sprintf("%s:%d: is not a JSON object: a line is one test, such as {\"name\": …, \"event\": {…}, \"outputs\": {…}}", file, number))
			continue
		}
		var raw struct {
			Event json.RawMessage `json:"event"` // as it is written, byte for byte
		}
		_ = json.Unmarshal(line, &raw) // it is an object
		d.table = table
		at := number
		d.line = func(...string) int { return at }
		tests = append(tests, d.test(raw.Event))
	}
	return tests
}

// readEvent reads the file of an event, which is all of it or one line.
func (d *draft) readEvent(name string, line int) []byte {
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(d.file), name)
	}
	text, err := os.ReadFile(name)
	var path *os.PathError
	switch {
	case errors.As(err, &path):
		d.mistake("event_file", "%s cannot be read: %v: name a file from the folder of the test file", name, path.Err)
		return nil
	case err != nil:
		d.mistake("event_file", "%s cannot be read: %v", name, err)
		return nil
	}
	lines := bytes.Split(bytes.TrimRight(text, "\r\n"), []byte("\n"))
	switch {
	case line > len(lines):
		d.mistake("line", "%s has %d lines", name, len(lines))
		return nil
	case line > 0:
		return bytes.TrimSuffix(lines[line-1], []byte("\r"))
	case len(lines) > 1 && json.Valid(lines[0]) && json.Valid(lines[1]):
		d.mistake("event_file", "%s holds several events: say which with line = 1", name)
		return nil
	}
	return oneLine(text)
}

// oneLine is an event that is written over several lines as a log has it. In JSON
// a line end can stand only where a space can.
func oneLine(text []byte) []byte {
	text = bytes.TrimSpace(text)
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte(" "))
	return bytes.ReplaceAll(text, []byte("\n"), []byte(" "))
}

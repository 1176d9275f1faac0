package filters_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// registry loads schemas, given as file name and JSON or YAML text in turn;
// what is called .toml is an overlay.
func registry(t testing.TB, files ...string) *schema.Registry {
	t.Helper()
	dir, beside := t.TempDir(), t.TempDir()
	c := schema.Config{Paths: []string{dir}, Derived: true, Aliases: map[string]string{"PII": "user-identifiable-information"}}
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, files[i])
		if filepath.Ext(name) == ".toml" {
			name = filepath.Join(beside, files[i])
			c.Overlays = append(c.Overlays, name)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := schema.Load(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rounds is how often what is made up is tried: n times; a tenth with -short, by
// which make mutate asks first, and beside the race detector, which finds what it
// finds in few of them: make test runs this package without it as well.
func rounds(n int) int {
	if testing.Short() || raced {
		return n / 10
	}
	return n
}

// lines checks lines of one input.
type lines struct {
	checker *schema.Checker
	from    *inputs.Source // of one file, where paths have fields; nil: the input's
	extra   string         // member that every line gets
	offset  int64
}

func newLines(t testing.TB, r *schema.Registry, rules schema.Rules) *lines {
	t.Helper()
	if rules.Source == nil {
		rules.Source = &inputs.Source{Input: "hub", Trusted: true}
	}
	c, err := r.Checker(rules)
	if err != nil {
		t.Fatal(err)
	}
	return &lines{checker: c}
}

// event checks a line, which may hold no fault, in memory of its own.
func (l *lines) event(line string) (*schema.Event, *schema.Fault) {
	if l.extra != "" {
		line = strings.TrimSuffix(line, "}") + "," + l.extra + "}"
	}
	e := new(schema.Event)
	at := checkpoint.Position{Stream: 7, Offset: l.offset}
	l.offset += int64(len(line)) + 1
	a := new(schema.Arena)
	a.From(l.from)
	fault := l.checker.Check(&inputs.Line{Raw: []byte(line), At: at, End: l.offset}, a, e)
	return e, fault
}

func compile(t testing.TB, p filters.Policy, r *schema.Registry) *filters.Filter {
	t.Helper()
	f, _, err := filters.Compile(p, r)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// record is the JSON that the filter makes of the line; false where it takes no such events.
func record(t testing.TB, f *filters.Filter, l *lines, line string) (string, bool) {
	t.Helper()
	e, fault := l.event(line)
	if fault != nil {
		t.Fatalf("%v\n%s", fault, line)
	}
	var a filters.Arena
	r, ok := f.Apply(e, &a)
	if !ok {
		return "", false
	}
	return string(r.JSON()), true
}

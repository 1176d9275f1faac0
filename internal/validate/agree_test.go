package validate

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"jupyter-events-agent/internal/jsonscan"
)

// schemaOf decodes a schema's text.
func schemaOf(t testing.TB, text string) any {
	t.Helper()
	v, err := decodeText(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func decodeText(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// both is a schema compiled, with a twin that v5 judges.
type both struct {
	compiled, judged *Validator
	scanner          *jsonscan.Scanner
}

func compileBoth(root any) (*both, error) {
	names := &jsonscan.Names{}
	v, err := NewCompiler(names, []Document{{ID: "https://example.org/s", Root: root}}).Compile(0)
	if err != nil {
		return nil, err
	}
	return &both{
		compiled: v,
		judged:   &Validator{judge: v.judge, known: v.known},
		scanner:  jsonscan.NewScanner(names),
	}, nil
}

func (b *both) scan(t testing.TB, line string) []jsonscan.Token {
	t.Helper()
	tape, err := b.scanner.Scan(nil, []byte(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return tape
}

// check has both judge the line, compares them and returns the verdict.
func (b *both) check(t testing.TB, schema, line string) (Violation, bool) {
	t.Helper()
	tape := b.scan(t, line)
	got, ok := b.compiled.Validate([]byte(line), tape)
	want, wantOK := b.judged.Validate([]byte(line), tape)
	if want.Keyword == "internal" {
		t.Fatalf("v5 gave up\nschema %s\nline   %s", schema, line)
	}
	if ok != wantOK {
		t.Fatalf("compiled says %v %v, v5 says %v %v\nschema %s\nline   %s", ok, got, wantOK, want, schema, line)
	}
	if !ok && b.compiled.Compiled() && !b.knows(got, []byte(line), tape) {
		t.Fatalf("%v is none of v5's violations\nschema %s\nline   %s", got, schema, line)
	}
	return got, ok
}

// knows reports whether v5 found the violation too, among others.
func (b *both) knows(v Violation, line []byte, tape []jsonscan.Token) bool {
	event := decode(line, tape, 0)
	ve, ok := b.judged.judge.Validate(event).(*jsonschema.ValidationError)
	if !ok {
		return false
	}
	for _, found := range deepest(ve, nil) {
		if found.Keyword == v.Keyword && b.judged.sanitised(event, found.Pointer) == v.Pointer {
			return true
		}
	}
	return hasEmptyName(event) // v5 leaves that step out of its locations
}

func hasEmptyName(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, hasEmptyName)
	case map[string]any:
		for name, member := range v {
			if name == "" || hasEmptyName(member) {
				return true
			}
		}
	}
	return false
}

// verdict is one case of the tables: does the line satisfy the schema, and if
// not, by what and where.
type verdict struct {
	schema, line string
	keyword      string // "" for valid
	pointer      string
}

func runVerdicts(t *testing.T, compiled bool, table []verdict) {
	t.Helper()
	for _, c := range table {
		b, err := compileBoth(schemaOf(t, c.schema))
		if err != nil {
			t.Errorf("%s: %v", c.schema, err)
			continue
		}
		if b.compiled.Compiled() != compiled {
			t.Errorf("%s: compiled is %v", c.schema, !compiled)
		}
		v, ok := b.check(t, c.schema, c.line)
		if ok != (c.keyword == "") || v.Keyword != c.keyword || v.Pointer != c.pointer {
			t.Errorf("schema %s\nline   %s\nis %v %+v", c.schema, c.line, ok, v)
		}
	}
}

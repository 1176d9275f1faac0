package schema

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/corpus"
	"jupyter-events-agent/internal/jsonscan"
)

// shapeSchemas say in every way what depends on a value and what on the shape.
var shapeSchemas = []string{`{
	"$id": "urn:a", "version": 1, "type": "object", "required": ["kind"], "additionalProperties": false,
	"properties": {
		"kind": {"enum": ["open", "close"]}, "note": {"type": ["string", "null"], "maxLength": 5, "categories": ["n"]},
		"n": {"type": "integer", "minimum": 0}, "whole": {"type": "integer"}, "any": {},
		"at": {"type": "string", "format": "date-time"}, "is": {"const": "this"},
		"few": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string"}},
		"list": {"type": "array", "items": {"type": "object", "required": ["id"], "properties": {
			"id": {"type": "string", "categories": ["i"]}, "tags": {"type": "array", "items": {"enum": ["a", "b", null]}}, "in": {"$ref": "#/definitions/in"}}}},
		"in": {"$ref": "#/definitions/in"}
	},
	"definitions": {
		"in": {"type": "object", "properties": {"deep": {"$ref": "#/definitions/deep"}, "v": {"type": "boolean"}}, "additionalProperties": {"type": "number", "categories": ["z"]}},
		"deep": {"type": "object", "maxProperties": 3, "properties": {"v": {"type": "boolean"}, "deep": {"type": "object"}}}
	}
}`, `{
	"$id": "urn:b", "version": "2", "type": "object",
	"properties": {"kind": {"type": "string"}, "n": {"type": ["number", "string"]}, "list": {"type": "array"}, "taskName": {"type": "string"}, "note": {"categories": ["other"]}},
	"if": {"properties": {"kind": {"const": "open"}}}, "then": {"required": ["n"]}, "else": {"not": {"required": ["n"]}}
}`, `{
	"$id": "urn:c", "version": "1", "type": "object", "properties": {"kind": {"type": "string"}},
	"patternProperties": {"^x": {"type": "integer", "categories": ["p"]}}
}`, `{
	"$id": "urn:e", "version": 1, "type": "object", "properties": {"in": {"$ref": "#/definitions/in"}},
	"definitions": {"in": {"type": "object", "properties": {"deep": {"$ref": "#/definitions/in"}, "v": {"type": "boolean"}}, "additionalProperties": {"type": "number", "categories": ["z"]}}}
}`, `{
	"$id": "urn:d", "version": 1, "type": "object", "properties": {
		"kind": {"type": "string"}, "n": {"minimum": 2},
		"pair": {"type": "array", "items": [{"type": "string", "categories": ["x"]}, {"type": "integer"}], "additionalItems": {"categories": ["y"]}}
	}
}`}

const shapeStart = `{"__timestamp__": "2026-01-02T03:04:05Z", "__schema__": `

// shapeLines are valid and not; those made of them must be judged alike with
// shapes and without.
var shapeLines = []string{
	shapeStart + `"urn:a", "__schema_version__": 1, "kind": "open", "note": "x", "n": 3, "whole": 4}`,
	shapeStart + `"urn:a", "__schema_version__": 1, "kind": "close", "note": null, "n": 0, "whole": 1.0}`,
	shapeStart + `"urn:a", "__schema_version__": 1, "kind": "o\u0070en", "at": "2026-01-02T03:04:05Z", "is": "this"}`,
	shapeStart + `"urn:a", "__schema_version__": 1, "kind": "open", "few": ["a"], "list": [{"id": "1", "tags": ["a", null]}, {"id": "2"}, {"id": "", "in": {"deep": {"v": true, "w": 1}}, "tags": []}]}`,
	shapeStart + `"urn:a", "__schema_version__": 1, "kind": "open", "few": ["a" , "b"], "list": [], "in": {}, "any": [[], [{}], {"a": []}]}`,
	shapeStart + `"urn:d", "__schema_version__": 1, "kind": "open", "pair": ["a", 1, "b"], "any": null}`,
	shapeStart + `"urn:a", "__schema_version__": 1, "kind": "open", "in": {"deep": {"deep": {"v": false}, "w": 1e3}, "x": -1}, "any": [1, 2.5]}`,
	shapeStart + `"urn:e", "__schema_version__": 1, "kind": "open", "in": {"deep": {"deep": {"v": false}, "w": 1e3}, "x": -1}}`,
	shapeStart + `"urn:b", "__schema_version__": "2", "__metadata_version__": 1, "kind": "open", "n": "1", "taskName": "Task-1", "list": [1, [2, {"a": "b"}]]}`,
	shapeStart + `"urn:b", "__schema_version__": "2", "kind": "shut", "free": {"a": [true]}, "note": "x"}`,
	shapeStart + `"urn:c", "__schema_version__": "1", "kind": "a", "xa": 1, "xb": 2, "taskName": "Task-12"}`,
	shapeStart + `"urn:c", "__schema_version__": "1", "kind": "a", "taskName": "mine"}`,
	shapeStart + `"urn:c", "__schema_version__": "1", "kind": "a", "taskName": null, "__own__": "1"}`,
	`{"kind": "open", "__schema__": "urn:a", "__schema_version__": "1", "__timestamp__": "2026-01-02 03:04:05,123"}`,
	`{"kind": "open", "__schema__": "urn:c", "__schema_version__": "1", "__timestamp__": "2026-01-02 03:04:05,123"}`,
	`{"list": [{"id": "1", "tags": ["a"]}, {"id": "2"}], "kind": "open", "__schema__": "urn:a", "__schema_version__": 1, "__timestamp__": "2026-01-02T03:04:05.000000+00:00Z"}`,
	`{"list": [], "kind": "open", "__schema__": "urn:a", "__schema_version__": 1, "__timestamp__": "2026-01-02T03:04:05.000000+23:59:59"}`,
	`{"list": [1, {"id": 2}, ["a"]], "kind": "shut", "__schema__": "urn:b", "__schema_version__": "2", "__timestamp__": "2026-01-02T03:04:60.000000Z"}`,
	`{"list": [], "kind": "shut", "__schema__": "urn:b", "__schema_version__": "2", "__timestamp__": "2026-01-02T03:04:59.000000Z"}`,
	shapeStart + `"urn:a", "__schema_version__": 1, "__event_id__": "00112233445566778899aabbccddeeff", "__redacted__": ["n"], "__categories__": ["i", "z"], "kind": "open", "note": "xxxxxxxxx", "list": [{"id": "1"}]}`,
	shapeStart + `"urn:a", "__schema_version__": 1, "__redacted__": ["i", "n"], "kind": "open", "note": {"hmac": "x"}, "list": [{"id": 7, "tags": ["a"]}, {"id": null}, {}]}`,
	`{"list": [{"id": 7}, {"id": "1"}], "in": {"w": "x"}, "__redacted__": ["i", "z"], "kind": "open", "__schema__": "urn:a", "__schema_version__": 1, "__timestamp__": "2026-01-02T03:04:05Z"}`,
}

func shapeRegistry(t testing.TB, documents ...string) *Registry {
	t.Helper()
	dir := t.TempDir()
	for i, text := range documents {
		if err := os.WriteFile(filepath.Join(dir, string(rune('a'+i))+".json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Load(Config{Paths: []string{dir}, Derived: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func shapeChecker(t testing.TB, r *Registry, rules Rules) *Checker {
	t.Helper()
	rules.Source = &inputs.Source{Trusted: true}
	c, err := r.Checker(rules)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// alike checks a line with a Checker that has seen others, and with one that has
// not and so knows no shapes.
func alike(t testing.TB, warm, fresh *Checker, a *Arena, line []byte) (known bool) {
	t.Helper()
	at := checkpoint.Position{Stream: 1, Offset: 7}
	in := inputs.Line{Raw: line, At: at, End: 7 + int64(len(line))}
	var got, want Event
	a.Reset()
	a.tape = append(a.tape, jsonscan.Token{}, jsonscan.Token{}) // of lines before
	known = warm.shaped(&in, a, &got)
	a.tape = a.tape[:2]
	gotFault := warm.Check(&in, a, &got)
	wantFault := fresh.Check(&in, new(Arena), &want)
	if !reflect.DeepEqual(gotFault, wantFault) {
		t.Fatalf("fault %+v where lines before were seen, %+v where not: %s", gotFault, wantFault, line)
	}
	if wantFault != nil {
		return known
	}
	if !slices.Equal(got.Tape(), want.Tape()) {
		t.Fatalf("tape\n%+v where lines before were seen\n%+v where not: %s", got.Tape(), want.Tape(), line)
	}
	got.tape, want.tape = nil, nil
	if got.source != want.source {
		got.source = want.source // each Checker has its own
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("event\n%+v where lines before were seen\n%+v where not: %s", got, want, line)
	}
	return known
}

func TestShapesAreLearnt(t *testing.T) {
	r := shapeRegistry(t, shapeSchemas...)
	c := shapeChecker(t, r, Rules{})
	var a Arena
	for _, test := range []struct {
		first, then string
		known       bool
	}{
		{`"kind": "open", "n": 3}`, `"kind": "close", "n": 44}`, true},
		{`"kind": "open", "n": 3}`, `"kind": "close", "n": 44, "whole": 1}`, false},
		{`"kind": "open", "n": 3}`, `"kind": "shut", "n": 3}`, false},
		{`"kind": "open", "n": 3}`, `"kind": "open", "n": -3}`, false},
		{`"kind": "open", "n": 3}`, `"kind": "open", "n": "3"}`, false},
		{`"kind": "open", "n": 3}`, `"kind": "open", "n": 3} `, false},
		{`"kind": "open", "list": [{"id": "1"}]}`, `"kind": "open", "list": []}`, true},
		{`"kind": "open", "list": [{"id": "1"}]}`, `"kind": "open", "list": [{"id": "1"},  {"id": "2"}]}`, true},
		{`"kind": "open", "list": [{"id": "1"}, {"id": "1", "in": {"x": 1}}]}`, `"kind": "open", "list": [{"id": "1", "in": {"x": 2}}, {"id": "2"}]}`, true},
		{`"kind": "open", "few": ["1"]}`, `"kind": "open", "few": ["1", "2"]}`, true},
		{`"kind": "open", "few": ["1"]}`, `"kind": "open", "few": ["1", "2", "3"]}`, false},
		{`"kind": "open", "few": ["1"]}`, `"kind": "open", "few": []}`, false},
		{`"kind": "open", "at": "2026-01-02T03:04:05Z"}`, `"kind": "open", "at": "2026-01-02T03:04:06Z"}`, true},
		{`"kind": "open", "at": "2026-01-02T03:04:05Z"}`, `"kind": "open", "at": "2026-01-32T03:04:05Z"}`, false},
		{`"kind": "open", "list": [{"id": "1", "tags": ["a"]}]}`, `"kind": "open", "list": [{"id": "1", "tags": ["b", "a"]}]}`, true},
		{`"kind": "open", "list": [{"id": "1", "tags": ["a"]}]}`, `"kind": "open", "list": [{"id": "1", "tags": ["b", "c"]}]}`, false},
		{`"kind": "open", "whole": 1}`, `"kind": "open", "whole": 2.0}`, true},
		{`"kind": "open", "whole": 1}`, `"kind": "open", "whole": 2.5}`, false},
		{`"kind": "open", "n": 1}`, `"kind": "open", "n": }`, false},
	} {
		c.shapes = new(shapes)
		start := shapeStart + `"urn:a", "__schema_version__": 1, `
		fresh := shapeChecker(t, r, Rules{})
		if alike(t, c, fresh, &a, []byte(start+test.first)) {
			t.Fatalf("%s: known before it was seen", test.first)
		}
		if got := alike(t, c, shapeChecker(t, r, Rules{}), &a, []byte(start+test.then)); got != test.known {
			t.Errorf("%s known after %s: %v, want %v", test.then, test.first, got, test.known)
		}
	}
}

// TestElementsOfTwoSchemas: a line that names its schema behind an array has the
// elements of that schema's lines only.
func TestElementsOfTwoSchemas(t *testing.T) {
	of := func(id, items string) string {
		return `{"$id": "` + id + `", "version": 1, "type": "object", "properties": {"list": {"type": "array", "items": ` + items + `}}}`
	}
	r := shapeRegistry(t, of("urn:a", `{"type": "string"}`), of("urn:b", `{"type": "integer"}`),
		of("urn:c", `{"type": "object", "properties": {"v": {"categories": ["x"]}, "w": {"categories": ["y"]}}}`),
		of("urn:d", `{"type": "object", "properties": {"u": {"categories": ["x"]}, "v": {"categories": ["y"]}}}`))
	for _, elements := range []string{`["x"]`, `[1]`, `[{"v": "secret"}]`} {
		for _, first := range []string{"urn:a", "urn:b", "urn:c", "urn:d"} {
			c := shapeChecker(t, r, Rules{})
			check := func(list, id string) {
				alike(t, c, shapeChecker(t, r, Rules{}), new(Arena),
					[]byte(`{"list": `+list+`, "__schema__": "`+id+`", "__timestamp__": "2026-01-02T03:04:05Z", "__schema_version__": 1}`))
			}
			check(elements, first)
			for _, id := range []string{"urn:a", "urn:b", "urn:c", "urn:d"} {
				check(`[]`, id)
				check(elements, id)
			}
		}
	}
}

// TestShapesOfAgents: what stands for something that was withheld is shown again.
func TestShapesOfAgents(t *testing.T) {
	r := shapeRegistry(t, shapeSchemas...)
	c := shapeChecker(t, r, Rules{Envelope: Agent})
	var a Arena
	for _, test := range []struct {
		redacted, members string
		known             bool
	}{
		{`["n"]`, `"note": "longer than five"`, false},
		{`["n"]`, `"note": "longer than that"`, true},
		{`["i"]`, `"note": "longer than five"`, false},
		{`["n"]`, `"note": {"hmac": "1"}`, false},
		{`["n"]`, `"note": {"hmac": "2"}`, true},
		{`["i", "n"]`, `"note": "longer than five"`, false},
		{`["n"]`, `"list": [{"id": "1", "tags": ["a"]}, {"id": "2"}], "note": "longer than five"`, false},
		{`["n"]`, `"list": [{"id": "2"}], "note": 7`, false},
		{`["n"]`, `"list": [{"id": "2"}], "note": "longer than that"`, true},
	} {
		line := shapeStart + `"urn:a", "__schema_version__": 1, "__redacted__": ` + test.redacted + `, "kind": "open", ` + test.members + `}`
		if got := alike(t, c, shapeChecker(t, r, Rules{Envelope: Agent}), &a, []byte(line)); got != test.known {
			t.Errorf("known: %v, want %v: %s", got, test.known, line)
		}
	}
}

// TestWhatAgentsSayIsBounded: the texts that shapes hold count as theirs.
func TestWhatAgentsSayIsBounded(t *testing.T) {
	c := shapeChecker(t, shapeRegistry(t, shapeSchemas...), Rules{Envelope: Agent})
	said := `["n"` + strings.Repeat(" ", 60_000) + `]`
	line := func(i int) *inputs.Line {
		return &inputs.Line{Raw: fmt.Appendf(nil, `%s"urn:c", "__schema_version__": 1, "__redacted__": %s, "x%d": 1}`, shapeStart, said, i)}
	}
	var a Arena
	var e Event
	for i := range 20 {
		if fault := c.Check(line(i), &a, &e); fault != nil {
			t.Fatal(fault)
		}
		if !c.shaped(line(i), &a, &e) {
			t.Fatalf("line %d was not learnt", i)
		}
	}
	if c.shaped(line(0), &a, &e) {
		t.Error("20 shapes hold more than a MiB of what agents said")
	}
	if said := len(e.schema.origins.said); said > 0 || a.derived[0].derived != nil {
		t.Errorf("%d texts as long as that are remembered with their schema", said)
	}
}

// TestShapesForMany: several goroutines learn and match at once.
func TestShapesForMany(t *testing.T) {
	r := shapeRegistry(t, shapeSchemas...)
	rules := Rules{Envelope: Agent}
	warm := shapeChecker(t, r, rules)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(3, uint64(i)))
			var a, other Arena
			for range 500 {
				line := []byte(shapeLines[rnd.IntN(len(shapeLines))])
				if rnd.IntN(2) == 0 {
					line = crossed(rnd, line, []byte(shapeLines[rnd.IntN(len(shapeLines))]))
				}
				a.Reset()
				other.Reset()
				fresh, err := r.Checker(Rules{Envelope: Agent, Source: &inputs.Source{Trusted: true}})
				if err != nil {
					t.Error(err)
					return
				}
				in := inputs.Line{Raw: line}
				var got, want Event
				if g, w := warm.Check(&in, &a, &got), fresh.Check(&in, &other, &want); !reflect.DeepEqual(g, w) || g == nil && !slices.Equal(got.Tape(), want.Tape()) {
					t.Errorf("%+v\n%+v where not seen: %s", g, w, line)
				}
			}
		})
	}
	all.Wait()
}

// TestTuplesHaveNoShape: what an element is hangs on where it stands.
func TestTuplesHaveNoShape(t *testing.T) {
	r := shapeRegistry(t, shapeSchemas...)
	c := shapeChecker(t, r, Rules{})
	for range 2 {
		if alike(t, c, shapeChecker(t, r, Rules{}), new(Arena), []byte(shapeLines[5])) {
			t.Error("a line with a tuple is known by its shape")
		}
	}
}

// TestShapesOfTheCorpus: events as they come are known by their shape, the
// faulty ones are judged as ever.
func TestShapesOfTheCorpus(t *testing.T) {
	dir := t.TempDir()
	if err := corpus.WriteSchemas(dir); err != nil {
		t.Fatal(err)
	}
	r, err := Load(Config{Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	warm := shapeChecker(t, r, Rules{})
	g := corpus.New(corpus.Options{Bad: 0.1})
	var a Arena
	known, lines := 0, 5000
	for range lines {
		l := g.Next()
		if alike(t, warm, shapeChecker(t, r, Rules{}), &a, l.Good) {
			known++
		}
		alike(t, warm, shapeChecker(t, r, Rules{}), &a, l.Bad)
	}
	if known < lines*99/100 {
		t.Errorf("%d of %d events were known by their shape, want nearly all", known, lines)
	}
}

// TestShapesAgree gives lines the values, members and elements of others.
func TestShapesAgree(t *testing.T) {
	r := shapeRegistry(t, shapeSchemas...)
	rnd := rand.New(rand.NewPCG(1, 2))
	envelopes := []Rules{{}, {}, {Envelope: None, Schema: "urn:c"}, {Envelope: BinderHub}, {Envelope: Agent}}
	known, rounds := 0, 30_000
	if testing.Short() {
		rounds /= 10
	}
	var warm *Checker
	var rules Rules
	var a *Arena
	for i := range rounds {
		if i%100 == 0 {
			rules = envelopes[i/100%len(envelopes)]
			warm, a = shapeChecker(t, r, rules), new(Arena)
		}
		line := []byte(shapeLines[rnd.IntN(len(shapeLines))])
		for range rnd.IntN(3) {
			line = crossed(rnd, line, []byte(shapeLines[rnd.IntN(len(shapeLines))]))
		}
		if alike(t, warm, shapeChecker(t, r, rules), a, line) {
			known++
		}
	}
	if known < rounds/10 {
		t.Errorf("%d of %d lines were known by their shape: the test says little", known, rounds)
	}
}

// crossed is line with a piece of other in the place of one of its own.
func crossed(rnd *rand.Rand, line, other []byte) []byte {
	piece := func(of []byte) (from, to uint32) {
		tape, err := jsonscan.NewScanner(nil).Scan(nil, of)
		if err != nil {
			return 0, uint32(len(of))
		}
		t := &tape[rnd.IntN(len(tape))]
		if t.KeyLen > 0 && rnd.IntN(2) == 0 {
			return t.KeyStart, t.End
		}
		return t.Start, t.End
	}
	from, to := piece(line)
	begin, end := piece(other)
	return slices.Concat(line[:from], other[begin:end], line[to:])
}

func FuzzShapes(f *testing.F) {
	for i, line := range shapeLines {
		f.Add([]byte(line), []byte(shapeLines[(i+1)%len(shapeLines)]))
		f.Add([]byte(line), bytes.ReplaceAll([]byte(line), []byte("open"), []byte("close")))
	}
	r := shapeRegistry(f, shapeSchemas...)
	f.Fuzz(func(t *testing.T, first, then []byte) {
		if bytes.ContainsAny(first, "\n") || bytes.ContainsAny(then, "\n") {
			return
		}
		warm := shapeChecker(t, r, Rules{})
		var a Arena
		alike(t, warm, shapeChecker(t, r, Rules{}), &a, first)
		alike(t, warm, shapeChecker(t, r, Rules{}), &a, then)
	})
}

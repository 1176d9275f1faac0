package schema

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/jsonscan"
)

const strictSchema = `{"$id": "https://example.org/strict", "version": "1", "type": "object", "additionalProperties": false,
 "required": ["action"], "properties": {"action": {"enum": ["go", "stop"], "categories": ["unrestricted"]}, "user": {"type": "string"}}}`

const openSchema = `{"$id": "https://example.org/open", "version": 2, "type": "object",
 "properties": {"a": {"type": "string"}, "schema": {"type": "string"}, "version": {"type": "integer"}, "taskName": {"type": "string"}, "__own__": {"type": "integer"}}}`

// load makes a registry of the given schema texts.
func load(t testing.TB, texts ...string) *Registry {
	t.Helper()
	dir := t.TempDir()
	for i, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, string(rune('a'+i))+".json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Load(Config{Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func checkLine(t testing.TB, r *Registry, rules Rules, line string) (Event, *Fault) {
	t.Helper()
	if rules.Source == nil {
		rules.Source = &inputs.Source{Input: "test"}
	}
	c, err := r.Checker(rules)
	if err != nil {
		t.Fatal(err)
	}
	var e Event
	fault := c.Check(&inputs.Line{Raw: []byte(line), At: checkpoint.Position{Stream: 7, Offset: 11}, End: 99}, &Arena{}, &e)
	return e, fault
}

// off lists the top-level members that were taken off.
func off(e *Event) string {
	var names []string
	for i := uint32(1); i < e.tape[0].Next; i = e.tape[i].Next {
		if t := &e.tape[i]; t.Flags&jsonscan.Off != 0 {
			names = append(names, strings.Trim(string(t.Key(e.raw)), `"`))
		}
	}
	return strings.Join(names, " ")
}

func TestEnvelopeForms(t *testing.T) {
	r := load(t, strictSchema, openSchema)
	const strict = `"__schema__": "https://example.org/strict", `
	for _, c := range []struct {
		name  string
		rules Rules
		line  string
		want  string // the members taken off, or the fault
	}{
		{"jupyter_events 0.12", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46.357294+00:00Z", ` + strict + `"__schema_version__": "1", "__metadata_version__": 1, "action": "go"}`, "__timestamp__ __schema__ __schema_version__ __metadata_version__"},
		{"version as number", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", ` + strict + `"__schema_version__": 1, "action": "go"}`, "__timestamp__ __schema__ __schema_version__"},
		{"taskName null", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", ` + strict + `"__schema_version__": 1, "action": "go", "taskName": null}`, "__timestamp__ __schema__ __schema_version__ taskName"},
		{"taskName Task-12", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", ` + strict + `"__schema_version__": 1, "action": "go", "taskName": "Task-12"}`, "__timestamp__ __schema__ __schema_version__ taskName"},
		{"taskName of somebody", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", ` + strict + `"__schema_version__": 1, "action": "go", "taskName": "Task-x"}`, "invalid additionalProperties"},
		{"taskName declared", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", "__schema__": "https://example.org/open", "__schema_version__": "2", "taskName": "Task-1"}`, "__timestamp__ __schema__ __schema_version__"},
		{"forged reserved members", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", ` + strict + `"__schema_version__": 1, "action": "go", "__trusted__": true, "\u005f_event_id__": 1, "____": 2}`, `__timestamp__ __schema__ __schema_version__ __trusted__ \u005f_event_id__ ____`},
		{"not quite reserved", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", "__schema__": "https://example.org/open", "__schema_version__": 2, "__a": 1, "a__": "", "___": 2}`, "__timestamp__ __schema__ __schema_version__"},
		{"escaped id and names", Rules{}, `{"__timest\u0061mp__": "2026-11-22T14:20:46\u005a", "__schema__": "https:\/\/example.org\/strict", "__schema_version__": "\u0031", "action": "go"}`, `__timest\u0061mp__ __schema__ __schema_version__`},
		{"no schema", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", "action": "go"}`, "missing_schema"},
		{"null schema", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", "__schema__": null, "__schema_version__": 1, "action": "go"}`, "missing_schema"},
		{"no version", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", ` + strict + `"action": "go"}`, "missing_version"},
		{"no time", Rules{}, `{` + strict + `"__schema_version__": 1, "action": "go"}`, "missing_timestamp"},
		{"forged time", Rules{}, `{"__timestamp__": "yesterday", ` + strict + `"__schema_version__": 1, "action": "go"}`, "bad_timestamp"},
		{"time as number", Rules{}, `{"__timestamp__": 1, ` + strict + `"__schema_version__": 1, "action": "go"}`, "bad_timestamp"},
		{"unknown version", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", ` + strict + `"__schema_version__": "7", "action": "go"}`, "unknown_schema"},
		{"version 1.0 is not 1", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", ` + strict + `"__schema_version__": 1.0, "action": "go"}`, "bad_envelope"},
		{"schema as object", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", "__schema__": {}, "__schema_version__": "7", "action": "go"}`, "bad_envelope"},
		{"path as schema", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", "__schema__": "../../etc/passwd", "__schema_version__": "7"}`, "unknown_schema"},
		{"invalid", Rules{}, `{"__timestamp__": "2026-11-22T14:20:46Z", ` + strict + `"__schema_version__": 1, "action": "no"}`, "invalid enum /action"},
		{"two lines in one", Rules{}, `{}{}`, "not_json"},
		{"array", Rules{}, `[]`, "not_object"},
		{"twice", Rules{}, `{"a": 1, "\u0061": 2}`, "duplicate_member"},
		{"not UTF-8", Rules{}, "{\"a\": \"\xff\"}", "invalid_utf8"},
		{"deep", Rules{}, strings.Repeat("[", 200), "too_deep"},
		{"large", Rules{}, `{"a": 1e5000000}`, "number_too_large"},
		{"pinned to another", Rules{Schemas: []string{"https://example.org/o*"}}, `{"__timestamp__": "2026-11-22T14:20:46Z", ` + strict + `"__schema_version__": 1, "action": "go"}`, "schema_not_allowed"},
		{"pinned to it", Rules{Schemas: []string{"https://other/*", "*/strict"}}, `{"__timestamp__": "2026-11-22T14:20:46Z", ` + strict + `"__schema_version__": 1, "action": "go"}`, "__timestamp__ __schema__ __schema_version__"},
		{"binderhub", Rules{Envelope: BinderHub}, `{"timestamp": "2026-11-22T14:20:46.1Z", "schema": "https://example.org/strict", "version": 1, "action": "go"}`, "timestamp schema version"},
		{"binderhub, declared members", Rules{Envelope: BinderHub}, `{"timestamp": "2026-11-22T14:20:46Z", "schema": "https://example.org/open", "version": 2, "__x__": 1}`, "timestamp __x__"},
		{"binderhub without time", Rules{Envelope: BinderHub}, `{"schema": "https://example.org/open", "version": 2}`, ""},
		{"none", Rules{Envelope: None, Schema: "https://example.org/strict"}, `{"action": "go", "__schema__": "https://example.org/open"}`, "__schema__"},
		{"none, declared reserved", Rules{Envelope: None, Schema: "https://example.org/open", Version: "2"}, `{"__own__": 1, "__x__": 1}`, "__x__"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, fault := checkLine(t, r, c.rules, c.line)
			got := ""
			if fault != nil {
				got = strings.TrimSpace(strings.Join(strings.Fields(string(fault.Reason)+" "+fault.Keyword+" "+fault.Pointer), " "))
			} else {
				got = off(&e)
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestEventSaysWhereItIsFrom(t *testing.T) {
	r := load(t, strictSchema)
	e, fault := checkLine(t, r, Rules{}, `{"__timestamp__": "2024-02-29T10:00:00+02:00Z", "__schema__": "https://example.org/strict", "__schema_version__": "1", "action": "go"}`)
	if fault != nil {
		t.Fatal(fault)
	}
	if e.At() != (checkpoint.Position{Stream: 7, Offset: 11}) || string(e.Stamp()) != "2024-02-29T08:00:00.000000Z" || e.Source().Input != "test" || e.Schema().Version() != "1" {
		t.Errorf("%+v", e)
	}
	e, fault = checkLine(t, r, Rules{Envelope: None, Schema: "https://example.org/strict"}, `{"action": "go"}`)
	if fault != nil || e.Stamp() != nil {
		t.Errorf("a line without time: %v %s", fault, e.Stamp())
	}
}

func TestTooLongIsAFault(t *testing.T) {
	r := load(t, strictSchema)
	c, err := r.Checker(Rules{})
	if err != nil {
		t.Fatal(err)
	}
	if f := c.Check(&inputs.Line{Raw: []byte(`{`), Long: &inputs.Long{Length: 1 << 30}}, &Arena{}, &Event{}); f == nil || f.Reason != TooLong {
		t.Errorf("got %v", f)
	}
}

func TestCheckerRefuses(t *testing.T) {
	r := load(t, strictSchema, strings.Replace(openSchema, `"version": 2`, `"version": 3`, 1), openSchema)
	for _, c := range []struct {
		rules Rules
		want  string
	}{
		{Rules{Envelope: None}, "needs it"},
		{Rules{Envelope: None, Schema: "https://example.org/nope"}, "not known"},
		{Rules{Envelope: None, Schema: "https://example.org/open"}, "several versions"},
		{Rules{Envelope: None, Schema: "https://example.org/open", Version: "9"}, "no version"},
		{Rules{Schema: "https://example.org/open"}, "only for envelope"},
		{Rules{Envelope: "python"}, "no form of envelope"},
		{Rules{Envelope: Agent}, "trusted = true"},
		{Rules{Envelope: Agent, Source: &inputs.Source{}}, "trusted = true"},
	} {
		if _, err := r.Checker(c.rules); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.rules, err, c.want)
		}
	}
}

func TestMatchID(t *testing.T) {
	for _, c := range []struct {
		pattern, id string
		want        bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"*", "", true}, {"*", "x/y", true}, {"a*", "a", true}, {"a*b", "ab", true}, {"a*b", "aab/b", true},
		{"a*b", "ba", false}, {"a*a", "a", false}, {"*b*", "abc", true}, {"*b*d*", "abcd", true}, {"*d*b*", "abcd", false}, {"", "", true}, {"", "a", false}, {"a**c", "abc", true},
	} {
		if got := MatchID(c.pattern, c.id); got != c.want {
			t.Errorf("%q against %q: %v", c.pattern, c.id, got)
		}
	}
}

func TestCheckDoesNotAllocate(t *testing.T) {
	r := load(t, strictSchema)
	c, err := r.Checker(Rules{Source: &inputs.Source{}})
	if err != nil {
		t.Fatal(err)
	}
	line := &inputs.Line{Raw: []byte(`{"__timestamp__": "2026-11-22T14:20:46.357294+00:00Z", "__schema__": "https://example.org/strict", "__schema_version__": "1", "__metadata_version__": 1, "action": "go"}`)}
	var a Arena
	var e Event
	if got := testing.AllocsPerRun(100, func() {
		a.Reset()
		if f := c.Check(line, &a, &e); f != nil {
			t.Fatal(f)
		}
	}); got > 0 {
		t.Errorf("%v allocations an event", got)
	}
}

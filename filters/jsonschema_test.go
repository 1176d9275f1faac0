package filters_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// derived compiles the schema of what a filter lets out, by another's
// validator, and fails where that is no JSON Schema.
func derived(t *testing.T, f *filters.Filter, in filters.Intake) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(f.JSONSchema(in, nil))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft7
	if err := c.AddResource("derived.json", bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("derived.json")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

func valid(t *testing.T, s *jsonschema.Schema, record string) error {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(record))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err, record)
	}
	return s.Validate(v)
}

// TestDerivedSchema: every record is valid against the schema that is derived
// of its output, and one that holds what the output never gets is not.
func TestDerivedSchema(t *testing.T) {
	var last *filters.Filter
	var s *jsonschema.Schema
	refused, records := 0, 0
	each(t, 4, 150, func(t *testing.T, g *generator, r *reference, f *filters.Filter, l *lines, members string) {
		if f != last {
			last, s = f, derived(t, f, filters.Intake{})
		}
		got, taken := record(t, f, l, line(members))
		if !taken {
			return
		}
		if err := valid(t, s, got); err != nil {
			t.Errorf("%v\nrecord %s", err, got)
		}
		if records++; valid(t, s, got[:len(got)-1]+`,"never":1}`) != nil {
			refused++
		}
	})
	if refused != records {
		t.Errorf("only %d of %d records with a member more were refused", refused, records)
	}
}

// TestDerivedSchemaOfMetadata: in every form of the agent's own members.
func TestDerivedSchemaOfMetadata(t *testing.T) {
	known := registry(t, "e.json", `{"$id": "https://x.test/e", "version": "1", "title": "An event", "type": "object", "required": ["a", "no"], "properties": {
		"a": {"categories": ["unrestricted"], "enum": ["b", "c", 1]}, "no": {"categories": ["health"], "type": "integer"}, "null": {"type": ["null", "boolean"], "categories": []},
		"tree": {"$ref": "#/definitions/tree"}, "__schema__": {"categories": ["unrestricted"]}},
		"definitions": {"tree": {"categories": ["unrestricted"], "type": "object", "properties": {"below": {"type": "array", "items": {"$ref": "#/definitions/tree"}}, "x": {"type": "number"}}}}}`)
	event := `{"__schema__":"https://x.test/e","__schema_version__":"1","__timestamp__":"2026-11-22T14:20:46.000000Z","a":"b","no":1,"tree":{"below":[{"x":1.50},{"below":[]}]}}`
	for name, c := range map[string]struct {
		policy filters.Policy
		intake filters.Intake
		rules  schema.Rules
		line   string
		file   string   // with path_fields
		wrong  []string // "old=>new" changes of a record that make it invalid
	}{
		"default": {wrong: []string{`"a":"b"=>"a":"d"`, `,"a":"b"=>`, `1.50=>"1.50"`, `"__redacted__":["health"]=>"__redacted__":[]`, `46.000000Z=>46Z`, `{"x"=>{"no":1,"x"`}},
		"null":    {policy: filters.Policy{Denied: "null"}, wrong: []string{`"no":null=>"no":1`, `,"no":null=>`}},
		"policy, source": {policy: filters.Policy{Metadata: []string{"policy", "source"}},
			wrong: []string{`"output":"o"=>"output":"p"`, `"trusted":true=>"trusted":1`}},
		"apart":      {policy: filters.Policy{Apart: true}, wrong: []string{`}]}}=>}]},"__event_id__":"00"}`}},
		"everything": {policy: filters.Policy{Categories: []string{"*"}}, line: strings.Replace(event, `"no"`, `"more":[{"y":1}],"no"`, 1), wrong: []string{`"a":"b"=>"a":"d"`}},
		"inherit":    {policy: filters.Policy{Undeclared: "inherit"}, line: strings.Replace(event, `"x"`, `"y":{"z":[]},"x"`, 1), wrong: []string{`"a":"b"=>"more":1,"a":"b"`}},
		"path":       {file: "/home/ada/maths.log", wrong: []string{`{"team":"maths"=>{"username":"ada","team":"maths"`, `"team":"maths"=>"team":1`}},
		"path, null": {policy: filters.Policy{Denied: "null"}, file: "/home/ada/maths.log", wrong: []string{`"username":null=>"username":"ada"`}},
		"untimed": {intake: filters.Intake{Untimed: true}, rules: schema.Rules{Envelope: schema.None, Schema: "https://x.test/e"}, line: `{"a":"b","no":1}`,
			wrong: []string{`"a":"b"=>"a":2`}},
	} {
		t.Run(name, func(t *testing.T) {
			c.policy.Output = "o"
			if c.policy.Categories == nil {
				c.policy.Categories = []string{}
			}
			if c.rules.Envelope != "" {
				c.rules.Source = &inputs.Source{Input: "hub", Trusted: true}
			}
			if c.line == "" {
				c.line = event
			}
			source := &inputs.Source{Input: "hub", Trusted: true}
			if c.file != "" {
				source.Pattern, _ = inputs.NewPathPattern("/home/{username}/{team}.log", map[string][]string{"username": {"user-identifier"}, "team": {"unrestricted"}})
				c.policy.Sources = []*inputs.Source{source}
			}
			f := compile(t, c.policy, known)
			s := derived(t, f, c.intake)
			l := newLines(t, known, c.rules)
			l.from = source.At(c.file)
			got, _ := record(t, f, l, c.line)
			if err := valid(t, s, got); err != nil {
				t.Errorf("%v\n%s", err, got)
			}
			for _, change := range c.wrong {
				from, to, _ := strings.Cut(change, "=>")
				other := strings.Replace(got, from, to, 1)
				if other == got {
					t.Fatalf("%s: changes nothing in %s", change, got)
				}
				if valid(t, s, other) == nil {
					t.Errorf("%s: is valid still: %s", change, other)
				}
			}
		})
	}
}

// TestDerivedSchemaOfUpstream: what another agent has withheld may be absent,
// null or masked, and it has withheld what its records say.
func TestDerivedSchemaOfUpstream(t *testing.T) {
	known := registry(t, "e.json", `{"$id": "https://x.test/e", "version": "1", "type": "object", "required": ["a"], "properties": {"a": {"categories": ["unrestricted"], "enum": ["b"]}}}`)
	s := derived(t, compile(t, filters.Policy{Output: "o"}, known), filters.Intake{Upstream: true})
	for _, c := range []struct {
		members string
		ok      bool
	}{
		{`"a":"b"`, true}, {`"a":null`, true}, {`"a":"***"`, true}, {`"more":1`, false},
	} {
		record := `{` + envelope + `,` + c.members + `,"__event_id__":"0123456789abcdef0123456789abcdef","__categories__":[],"__redacted__":["health"]}`
		if err := valid(t, s, record); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.members, err)
		}
	}
}

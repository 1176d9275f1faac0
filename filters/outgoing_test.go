package filters_test

import (
	"fmt"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
)

// TestOutgoing: what goes out is listed by the path of its names, and nothing
// of what stays, whose names the schema alone would tell.
func TestOutgoing(t *testing.T) {
	r := registry(t, "a.json", `{"$id": "https://x.test/a", "version": "1", "type": "object", "properties": {
		"s": {"categories": ["unrestricted"], "type": ["string", "null"]},
		"n": {"categories": ["unrestricted"], "type": "integer"},
		"any": {"categories": ["unrestricted"]},
		"secret": {"categories": ["user-identifier"], "type": "object", "properties": {"inner": {"categories": ["unrestricted"], "type": "string"}}},
		"list": {"categories": ["unrestricted"], "type": "array", "items": {"type": "object", "properties": {
			"open": {"categories": ["unrestricted"], "type": "boolean"}, "shut": {"categories": ["user-identifier"], "type": "string"}}}},
		"free": {"categories": ["unrestricted"], "type": "array"},
		"hollow": {"categories": ["unrestricted"], "type": "array", "items": {"categories": ["user-identifier"], "type": "string"}},
		"named": {"categories": ["unrestricted"], "type": "object", "patternProperties": {"^x": {"type": "string"}}, "additionalProperties": {"type": "string"}},
		"tree": {"categories": ["unrestricted"], "$ref": "#/definitions/tree"}
	}, "definitions": {"tree": {"type": "object", "categories": ["unrestricted"], "properties": {
		"leaf": {"type": "number"}, "left": {"$ref": "#/definitions/tree"}, "rings": {"type": "boolean"}}}}}`,
		"b.json", `{"$id": "https://x.test/b", "version": "1", "type": "object", "properties": {
		"s": {"categories": ["unrestricted"], "type": "integer"}}}`,
		"c.json", `{"$id": "https://x.test/c", "version": "1", "type": "object", "properties": {
		"path": {"categories": ["user-identifier"]}, "at": {"categories": ["location"], "type": "string"}}}`)
	for _, c := range []struct {
		policy filters.Policy
		want   string
	}{
		{filters.Policy{Schemas: []string{"https://x.test/a", "https://x.test/b"}}, `any null boolean integer number string array object
any null boolean integer number string array object
free array
free null boolean integer number string array object
hollow array
list array
list object
list.open boolean
n integer
named object
s null string
tree object
tree.leaf integer number
tree.left object
tree.left.leaf integer number
tree.left.rings boolean
tree.rings boolean
s integer
`},
		{filters.Policy{Schemas: []string{"https://x.test/b"}}, "s integer\n"},
		{filters.Policy{Schemas: []string{"https://x.test/a"}, Properties: map[string][]string{"https://x.test/a": {"secret"}}, Match: "any"}, "secret object\nsecret.inner string\n"},
		{filters.Policy{Schemas: []string{"https://x.test/a"}, Actions: map[string]filters.Action{"user-identifier": {Action: "mask"}}, Denied: "null"},
			"any null boolean integer number string array object\nany null boolean integer number string array object\nfree array\nfree null boolean integer number string array object\nhollow array\nlist array\nlist object\nlist.open boolean\nlist.shut string\nn integer\nnamed object\ns null string\ntree object\ntree.leaf integer number\ntree.left object\ntree.left.leaf integer number\ntree.left.rings boolean\ntree.rings boolean\n"},
		{filters.Policy{Schemas: []string{"https://x.test/c"}, Actions: map[string]filters.Action{"user-identifier": {Action: "truncate", To: "path"}, "location": {Action: "truncate"}}},
			"at string\npath object\npath.depth integer\npath.ext string\n"},
	} {
		var got strings.Builder
		for _, o := range compile(t, c.policy, r).Outgoing() {
			line := fmt.Sprintln(strings.Join(o.Path, "."), strings.Join(o.Types, " "))
			if c.policy.Properties == nil || strings.HasPrefix(line, "secret") {
				got.WriteString(line)
			}
		}
		if got.String() != c.want {
			t.Errorf("%+v:\n%swant\n%s", c.policy, got.String(), c.want)
		}
	}
}

// TestOutgoingOfPaths: the fields of paths that go out, no others.
func TestOutgoingOfPaths(t *testing.T) {
	pattern, errs := inputs.NewPathPattern("/home/{username}/{team}.log", map[string][]string{"username": {"user-identifier"}, "team": {"unrestricted"}})
	if errs != nil {
		t.Fatal(errs)
	}
	r := registry(t, "a.json", `{"$id": "https://x.test/a", "version": "1", "type": "object"}`)
	got := compile(t, filters.Policy{Sources: []*inputs.Source{{Pattern: pattern}}}, r).Outgoing()
	if want := "[{[__path__] [object]} {[__path__ team] [string]}]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	got = compile(t, filters.Policy{Sources: []*inputs.Source{{Pattern: pattern}}, Actions: map[string]filters.Action{"user-identifier": {Action: "truncate", To: "path"}}}, r).Outgoing()
	if want := "[{[__path__] [object]} {[__path__ username] [object]} {[__path__ username depth] [integer]} {[__path__ username ext] [string]} {[__path__ team] [string]}]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if got := compile(t, filters.Policy{TrustedOnly: true, Sources: []*inputs.Source{{Pattern: pattern}}}, r).Outgoing(); got != nil {
		t.Errorf("of an input that is not trusted: %v", got)
	}
}

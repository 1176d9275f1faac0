package filters_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// TestThousandOutputs compiles 1,000 outputs over 1,000 schemas: plans are
// made only for what an output takes, and equal plans are one.
func TestThousandOutputs(t *testing.T) {
	var files []string
	for i := range rounds(1000) {
		files = append(files, fmt.Sprintf("s%d.json", i), strings.Replace(contents, "contents_service/v1", fmt.Sprintf("s%d", i), 1))
	}
	r := registry(t, files...)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	outputs := rounds(1000)
	alone := time.Hour // what one output takes that shares nothing
	for i := range 5 {
		begin := time.Now()
		if _, _, err := filters.Compile(filters.Policy{Output: fmt.Sprintf("alone%d", i), Categories: []string{"unrestricted", "location"}}, r); err != nil {
			t.Fatal(err)
		}
		alone = min(alone, time.Since(begin))
	}
	begin := time.Now()
	c := filters.NewCompiler(r)
	kept := make([]*filters.Filter, 0, 2000)
	for i := range outputs {
		all := filters.Policy{Output: fmt.Sprintf("all%d", i), Categories: []string{"unrestricted", []string{"user-identifiable-information", "location"}[i%2]}}
		one := filters.Policy{Output: fmt.Sprintf("one%d", i), Schemas: []string{fmt.Sprintf("https://events.jupyter.org/jupyter_server/s%d", i)}}
		for _, p := range []filters.Policy{all, one} {
			f, _, err := c.Compile(p)
			if err != nil {
				t.Fatal(err)
			}
			kept = append(kept, f)
		}
		if f := kept[len(kept)-1]; i > 0 && (f.Takes(r.Schemas()[0]) == f.Takes(r.Find(one.Schemas[0], "1")) && r.Schemas()[0].ID() != one.Schemas[0]) {
			t.Fatalf("%s takes the wrong schemas", one.Output)
		}
	}
	took := time.Since(begin)
	runtime.GC()
	runtime.ReadMemStats(&after)
	grown := (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / 1e6 // of other tests something may have gone
	each := took / time.Duration(len(kept))
	t.Logf("%d outputs: %v, %.1f MB; each %v, one alone %v", len(kept), took, grown, each, alone)
	if grown > 40 || each > alone/2 && !raced && !testing.Short() { // a tenth of the schemas is too little to share
		t.Errorf("%d outputs took %v and %.1f MB: %v each, and one alone takes %v", len(kept), took, grown, each, alone)
	}
	runtime.KeepAlive(kept)
}

func TestTakes(t *testing.T) {
	r := registry(t, "contents.json", contents)
	s := r.Schemas()[0]
	if !compile(t, filters.Policy{}, r).Takes(s) {
		t.Error("a policy without schemas takes every schema")
	}
	if compile(t, filters.Policy{Schemas: []string{"https://nobody/*"}}, r).Takes(s) {
		t.Error("takes a schema that it does not name")
	}
}

// TestPolicyHash: the hash of __policy__ follows what goes out, not how it is said.
func TestPolicyHash(t *testing.T) {
	r := registry(t, "contents.json", contents)
	l := newLines(t, r, schema.Rules{})
	hash := func(p filters.Policy) string {
		p.Output, p.Metadata = "o", []string{"policy"}
		l.offset = 0
		got, _ := record(t, compile(t, p, r), l, contentsLine)
		_, after, ok := strings.Cut(got, `"__policy__":{"output":"o","hash":"`)
		if !ok {
			t.Fatal(got)
		}
		return after
	}
	plain := hash(filters.Policy{})
	if plain != hash(filters.Policy{Categories: []string{"unrestricted", "unrestricted"}, Match: "all", Denied: "drop", Undeclared: "deny"}) {
		t.Error("the same policy in other words has another hash")
	}
	for _, p := range []filters.Policy{
		{Categories: []string{"user-identifiable-information"}}, {Denied: "null"}, {Undeclared: "inherit"}, {TrustedOnly: true},
		{Properties: map[string][]string{"https://events.jupyter.org/jupyter_server/contents_service/v1": {"path"}}},
	} {
		if hash(p) == plain {
			t.Errorf("%+v has the hash of another policy", p)
		}
	}
}

// TestNoWordOfAnAliasIsProposed: it may be the slip itself.
func TestNoWordOfAnAliasIsProposed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(file, []byte(`{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {"who": {"categories": ["PII"]}, "sick": {"categories": ["health"]}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := schema.Load(schema.Config{Paths: []string{file}, Aliases: map[string]string{"PII": "user-identifyer"}})
	if err != nil {
		t.Fatal(err)
	}
	_, warnings, err := filters.Compile(filters.Policy{Output: "o", Categories: []string{"healt", "user-identifyer"}, DropEvents: []string{"user-identifier"}}, r)
	if want := []string{`policy.categories: no schema has "healt" (did you mean "health"?)`, `policy.drop_events_with: no schema has "user-identifier"`}; err != nil || !slices.Equal(warnings, want) {
		t.Errorf("%q, %v; want %q", warnings, err, want)
	}
}

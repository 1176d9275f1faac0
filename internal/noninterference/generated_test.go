package noninterference

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/generate"
	"jupyter-events-agent/internal/tokens"
	"jupyter-events-agent/schema"
)

var (
	pairs = flag.Int("pairs", 3000, "pairs of TestGenerated")
	seed  = flag.Uint64("seed", 0, "of TestGenerated; 0: fixed ones")
)

var (
	categories = []string{"unrestricted", "user-identifier", "location", "health", "level:secret", "level:unclassified"}
	ladder     = []string{"unclassified", "confidential", "secret", "top_secret"}
)

// labels puts categories anywhere into a schema.
func labels(rng *rand.Rand, v any, top bool) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			switch key {
			case "enum", "const", "required", "type":
			case "properties", "patternProperties", "definitions", "dependencies", "dependentSchemas":
				if of, ok := v[key].(map[string]any); ok {
					for _, name := range slices.Sorted(maps.Keys(of)) {
						labels(rng, of[name], false)
					}
				}
			default:
				labels(rng, v[key], false)
			}
		}
		if !top && rng.IntN(4) > 0 || top && rng.IntN(8) == 0 {
			list := []any{}
			for range rng.IntN(3) {
				list = append(list, pick(rng, categories...))
			}
			v["categories"] = list
		}
	case []any:
		for _, one := range v {
			labels(rng, one, false)
		}
	}
}

// generated is a configuration of generated schemas.
func generated(t testing.TB, folder string, rng *rand.Rand) (*Config, bool) {
	t.Helper()
	m := &generate.Maker{Rand: rng, Foreign: rng.IntN(6) == 0}
	dir := filepath.Join(folder, "schemas")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for i := range 3 {
		root := map[string]any{} // the first has nothing that keeps events from being valid
		if i > 0 {
			root = m.Document(3)
		}
		root["$id"], root["version"], root["type"] = fmt.Sprintf("https://x.test/e%d", i), "1", "object"
		properties, _ := root["properties"].(map[string]any)
		if properties == nil {
			properties = map[string]any{}
			root["properties"] = properties
		}
		properties["action"] = map[string]any{"enum": []any{"start", "stop"}, "categories": []any{"unrestricted"}}
		for _, name := range []string{"o", "l", "s", "t"} {
			if i == 0 || rng.IntN(2) == 0 {
				properties[name] = structured(m, rng, name)
			}
		}
		labels(rng, root, true)
		properties["action"].(map[string]any)["categories"] = []any{"unrestricted"} //nolint:forcetypeassert // made above
		text, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".json")), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	registry, err := schema.Load(schema.Config{Paths: []string{dir}, Derived: true})
	if err != nil {
		return nil, false // references that lead in a circle
	}
	source := &inputs.Source{Input: "hub", Trusted: rng.IntN(4) > 0}
	if rng.IntN(3) == 0 {
		source.Pattern, _ = inputs.NewPathPattern("/home/{username}/{team}.log", map[string][]string{"username": {pick(rng, categories...)}, "team": {pick(rng, categories...)}})
	}
	rules := schema.Rules{Source: source, Envelope: pick(rng, schema.Jupyter, schema.Jupyter, schema.Jupyter, schema.BinderHub, schema.None, schema.Agent)}
	switch rules.Envelope {
	case schema.None:
		rules.Schema = "https://x.test/e0"
	case schema.Agent:
		source.Trusted, source.Pattern = true, nil
	}
	checker, err := registry.Checker(rules)
	if err != nil {
		t.Fatal(err)
	}
	return &Config{Registry: registry, Inputs: []Input{{Name: "hub", Rules: rules, Checker: checker}}, Seed: rng.Uint64(), Folder: folder}, true
}

// structured is a schema of an object, a list, a text or a tuple.
func structured(m *generate.Maker, rng *rand.Rand, name string) map[string]any {
	deeper := func() any {
		if rng.IntN(2) == 0 {
			return map[string]any{"type": "string"}
		}
		return structured(m, rng, pick(rng, "o", "l", "s"))
	}
	switch name {
	case "o":
		o := map[string]any{"type": "object", "properties": map[string]any{"a": deeper(), "b": deeper(), "c": map[string]any{}}}
		if rng.IntN(2) == 0 {
			o["additionalProperties"] = map[string]any{"type": pick(rng, "string", "integer")}
		}
		if rng.IntN(3) == 0 {
			o["patternProperties"] = map[string]any{"^p_": map[string]any{}}
		}
		if rng.IntN(3) == 0 {
			o["oneOf"] = []any{map[string]any{"required": []any{"a"}}, map[string]any{"properties": map[string]any{"d": map[string]any{"type": "integer"}}, "required": []any{"d"}}}
		}
		return o
	case "l":
		return map[string]any{"type": "array", "items": deeper()}
	case "t":
		return map[string]any{"type": "array", "items": []any{deeper(), map[string]any{"type": "number"}}}
	}
	return map[string]any{"type": []any{"string", "null", "number"}}
}

// policy is any policy.
func policy(rng *rand.Rand) filters.Policy {
	one := func(in int) bool { return rng.IntN(in) == 0 }
	if one(25) {
		return filters.Policy{Categories: []string{"*"}}
	}
	p := filters.Policy{Categories: []string{}, Match: pick(rng, "", "all", "any"), Denied: pick(rng, "", "drop", "null"), Undeclared: pick(rng, "", "deny", "inherit"), Time: pick(rng, "", "exact", "minute", "hour", "day")}
	for range rng.IntN(4) {
		p.Categories = append(p.Categories, pick(rng, categories...))
	}
	if one(4) {
		p.MaxLevel = pick(rng, ladder...)
	}
	if one(6) {
		p.DropEvents = []string{pick(rng, categories[1:]...)}
	}
	if one(8) && p.Undeclared != "inherit" {
		p.Never = [][]string{{"health", "location"}}
	}
	p.Actions = map[string]filters.Action{}
	for _, c := range categories[1:4] {
		if one(4) && !slices.Contains(p.Categories, c) {
			p.Actions[c] = filters.Action{Action: pick(rng, "drop", "null", "mask", "pseudonymize", "truncate", "tokenize")}
		}
	}
	p.Pseudonyms = &filters.Pseudonyms{Epoch: pick(rng, "", "month", "none"), Keys: []filters.PseudonymKey{{Since: -1 << 62}}}
	p.Tokens = tokens.Fresh().Scope
	if one(2) {
		p.Properties = map[string][]string{"https://x.test/e0": {pick(rng, "a", "b", "o", "l"), pick(rng, "s", "t", "c")}}
	}
	if one(3) {
		p.Metadata = [][]string{{}, {"id"}, {"id", "categories", "redacted", "policy", "source"}}[rng.IntN(3)]
	}
	p.TrustedOnly = one(10)
	return p
}

// TestGenerated is the promise on generated schemas, policies and events. make
// noninterference runs it with ten million pairs.
func TestGenerated(t *testing.T) {
	began := time.Now()
	var mu sync.Mutex
	done, worlds, untested, places := 0, 0, 0, 0
	number := *seed << 32
	next := func() (uint64, bool) {
		mu.Lock()
		defer mu.Unlock()
		number++
		return number, done < *pairs && !t.Failed()
	}
	var working sync.WaitGroup
	for worker := range 2 {
		folder := filepath.Join(t.TempDir(), fmt.Sprint(worker))
		working.Go(func() {
			for {
				n, more := next()
				if !more {
					return
				}
				got := world(t, n, folder)
				mu.Lock()
				for _, o := range got {
					done, places, untested = done+o.Pairs, places+len(o.Places), untested+len(o.Untested)
				}
				worlds++
				mu.Unlock()
			}
		})
	}
	working.Wait()
	took := time.Since(began)
	t.Logf("%d pairs in %v, %.0f a second; %d sets of schemas, %d denied places varied, %d schemas without a valid event", done, took.Round(time.Second), float64(done)/took.Seconds(), worlds, places, untested)
	if worlds > 20 && (places < 10*worlds || done == 0) {
		t.Error("too little was varied")
	}
}

// world is one set of schemas with some outputs; its number says all of it.
func world(t *testing.T, n uint64, folder string) []OutputReport {
	t.Helper()
	rng := rand.New(rand.NewPCG(n, 77))
	c, ok := generated(t, folder, rng)
	if !ok {
		return nil
	}
	c.Pairs = 250
	if *pairs > 50_000 {
		c.Pairs = 2000
	}
	for _, kind := range []string{"file", "kafka", "elasticsearch", "loki"} {
		for range 10 {
			p := policy(rng)
			out := output(kind, p, destination(kind, pick(rng, "", "{action|none}", "{o/a|none}-{s|none}")))
			out.Policy.Sources = []*inputs.Source{c.Inputs[0].Rules.Source}
			if _, _, err := filters.Compile(out.Policy, c.Registry); err == nil {
				c.Outputs = append(c.Outputs, out)
				break
			}
		}
	}
	report, err := Run(t.Context(), *c)
	if err != nil {
		t.Errorf("number %d: %v", n, err)
		return nil
	}
	for i, o := range report.Outputs {
		if len(o.Unsteady) > 0 {
			t.Logf("number %d, %s: differed once and not again: %q", n, o.Name, o.Unsteady)
		}
		if o.Difference != nil {
			t.Errorf("number %d, %s: %v\npolicy %+v", n, o.Name, o.Difference, c.Outputs[i].Policy)
		}
	}
	return report.Outputs
}

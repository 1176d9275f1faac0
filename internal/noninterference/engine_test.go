package noninterference

import (
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/all"
	"jupyter-events-agent/outputs/elasticsearch"
	"jupyter-events-agent/outputs/kafka"
	"jupyter-events-agent/outputs/loki"
	"jupyter-events-agent/pipeline"
	"jupyter-events-agent/schema"
)

// destination is an output of a kind, as a configuration may have it.
func destination(kind string, template string) outputs.Config {
	c := all.Kinds[kind]()
	switch c := c.(type) {
	case *kafka.Config:
		c.Topic = "events-{schema}"
		if template != "" {
			c.Key = template
		}
	case *elasticsearch.Config:
		c.Gzip = 1
	case *loki.Config:
		c.Labels = map[string]string{"job": "jupyter", "schema": "{schema}"}
		if template != "" {
			c.Labels["value"], c.AllowHighCardinality = template, true
		}
	}
	if movable, ok := c.(outputs.Movable); ok {
		return movable.At("127.0.0.1:1")
	}
	return c
}

func output(kind string, p filters.Policy, c outputs.Config) Output {
	p.Output, p.Apart, p.Templates = kind, c.Traits().Apart, c.Templates()
	return Output{Kind: kind, Name: kind, Policy: p, Config: c, Batch: pipeline.Batch{Events: 1000, Bytes: 5 << 20}}
}

// TestCatalog: no output of the catalog's schemas can tell pairs apart.
func TestCatalog(t *testing.T) {
	registry, err := schema.Load(schema.Config{Catalog: true})
	if err != nil {
		t.Fatal(err)
	}
	rules := schema.Rules{Source: &inputs.Source{Input: "hub", Trusted: true}}
	checker, err := registry.Checker(rules)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Registry: registry, Inputs: []Input{{Name: "hub", Rules: rules, Checker: checker}}, Pairs: 600, Seed: 1, Folder: t.TempDir()}
	for _, kind := range []string{"file", "kafka", "elasticsearch", "loki"} {
		for _, p := range []filters.Policy{
			{Categories: []string{"unrestricted"}},
			{Categories: []string{"user-identifier"}, Denied: "null", Time: "hour"},
			{Categories: []string{"*"}},
		} {
			c.Outputs = append(c.Outputs, output(kind, p, destination(kind, "")))
		}
	}
	began := time.Now()
	report, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	pairs := 0
	for _, o := range report.Outputs {
		pairs += o.Pairs
		if o.Difference != nil {
			t.Errorf("%s: %v", o.Name, o.Difference)
		}
		if len(o.Untested) > 0 {
			t.Errorf("%s: %v", o.Name, o.Untested)
		}
		t.Log(o.Name, o.Pairs, len(o.Schemas), len(o.Places))
	}
	t.Logf("%d pairs, %.0f a second", pairs, float64(pairs)/time.Since(began).Seconds())
}

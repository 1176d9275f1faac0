package kafka

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go/protocol"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/outputs"
	outputkafka "jupyter-events-agent/outputs/kafka"
	"jupyter-events-agent/schema"
)

// edge is an agent on a node: it knows whose log it is from the path alone, and
// writes to Kafka what its policy lets out.
func (s *standin) edge(registry *schema.Registry, topic string, policy filters.Policy, events ...[2]string) {
	s.t.Helper()
	pattern, errs := inputs.NewPathPattern("/home/{username}/events.log", map[string][]string{"username": {"user-identifier"}})
	if errs != nil {
		s.t.Fatal(errs)
	}
	source := &inputs.Source{Input: "homes", Trusted: true, Pattern: pattern}
	checker, err := registry.Checker(schema.Rules{Source: source})
	if err != nil {
		s.t.Fatal(err)
	}
	out := outputkafka.New().(*outputkafka.Config)
	out.Topic = topic
	policy.Output, policy.Apart, policy.Sources = "edge", out.Traits().Apart, []*inputs.Source{source}
	filter, _, err := filters.Compile(policy, registry)
	if err != nil {
		s.t.Fatal(err)
	}
	var records []protocol.Record
	for i, event := range events {
		var known schema.Arena
		var arena filters.Arena
		var e schema.Event
		known.From(source.At("/home/" + event[0] + "/events.log"))
		line := `{"__schema__": "https://x.test/e", "__schema_version__": "1", "__timestamp__": "2026-11-22T14:20:46Z", ` + event[1] + `}`
		if fault := checker.Check(&inputs.Line{Raw: []byte(line), At: checkpoint.Position{Stream: 1, Offset: int64(i) * 1000}, End: int64(i)*1000 + 999}, &known, &e); fault != nil {
			s.t.Fatal(fault)
		}
		made, taken := filter.Apply(&e, &arena)
		if !taken {
			s.t.Fatal("the edge does not take it")
		}
		var r protocol.Record
		for _, p := range out.Parts(&made) {
			value := slices.Clone(p.Value)
			if name, is := strings.CutPrefix(p.Name, "headers."); is {
				r.Headers = append(r.Headers, protocol.Header{Key: name, Value: value})
			} else if p.Name == outputs.Body {
				r.Value = protocol.NewBytes(value)
			}
		}
		records = append(records, r)
	}
	s.topic(topic, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.topics[topic][0]
	batches, err := split(encoded(s.t, l.end(), protocol.Snappy, records...), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	l.batches = append(l.batches, batches...)
	s.moved.Broadcast()
}

// TestConsentOfWhomAPathNames: of records that agents on nodes have written to
// Kafka, an aggregator asks those whom the path of the log names, as its input
// declares the field; where the edge has withheld or coded who it is nobody can be
// asked, and nothing goes out.
func TestConsentOfWhomAPathNames(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "e.json"), []byte(`{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {
		"n": {"type": "integer", "categories": ["unrestricted"]}, "with": {"type": "string", "categories": ["user-identifier"]}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	registry, err := schema.Load(schema.Config{Paths: []string{dir}, Derived: true})
	if err != nil {
		t.Fatal(err)
	}
	s := newStandin(t)
	s.edge(registry, "named", filters.Policy{Categories: []string{"user-identifier"}},
		[2]string{"ada", `"n": 1`}, [2]string{"bob", `"n": 2`}, [2]string{"ada", `"n": 3, "with": "eve"`}, [2]string{"ada", `"n": 4, "with": "bob"`}, [2]string{"eve", `"n": 5`}, [2]string{"nobody we know", `"n": 6`})
	s.edge(registry, "withheld", filters.Policy{Categories: []string{}}, [2]string{"ada", `"n": 7`})
	s.edge(registry, "coded", filters.Policy{Categories: []string{}, Actions: map[string]filters.Action{"user-identifier": {Action: "pseudonymize"}},
		Pseudonyms: &filters.Pseudonyms{Epoch: "none", Keys: []filters.PseudonymKey{{}}}}, [2]string{"ada", `"n": 8`})
	declared := &PathFields{map[string][]string{"username": {"user-identifier"}}}
	for name, c := range map[string]struct {
		fields  *PathFields
		without string
	}{
		"drop":     {declared, "drop"},
		"deliver":  {declared, "deliver"},
		"unstated": {nil, "deliver"}, // the category is one that the aggregator knows, so who it is may be there
	} {
		t.Run(name, func(t *testing.T) {
			config := s.config("named", "withheld", "coded")
			config.Group, config.PathFields = name, c.fields
			a := open(t, t.TempDir(), config, true)
			reader := a.consumer("research")
			reader.all()
			if len(reader.lines) != 8 {
				t.Fatalf("%d lines", len(reader.lines))
			}
			source := &inputs.Source{Input: "in", Trusted: true, Pattern: config.Pattern()}
			checker, err := registry.Checker(schema.Rules{Source: source, Envelope: schema.Agent})
			if err != nil {
				t.Fatal(err)
			}
			yes := []string{"ada", "eve"}
			filter, _, err := filters.Compile(filters.Policy{
				Output: "research", Categories: []string{"user-identifier"}, Metadata: []string{}, Sources: []*inputs.Source{source},
				Consent: &filters.Consent{WithoutSubject: c.without, Yes: func(person []byte) bool { return slices.Contains(yes, string(person)) }},
			}, registry)
			if err != nil {
				t.Fatal(err)
			}
			var records []filters.Record
			var known schema.Arena
			var arena filters.Arena
			for i, line := range reader.lines {
				_, raw, _ := strings.Cut(line, " ")
				var e schema.Event
				if fault := checker.Check(&inputs.Line{Raw: []byte(raw), At: reader.places[i], End: reader.places[i].Offset + 1}, &known, &e); fault != nil {
					t.Fatal(raw, fault)
				}
				if r, taken := filter.Apply(&e, &arena); taken {
					records = append(records, r)
				}
			}
			if n := arena.Withheld()[filters.Unconsented]; n != 5 {
				t.Errorf("%d are withheld", n)
			}
			said := func() string {
				var all []string
				for i := range records {
					if filter.Consented(&records[i]) { // as before sending
						_, members, _ := strings.Cut(string(records[i].JSON()), `"n":`)
						all = append(all, members)
					}
				}
				slices.Sort(all)
				return strings.Join(all, "\n")
			}
			path := func(who string) string {
				if c.fields == nil {
					return "" // what is not declared stays
				}
				return fmt.Sprintf(`,"__path__":{"username":%q}`, who)
			}
			one, three, five := `1`+path("ada")+`}`, `3,"with":"eve"`+path("ada")+`}`, `5`+path("eve")+`}`
			if got := said(); got != one+"\n"+three+"\n"+five {
				t.Errorf("got\n%s", got)
			}
			yes = []string{"eve"} // ada takes it back while the records wait
			if got := said(); got != five {
				t.Errorf("without ada: got\n%s", got)
			}
			a.close(reader)
		})
	}
}

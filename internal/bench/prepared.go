package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	inputkinds "jupyter-events-agent/inputs/all"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/outputs"
	outputkinds "jupyter-events-agent/outputs/all"
	"jupyter-events-agent/schema"
)

// prepared is an output with batches for it, made as the agent makes them, so
// that its own work can be measured alone.
type prepared struct {
	output  outputs.Output
	batches [][]filters.Record
	records int
}

// prepare opens the one output of a configuration and makes the first most
// lines of the corpus into batches for it.
func prepare(ctx context.Context, text, events string, most int) (*prepared, error) {
	c, err := config.Parse("bench.toml", text, config.Kinds{Inputs: inputkinds.Kinds, Outputs: outputkinds.Kinds})
	if err != nil {
		return nil, err
	}
	registry, err := schema.Load(c.Schemas)
	if err != nil {
		return nil, err
	}
	checker, err := registry.Checker(c.Inputs[0].Rules)
	if err != nil {
		return nil, err
	}
	o := &c.Outputs[0]
	o.Policy.Key = filters.OutputKey(make([]byte, 32), o.Name)
	filter, _, err := filters.Compile(o.Policy, registry)
	if err != nil {
		return nil, err
	}
	p := &prepared{}
	if err := p.read(events, most, o.Batch.Events, checker, filter); err != nil {
		return nil, err
	}
	p.output, err = o.Config.Open(ctx, outputs.Env{Name: o.Name, Log: slog.New(slog.DiscardHandler), Stdout: io.Discard})
	return p, err
}

func (p *prepared) read(events string, most, each int, checker *schema.Checker, filter *filters.Filter) error {
	f, err := os.Open(events)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	var arena *filters.Arena
	at := checkpoint.Position{Stream: 1}
	for p.records < most && lines.Scan() {
		if p.records%each == 0 {
			p.batches, arena = append(p.batches, make([]filters.Record, 0, each)), &filters.Arena{}
		}
		raw := bytes.Clone(lines.Bytes())
		line := inputs.Line{Raw: raw, At: at, End: at.Offset + int64(len(raw)) + 1}
		at.Offset = line.End
		var e schema.Event
		if fault := checker.Check(&line, new(schema.Arena), &e); fault != nil {
			return fmt.Errorf("line %d: %w", p.records+1, fault)
		}
		r, ok := filter.Apply(&e, arena)
		if !ok {
			return fmt.Errorf("line %d: the policy does not take it", p.records+1)
		}
		last := len(p.batches) - 1
		p.batches[last] = append(p.batches[last], r)
		p.records++
	}
	return lines.Err()
}

// deliver writes a batch and tries again where that fails, as the pipeline
// does: a Kafka that has just started gives out no producer ids for a moment,
// and an Elasticsearch that is behind says so.
func (p *prepared) deliver(ctx context.Context, batch []filters.Record) error {
	for end := time.Now().Add(30 * time.Second); ; {
		err := p.output.Write(ctx, batch)
		if err == nil || time.Now().After(end) || ctx.Err() != nil || outputs.IsPermanent(err) {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// work is what writing took, for each event.
type work struct {
	cost
	allocations float64
	events      int
}

// write writes every batch, in so many rounds, and says what that took of
// this process. The destination is another, so what it takes is not in it.
func (p *prepared) write(ctx context.Context, rounds int) (work, error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin, used := time.Now(), ownCPU()
	for range rounds {
		for i, batch := range p.batches {
			if err := p.deliver(ctx, batch); err != nil {
				return work{}, fmt.Errorf("batch %d: %w", i+1, err)
			}
		}
	}
	w := work{cost: cost{cpu: ownCPU() - used, wall: time.Since(begin)}, events: rounds * p.records}
	runtime.ReadMemStats(&after)
	w.allocations = float64(after.Mallocs-before.Mallocs) / float64(w.events)
	return w, nil
}

// perMillion is CPU seconds for a million events.
func (w work) perMillion() float64 { return w.cpu.Seconds() * 1e6 / float64(w.events) }

// way is one way to deliver: a kind of output with some of its keys.
type way struct {
	name, kind string
	keys       string  // with %s for the address
	bar        float64 // CPU seconds per million events at most; 0: none
}

// The bars are those of the outputs as they are without compression, and of
// Loki with the one that it always has.
var ways = []way{
	{"kafka, not compressed", "kafka", "brokers = [\"%s\"]\ntopic = \"events\"\ncompression = \"none\"\n", 0.6},
	{"kafka, snappy", "kafka", "brokers = [\"%s\"]\ntopic = \"events\"\ncompression = \"snappy\"\n", 0},
	{"kafka, lz4", "kafka", "brokers = [\"%s\"]\ntopic = \"events\"\ncompression = \"lz4\"\n", 0},
	{"kafka, zstd", "kafka", "brokers = [\"%s\"]\ntopic = \"events\"\ncompression = \"zstd\"\n", 0},
	{"kafka, gzip", "kafka", "brokers = [\"%s\"]\ntopic = \"events\"\ncompression = \"gzip\"\n", 0},
	{"elasticsearch", "elasticsearch", "urls = [\"http://%s\"]\n", 0.5},
	{"elasticsearch, gzip", "elasticsearch", "urls = [\"http://%s\"]\ngzip = 1\n", 0},
	{"loki", "loki", "url = \"http://%s\"\nlabels = { job = \"jupyter\" }\n", 0.6},
}

// config is a configuration with one output of this way.
func (w way) config(schemas, events, state, address string) string {
	var t strings.Builder
	fmt.Fprintf(&t, "state_dir = %q\nlog = { level = \"warn\" }\n[schemas]\npaths = [%q]\ncatalog = false\n", state, schemas)
	fmt.Fprintf(&t, "[[inputs.file]]\nname = \"events\"\npaths = [%q]\nstart_at = \"beginning\"\n", events)
	fmt.Fprintf(&t, "[[outputs.%s]]\nname = %q\npolicy = { categories = [\"%s\"] }\n", w.kind, w.kind, strings.Join(policies[0].categories, `", "`))
	fmt.Fprintf(&t, w.keys, address)
	return t.String()
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
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
	records int // in batches

	file    *os.File
	lines   *bufio.Scanner
	at      checkpoint.Position
	each    int // records of a batch
	checker *schema.Checker
	filter  *filters.Filter
}

// prepare opens the one output of a configuration, and the events.
func prepare(ctx context.Context, text, events string) (*prepared, error) {
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
	output, err := o.Config.Open(ctx, outputs.Env{Name: o.Name, Log: slog.New(slog.DiscardHandler), Stdout: &outputs.Stdout{To: io.Discard}})
	if err != nil {
		return nil, err
	}
	f, err := os.Open(events)
	if err != nil {
		return nil, errors.Join(err, output.Close())
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	return &prepared{
		output: output, file: f, lines: lines, at: checkpoint.Position{Stream: 1},
		each: o.Batch.Events, checker: checker, filter: filter,
	}, nil
}

func (p *prepared) close() error { return errors.Join(p.file.Close(), p.output.Close()) }

// next makes the next most lines of the events into batches; none are left
// where it makes none.
func (p *prepared) next(most int) error {
	var arena *filters.Arena
	p.batches, p.records = nil, 0
	for p.records < most && p.lines.Scan() {
		if p.records%p.each == 0 {
			p.batches, arena = append(p.batches, make([]filters.Record, 0, p.each)), &filters.Arena{}
		}
		raw := bytes.Clone(p.lines.Bytes())
		line := inputs.Line{Raw: raw, At: p.at, End: p.at.Offset + int64(len(raw)) + 1}
		p.at.Offset = line.End
		var e schema.Event
		if fault := p.checker.Check(&line, new(schema.Arena), &e); fault != nil {
			return fault
		}
		r, ok := p.filter.Apply(&e, arena)
		if !ok {
			return errors.New("the policy does not take an event of the corpus")
		}
		last := len(p.batches) - 1
		p.batches[last] = append(p.batches[last], r)
		p.records++
	}
	return p.lines.Err()
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

// work is what writing took.
type work struct {
	cost
	allocations uint64
	events      int
}

func (w *work) add(more work) {
	w.cpu, w.wall = w.cpu+more.cpu, w.wall+more.wall
	w.allocations, w.events = w.allocations+more.allocations, w.events+more.events
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
	w.allocations = after.Mallocs - before.Mallocs
	return w, nil
}

// perMillion is CPU seconds for a million events.
func (w work) perMillion() float64 { return w.cpu.Seconds() * 1e6 / float64(w.events) }

// perEvent is allocations for an event.
func (w work) perEvent() float64 { return float64(w.allocations) / float64(w.events) }

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

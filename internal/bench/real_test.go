//go:build real

package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/corpus"
	"jupyter-events-agent/internal/servers"
)

func TestMain(m *testing.M) { servers.Main(m) }

// realSample is how many events go to each server. Each has an id of its own:
// a document that is there already would be quicker.
const realSample = 200_000

// realTries is how often a way that has a bar with stand-ins is tried; the least
// counts, since the servers run on the same processors.
const realTries = 3

// BenchmarkRealOutputs is what the outputs' own work takes with the real
// servers, in CPU seconds per million events. What the servers take is not in
// it, but it is they who set the pace, and between two requests have the
// processor's caches for themselves. So the bars are for stand-ins.
func BenchmarkRealOutputs(b *testing.B) {
	dir := b.TempDir()
	// Loki refuses events that are older than a week.
	if _, err := corpus.New(corpus.Options{Start: time.Now().Add(-24 * time.Hour), Gap: 10 * time.Millisecond}).WriteDir(dir, realSample); err != nil {
		b.Fatal(err)
	}
	events := filepath.Join(dir, "events.ndjson")
	topic := false
	for _, w := range ways {
		b.Run(w.name, func(b *testing.B) {
			address, fresh := destination(b, w.kind)
			if w.kind == "kafka" && !topic {
				servers.Kafka(b).Topic(b, "events", 3, nil)
				topic = true
			}
			text := w.config(filepath.Join(dir, "schemas"), events, filepath.Join(dir, "state"), address)
			for b.Loop() {
				var tries []work
				for len(tries) == 0 || len(tries) < realTries && w.bar > 0 {
					fresh()
					tries = append(tries, writeEvents(b, text, events))
				}
				did := leastWork(tries)
				b.ReportMetric(did.perMillion(), "own-CPU-s/M")
				b.ReportMetric(did.perEvent(), "allocs/event")
				b.ReportMetric(float64(did.events)/did.wall.Seconds(), "events/s")
			}
		})
	}
}

// writeEvents is what it takes to write every event by the output of a
// configuration.
func writeEvents(b *testing.B, text, events string) work {
	b.Helper()
	p, err := prepare(b.Context(), text, events)
	if err != nil {
		b.Fatal(err)
	}
	did, err := p.writeAll(b.Context())
	if err := errors.Join(err, p.close()); err != nil {
		b.Fatal(err)
	}
	return did
}

// writeAll writes every event once, the first few before it measures. A sample
// is made and then written, as the agent does, and not all made before.
func (p *prepared) writeAll(ctx context.Context) (all work, err error) {
	if err := p.next(p.each); err != nil {
		return all, err
	}
	if err := p.deliver(ctx, p.batches[0]); err != nil {
		return all, err
	}
	for {
		if err := p.next(sample); err != nil || p.records == 0 {
			return all, err
		}
		did, err := p.write(ctx, 1)
		if err != nil {
			return all, err
		}
		all.add(did)
	}
}

// destination is a server's host:port, and what empties it.
func destination(b *testing.B, kind string) (address string, fresh func()) {
	b.Helper()
	switch kind {
	case "kafka":
		return servers.Kafka(b).Plain, func() {}
	case "elasticsearch":
		e := servers.Elasticsearch(b)
		return strings.TrimPrefix(e.URL, "http://"), func() { e.Do(b, "DELETE", "/logs-jupyter.events-default", "") }
	}
	l := servers.Loki(b,
		servers.Setting("limits_config.ingestion_rate_mb: 1000"), servers.Setting("limits_config.ingestion_burst_size_mb: 1000"),
		servers.Setting("limits_config.per_stream_rate_limit: 1GB"), servers.Setting("limits_config.per_stream_rate_limit_burst: 1GB"))
	return strings.TrimPrefix(l.URL, "http://"), func() {}
}

//go:build real

package realtest

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"jupyter-events-agent/internal/corpus"
	"jupyter-events-agent/internal/servers"
)

func TestRealOutages(t *testing.T)         { outages(t, 50_000, 45*time.Second, 4*time.Second) }
func TestRealKillsEverywhere(t *testing.T) { killedEverywhere(t, 50_000, 25*time.Second) }

// make test-million runs these.
func TestMillionOutages(t *testing.T) { outages(t, 1_000_000, 150*time.Second, 20*time.Second) }
func TestMillionKills(t *testing.T)   { killedEverywhere(t, 1_000_000, 100*time.Second) }

// outages writes n events within span, while each destination is stopped once,
// for as long as away and the time that it needs to start. Every event is at
// every destination once, and the others go on meanwhile.
func outages(t *testing.T, n int, span, away time.Duration) {
	w := newWorld(t, "outages")
	w.bound.Store(int64(.2 * float64(n)))
	a := start(t, w.config)
	w.watch(a.cmd)
	written := w.write(n, span)
	all := []struct {
		at   float64 // of the events, written
		name string
		server
		how []servers.How
	}{
		{.1, "lake", w.kafka, nil},
		{.4, "elk", w.elastic, []servers.How{servers.Kill}},
		{.7, "loki", w.loki, []servers.How{servers.Kill}},
	}
	file := &growing{t: t, name: w.audit}
	for i, outage := range all {
		for float64(w.events.Load()) < outage.at*float64(n) {
			<-time.After(20 * time.Millisecond)
		}
		outage.Stop(t, outage.how...)
		begun := time.Now()
		// However long a server takes to start, events are left for the next outage.
		if w.bound.Store(int64(n)); i+1 < len(all) {
			w.bound.Store(int64((all[i+1].at + .1) * float64(n)))
		}
		had, wrote := file.lines(), w.events.Load()
		<-time.After(away)
		had, wrote = file.lines()-had, w.events.Load()-wrote
		outage.Start(t)
		t.Logf("%s away for %.1f s; %d events were written meanwhile, and %d reached the file", outage.name, time.Since(begun).Seconds(), wrote, had)
		// All but two seconds' worth.
		if least := wrote - int64(2*float64(n)/span.Seconds()); least < int64(n)/50 || had < least {
			t.Errorf("while %s was away, %d events reached the file, want %d or more", outage.name, had, least)
		}
	}
	<-written
	said := a.stop()
	w.drain()
	if t.Failed() {
		t.Logf("the agent's log ends: %s", tail(said, 20))
	}
	w.compare(0)
}

// killedEverywhere writes n events within span, while the agent is killed and
// started again five times. Every event is at every destination, once but for
// Kafka, where those under way at a kill may be twice.
func killedEverywhere(t *testing.T, n int, span time.Duration) {
	w := newWorld(t, "kills")
	written := w.write(n, span)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	const kills = 5
	for range kills {
		a := start(t, w.config)
		w.watch(a.cmd)
		// Within its part of the span, so that events keep coming.
		<-time.After(time.Duration((.3 + .7*r.Float64()) * float64(span) / (kills + 1)))
		a.kill()
	}
	a := start(t, w.config)
	w.watch(a.cmd)
	<-written
	a.stop()
	w.drain()
	w.compare(kills)
}

// server is what an outage needs of a destination.
type server interface {
	Stop(testing.TB, ...servers.How)
	Start(testing.TB)
}

// world is one log, one agent and its four destinations.
type world struct {
	t       *testing.T
	dir     string
	run     string // names what this run has at the destinations
	log     string
	audit   string // the output file
	config  string
	kafka   *servers.KafkaServer
	elastic *servers.ElasticsearchServer
	loki    *servers.LokiServer

	events  atomic.Int64 // written so far
	bound   atomic.Int64 // how many may be written now
	offsets []int64      // where each stands in log; complete when written
	begun   time.Time    // of the first event
	last    time.Time    // of the last

	clock  time.Time // when the first agent could start
	agents []*use
}

const template = `
state_dir = %[1]q
log = { level = "info", format = "json" }
[schemas]
paths = [%[2]q]
catalog = false
[[inputs.file]]
name = "events"
paths = [%[3]q]
[[outputs.file]]
name = "audit"
path = %[4]q
policy = { categories = ["*"] }
[[outputs.kafka]]
name = "lake"
brokers = [%[5]q]
topic = "jupyter-%[8]s"
policy = { categories = ["*"] }
[[outputs.elasticsearch]]
name = "elk"
urls = [%[6]q]
index = "logs-jupyter.%[8]s-default"
policy = { categories = ["*"] }
[[outputs.loki]]
name = "loki"
url = %[7]q
labels = { job = "jupyter", run = "%[8]s", schema = "{schema}", action = "{action|none}" }
policy = { categories = ["*"] }
[quarantine]
path = %[9]q
`

// newWorld starts the destinations, or skips t.
func newWorld(t *testing.T, run string) *world {
	t.Helper()
	w := &world{
		t: t, dir: t.TempDir(), run: run,
		kafka:   servers.Kafka(t),
		elastic: servers.Elasticsearch(t),
		loki:    servers.Loki(t, servers.Setting("limits_config.shard_streams.enabled: false")), // shards break exactly once (docs/outputs/loki.md)
	}
	schemas := filepath.Join(w.dir, "schemas")
	if err := corpus.WriteSchemas(schemas); err != nil {
		t.Fatal(err)
	}
	w.log, w.audit, w.config = filepath.Join(w.dir, "events.log"), filepath.Join(w.dir, "audit.ndjson"), filepath.Join(w.dir, "agent.toml")
	text := fmt.Sprintf(template, filepath.Join(w.dir, "state"), schemas, w.log, w.audit,
		w.kafka.Plain, w.elastic.URL, w.loki.URL, run, filepath.Join(w.dir, "quarantine"))
	if err := os.WriteFile(w.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.kafka.Topic(t, "jupyter-"+run, 4, nil)
	for _, args := range [][]string{{"setup", "elasticsearch", "--apply"}, {"check", "--connect"}} {
		c, said := command(append(args, "--config", w.config)...)
		if err := c.Run(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, said)
		}
	}
	w.clock = time.Now()
	return w
}

// write writes n events into the log, evenly within span. The channel is
// closed when all are there.
func (w *world) write(n int, span time.Duration) <-chan struct{} {
	// Of yesterday: Loki takes nothing older than a week.
	w.begun = time.Now().Add(-24 * time.Hour)
	if w.bound.Load() == 0 {
		w.bound.Store(int64(n))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f, err := os.Create(w.log)
		if err != nil {
			w.t.Error(err)
			return
		}
		defer f.Close()
		b := bufio.NewWriterSize(f, 256<<10)
		g := corpus.New(corpus.Options{Start: w.begun})
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		offset := int64(0)
		for begun := time.Now(); len(w.offsets) < n; <-tick.C {
			due := min(n, int(w.bound.Load()), 1+int(float64(n)*float64(time.Since(begun))/float64(span)))
			for len(w.offsets) < due {
				l := g.Next()
				w.offsets, w.last = append(w.offsets, offset), l.At
				offset += int64(len(l.Good)) + 1
				// Errors stay with the Writer until Flush.
				_, _ = b.Write(l.Good)
				_ = b.WriteByte('\n')
			}
			if err := b.Flush(); err != nil {
				w.t.Error(err)
				return
			}
			w.events.Store(int64(due))
		}
	}()
	return done
}

// drain runs the agent over what is left, and tells what all have used.
func (w *world) drain() {
	w.t.Helper()
	w.once("run", "--once", "--timeout", "2m", "--config", w.config)
	w.t.Logf("%d events in %.1f s; %s", len(w.offsets), time.Since(w.clock).Seconds(), w.used())
}

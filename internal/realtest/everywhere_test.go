//go:build real

package realtest

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
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
	a := start(t, w.config)
	written := w.write(n, span)
	for _, outage := range []struct {
		at   float64 // of the events, written
		name string
		server
		how []servers.How
	}{
		{.1, "lake", w.kafka, nil},
		{.4, "elk", w.elastic, []servers.How{servers.Kill}},
		{.7, "loki", w.loki, []servers.How{servers.Kill}},
	} {
		for float64(w.events.Load()) < outage.at*float64(n) {
			<-time.After(20 * time.Millisecond)
		}
		outage.Stop(t, outage.how...)
		from, begun := count(w.audit), time.Now()
		<-time.After(away)
		to := count(w.audit)
		outage.Start(t)
		t.Logf("%s away for %.1f s; meanwhile %d events reached the file", outage.name, time.Since(begun).Seconds(), to-from)
		// What was written meanwhile, less two seconds' worth.
		if least := int(float64(n) * (away - 2*time.Second).Seconds() / span.Seconds()); to-from < least {
			t.Errorf("while %s was away, %d events reached the file, want %d or more", outage.name, to-from, least)
		}
	}
	<-written
	said := a.stop()
	w.used(a.cmd)
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
		// Within its part of the span, so that events keep coming.
		<-time.After(time.Duration((.3 + .7*r.Float64()) * float64(span) / (kills + 1)))
		a.kill()
		w.used(a.cmd)
	}
	a := start(t, w.config)
	<-written
	a.stop()
	w.used(a.cmd)
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
	offsets []int64      // where each stands in log; complete when written
	begun   time.Time    // of the first event
	last    time.Time    // of the last

	cpu    time.Duration // that the agents have used
	memory int64         // most that one has had resident, in bytes
	clock  time.Time     // when the first agent could start
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
		loki:    servers.Loki(t),
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
			due := min(n, 1+int(float64(n)*float64(time.Since(begun))/float64(span)))
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

// drain runs the agent over what is left.
func (w *world) drain() {
	w.t.Helper()
	c, said := command("run", "--once", "--timeout", "2m", "--config", w.config)
	if err := c.Run(); err != nil {
		w.t.Fatalf("run --once: %v: %s", err, tail(said.String(), 20))
	}
	w.used(c)
	n := float64(len(w.offsets)) / 1e6
	w.t.Logf("%d events in %.1f s; the agent: %.2f CPU s (%.2f a million events), %d MiB at most",
		len(w.offsets), time.Since(w.clock).Seconds(), w.cpu.Seconds(), w.cpu.Seconds()/n, w.memory>>20)
}

// used adds up what an agent that has ended has used.
func (w *world) used(c *exec.Cmd) {
	w.t.Helper()
	u, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		w.t.Fatal(errors.New("the system does not say what a process has used"))
	}
	w.cpu += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	w.memory = max(w.memory, u.Maxrss<<10)
}

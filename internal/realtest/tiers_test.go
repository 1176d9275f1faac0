//go:build real

package realtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/corpus"
	"jupyter-events-agent/internal/servers"
)

// tiers are an agent on a node, which writes to Kafka, and aggregators, which
// read there.
type tiers struct {
	*world
	edge  string   // the edge agent's configuration
	group []string // the aggregators'
	dirs  []string // and their folders
}

// At the edge nothing personal leaves the node; the second tier lets out less
// still to one of its outputs.
const edgeTemplate = `
state_dir = %[1]q
log = { level = "info", format = "json" }
[schemas]
paths = [%[2]q]
[[inputs.file]]
name = "events"
paths = [%[3]q]
[[outputs.kafka]]
name = "lake"
brokers = [%[4]q]
topic = %[5]q
policy = { categories = ["unrestricted", "action-timestamp", "user-identifiable-information"] }
[quarantine]
path = %[6]q
`

const aggregatorTemplate = `
state_dir = %[1]q
id_key_file = %[2]q
log = { level = "debug", format = "json" }
[schemas]
paths = [%[3]q]
[[inputs.kafka]]
name = "agents"
brokers = [%[4]q]
topics = [%[5]q]
envelope = "agent"
trusted = true
[[outputs.file]]
name = "audit"
path = %[6]q
policy = { categories = ["unrestricted", "action-timestamp", "user-identifiable-information"] }
[[outputs.elasticsearch]]
name = "elk"
urls = [%[7]q]
index = "logs-jupyter.%[8]s-default"
policy = { categories = ["unrestricted"] }
[quarantine]
path = %[9]q
`

func newTiers(t *testing.T, run string, aggregators, partitions int) *tiers {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), run: run, kafka: servers.Kafka(t), elastic: servers.Elasticsearch(t)}
	schemas := filepath.Join(w.dir, "schemas")
	if err := corpus.WriteSchemas(schemas); err != nil {
		t.Fatal(err)
	}
	w.log = filepath.Join(w.dir, "events.log")
	x := &tiers{world: w}
	config := func(dir, text string) string {
		file := filepath.Join(dir, "agent.toml")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	topic := "jupyter-" + run
	w.kafka.Topic(t, topic, partitions, nil)
	dir := filepath.Join(w.dir, "edge")
	x.edge = config(dir, fmt.Sprintf(edgeTemplate, filepath.Join(dir, "state"), schemas, w.log, w.kafka.Plain, topic, filepath.Join(dir, "quarantine")))
	for i := range aggregators {
		dir := filepath.Join(w.dir, fmt.Sprintf("aggregator%d", i))
		x.dirs = append(x.dirs, dir)
		x.group = append(x.group, config(dir, fmt.Sprintf(aggregatorTemplate, filepath.Join(dir, "state"), filepath.Join(w.dir, "group.key"),
			schemas, w.kafka.Plain, topic, filepath.Join(dir, "audit.ndjson"), w.elastic.URL, run, filepath.Join(dir, "quarantine"))))
	}
	c, said := command("setup", "elasticsearch", "--apply", "--config", x.group[0])
	if err := c.Run(); err != nil {
		t.Fatalf("setup: %v: %s", err, said)
	}
	w.clock = time.Now()
	return x
}

// key is the key of an output's ids.
func (x *tiers) key(file, output string) [32]byte {
	x.t.Helper()
	secret, err := os.ReadFile(file)
	if err != nil {
		x.t.Fatal(err)
	}
	return filters.OutputKey(secret, output)
}

// event is the number of the event with an id of the second tier, through the
// id that it had at the edge.
func (x *tiers) event(group, edge [32]byte, id string) int {
	x.t.Helper()
	upstream, err := filters.Locate(group, id)
	if err != nil {
		x.t.Fatal(err)
	}
	at, err := filters.Locate(edge, fmt.Sprintf("%016x%016x", upstream.Stream, uint64(upstream.Offset)))
	if err != nil {
		x.t.Fatal(err)
	}
	n, found := slices.BinarySearch(x.offsets, at.Offset)
	if !found {
		x.t.Fatalf("the id %s is of no event", id)
	}
	return n
}

// files are how often each event is in the aggregators' files.
func (x *tiers) files() []int {
	x.t.Helper()
	group, edge := x.key(filepath.Join(x.dir, "group.key"), "audit"), x.key(filepath.Join(x.dir, "edge", "state", "id.key"), "lake")
	times := make([]int, len(x.offsets))
	for _, dir := range x.dirs {
		file := filepath.Join(dir, "audit.ndjson")
		if _, err := os.Stat(file); err != nil {
			continue
		}
		eachLine(x.t, file, func(_ int, line []byte) {
			var record struct {
				ID       string   `json:"__event_id__"`
				Redacted []string `json:"__redacted__"`
				User     any      `json:"username"`
			}
			if err := json.Unmarshal(line, &record); err != nil {
				x.t.Fatalf("%v: %.300s", err, line)
			}
			times[x.event(group, edge, record.ID)]++
		})
	}
	return times
}

// documents are how often each event is in Elasticsearch.
func (x *tiers) documents() []int {
	x.t.Helper()
	group, edge := x.key(filepath.Join(x.dir, "group.key"), "elk"), x.key(filepath.Join(x.dir, "edge", "state", "id.key"), "lake")
	times := make([]int, len(x.offsets))
	x.readElasticsearch(func(id string, _ []byte) { times[x.event(group, edge, id)]++ })
	return times
}

// sum counts events by how often they came.
func sum(times []int) map[int]int {
	out := map[int]int{}
	for _, n := range times {
		out[n]++
	}
	return out
}

func (x *tiers) noFaults() {
	x.t.Helper()
	for _, dir := range x.dirs {
		if kept := faults(x.t, dir); len(kept) > 0 {
			x.t.Errorf("%d records are in the quarantine of %s, the first: %+v", len(kept), dir, kept[0])
		}
	}
}

// drainTiers delivers what is left, tier by tier.
func (x *tiers) drainTiers(aggregators ...int) {
	x.t.Helper()
	for _, config := range append([]string{x.edge}, x.configs(aggregators)...) {
		c, said := command("run", "--once", "--timeout", "2m", "--config", config)
		if err := c.Run(); err != nil {
			x.t.Fatalf("run --once: %v: %s", err, tail(said.String(), 20))
		}
	}
}

func (x *tiers) configs(aggregators []int) (all []string) {
	for _, i := range aggregators {
		all = append(all, x.group[i])
	}
	return all
}

// TestRealTiersKilled: the aggregator is killed five times, the broker restarts
// once, and every event is once in its file and once in Elasticsearch.
func TestRealTiersKilled(t *testing.T) {
	x := newTiers(t, "tierskilled", 1, 4)
	span := 30 * time.Second
	written := x.write(50_000, span)
	edge := start(t, x.edge)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	for i := range 5 {
		a := start(t, x.group[0])
		<-time.After(time.Duration((.4 + .6*r.Float64()) * float64(span) / 6))
		a.kill()
		if i == 2 {
			x.kafka.Stop(t, servers.Kill)
			x.kafka.Start(t)
		}
	}
	a := start(t, x.group[0])
	<-written
	edge.stop()
	x.drainEdge()
	if !await(t, time.Minute, func() bool { return count(filepath.Join(x.dirs[0], "audit.ndjson")) >= len(x.offsets) }) {
		t.Errorf("%d of %d events reached the file", count(filepath.Join(x.dirs[0], "audit.ndjson")), len(x.offsets))
	}
	a.stop()
	x.drainTiers(0)
	if got := sum(x.files()); !maps.Equal(got, map[int]int{1: len(x.offsets)}) {
		t.Errorf("in the file, events by how often they came: %v", got)
	}
	if got := sum(x.documents()); !maps.Equal(got, map[int]int{1: len(x.offsets)}) {
		t.Errorf("in Elasticsearch, events by how often they came: %v", got)
	}
	x.noFaults()
}

func (x *tiers) drainEdge() {
	x.t.Helper()
	c, said := command("run", "--once", "--timeout", "2m", "--config", x.edge)
	if err := c.Run(); err != nil {
		x.t.Fatalf("run --once: %v: %s", err, tail(said.String(), 20))
	}
}

// TestRealTiersShare: two aggregators of one group share the work, a third
// joins, one leaves; no event is lost, and every event is one document.
func TestRealTiersShare(t *testing.T) {
	x := newTiers(t, "tiersshare", 3, 6)
	written := x.write(30_000, 25*time.Second)
	edge := start(t, x.edge)
	first, second := start(t, x.group[0]), start(t, x.group[1])
	at := func(i int) int { return count(filepath.Join(x.dirs[i], "audit.ndjson")) }
	if !await(t, time.Minute, func() bool { return at(0) > 500 && at(1) > 500 }) {
		t.Fatalf("the two have %d and %d", at(0), at(1))
	}
	third := start(t, x.group[2])
	if !await(t, time.Minute, func() bool { return at(2) > 500 }) {
		t.Fatalf("the third has %d", at(2))
	}
	second.stop()
	<-written
	edge.stop()
	x.drainEdge()
	if !await(t, time.Minute, func() bool { return at(0)+at(1)+at(2) >= len(x.offsets) }) {
		t.Errorf("%d+%d+%d of %d events reached the files", at(0), at(1), at(2), len(x.offsets))
	}
	first.stop()
	third.stop()
	x.drainTiers(0)
	times := sum(x.files())
	t.Logf("the files have %d, %d and %d; events by how often they are there: %v", at(0), at(1), at(2), times)
	if times[0] > 0 {
		t.Errorf("%d events are in no file", times[0])
	}
	if more := len(x.offsets) - times[1]; more > len(x.offsets)/5 {
		t.Errorf("%d of %d events are in files more than once: more than what was under way", more, len(x.offsets))
	}
	if got := sum(x.documents()); !maps.Equal(got, map[int]int{1: len(x.offsets)}) {
		t.Errorf("in Elasticsearch, events by how often they came: %v", got)
	}
	x.noFaults()
}

// TestRealTiersRestart: an aggregator that was killed has its partitions back
// at once, not only when the brokers miss it.
func TestRealTiersRestart(t *testing.T) {
	x := newTiers(t, "tiersrestart", 1, 2)
	<-x.write(2_000, time.Second)
	x.drainEdge()
	audit := filepath.Join(x.dirs[0], "audit.ndjson")
	a := start(t, x.group[0])
	if !await(t, time.Minute, func() bool { return count(audit) == 2_000 }) {
		t.Fatalf("%d events", count(audit))
	}
	<-time.After(1500 * time.Millisecond) // until its membership is durable
	a.kill()
	f, err := os.OpenFile(x.log, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	line := corpus.New(corpus.Options{Start: time.Now()}).Next()
	if _, err := f.Write(append(bytes.Clone(line.Good), '\n')); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	x.drainEdge()
	begun := time.Now()
	start(t, x.group[0])
	if !await(t, time.Minute, func() bool { return count(audit) == 2_001 }) {
		t.Fatalf("%d events", count(audit))
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v", took)
	} else {
		t.Logf("%v after the restart", took)
	}
}

// TestMillionTiers measures one aggregator: what an agent takes to bring
// events from Kafka into a file. make test-million runs it.
func TestMillionTiers(t *testing.T) {
	x := newTiers(t, "tiersfigures", 1, 4)
	<-x.write(200_000, 10*time.Second)
	config, err := os.ReadFile(x.group[0])
	if err != nil {
		t.Fatal(err)
	}
	elk, after := bytes.Index(config, []byte("[[outputs.elasticsearch]]")), bytes.Index(config, []byte("[quarantine]"))
	if err := os.WriteFile(x.group[0], append(config[:elk:elk], config[after:]...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tier := range []struct{ name, config string }{{"edge, file to Kafka", x.edge}, {"aggregator, Kafka to file", x.group[0]}} {
		x.agents = nil
		begun := time.Now()
		x.once("run", "--once", "--config", tier.config)
		t.Logf("%s: %d events in %.2f s; %s", tier.name, len(x.offsets), time.Since(begun).Seconds(), x.used())
	}
	if got := sum(x.files()); !maps.Equal(got, map[int]int{1: len(x.offsets)}) {
		t.Errorf("in the file, events by how often they came: %v", got)
	}
	x.noFaults()
}

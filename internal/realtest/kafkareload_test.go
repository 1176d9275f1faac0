//go:build real

package realtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/internal/corpus"
	"jupyter-events-agent/internal/servers"
)

// reloaded are agents that share a topic, and are reloaded while it grows.
type reloaded struct {
	t       *testing.T
	kafka   *servers.KafkaServer
	schemas string
	topic   string
	dirs    []string
	agents  []*agent
	written int
}

const reloadedTemplate = `
state_dir = %[1]q
id_key_file = %[2]q
log = { level = "debug", format = "json" }
[schemas]
paths = [%[3]q]
catalog = false
[[inputs.kafka]]
name = "in"
brokers = [%[4]q]
topics = [%[5]q]
group = %[5]q
max_line = %[6]q
[[outputs.file]]
name = "audit"
path = %[7]q
policy = { categories = ["*"] }
[[outputs.kafka]]
name = "onward"
brokers = [%[4]q]
topic = %[8]q
policy = { categories = %[9]s }
`

func newReloaded(t *testing.T, topic string, agents int) *reloaded {
	t.Helper()
	dir := t.TempDir()
	r := &reloaded{t: t, kafka: servers.Kafka(t), schemas: filepath.Join(dir, "schemas"), topic: topic}
	if err := corpus.WriteSchemas(r.schemas); err != nil {
		t.Fatal(err)
	}
	r.kafka.Topic(t, topic, 4, nil)
	r.kafka.Topic(t, topic+"-onward", 4, nil)
	for i := range agents {
		d := filepath.Join(dir, fmt.Sprint(i))
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
		r.dirs = append(r.dirs, d)
		r.configure(i, "1MiB", `["*"]`)
		r.agents = append(r.agents, start(t, filepath.Join(d, "agent.toml")))
	}
	for i := range agents {
		if !await(t, time.Minute, func() bool { return r.joined(i) >= 2 && r.shares(i, 4/agents) }) {
			t.Fatalf("agent %d has no share: %s", i, tail(r.agents[i].stderr.String(), 20))
		}
	}
	return r
}

// configure writes an agent's configuration as a whole.
func (r *reloaded) configure(agent int, maxLine, categories string) {
	r.t.Helper()
	d := r.dirs[agent]
	text := fmt.Sprintf(reloadedTemplate, filepath.Join(d, "state"), filepath.Join(filepath.Dir(d), "group.key"), r.schemas,
		r.kafka.Plain, r.topic, maxLine, filepath.Join(d, "audit.ndjson"), r.topic+"-onward", categories)
	file := filepath.Join(d, "agent.toml")
	if err := errors.Join(os.WriteFile(file+".new", []byte(text), 0o600), os.Rename(file+".new", file)); err != nil {
		r.t.Error(err)
	}
}

// joined is how often an agent was given a share of the partitions, over all
// its outputs.
func (r *reloaded) joined(agent int) int {
	return strings.Count(r.agents[agent].stderr.String(), "reads its share of the partitions")
}

// shares says that the last share of each output has so many partitions.
func (r *reloaded) shares(agent, partitions int) bool {
	last := map[string]int{}
	for _, line := range strings.Split(r.agents[agent].stderr.String(), "\n") {
		var said struct {
			Msg, Group string
			Partitions int
		}
		if json.Unmarshal([]byte(line), &said) == nil && strings.HasPrefix(said.Msg, "reads its share") {
			last[said.Group] = said.Partitions
		}
	}
	for _, n := range last {
		if n != partitions {
			return false
		}
	}
	return len(last) == 2
}

// reload is the command, and how long it took.
func (r *reloaded) reload(agent int) time.Duration {
	r.t.Helper()
	began := time.Now()
	c, said := command("reload", "--config", filepath.Join(r.dirs[agent], "agent.toml"))
	if err := c.Run(); err != nil {
		r.t.Errorf("reload: %v: %s", err, said)
	}
	return time.Since(began)
}

// produce writes numbered events, 50 to one partition after the other, until it
// is told to stop.
func (r *reloaded) produce(stop <-chan struct{}) {
	transport := &kafka.Transport{} // the shared one knows only the topics of before
	defer transport.CloseIdleConnections()
	c := &kafka.Client{Addr: kafka.TCP(r.kafka.Plain), Timeout: time.Minute, Transport: transport}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		var records []kafka.Record
		for n := r.written; n < r.written+50; n++ {
			records = append(records, kafka.Record{Value: kafka.NewBytes(fmt.Appendf(nil,
				`{"__timestamp__": "2026-11-22T10:00:00.%06d+00:00Z", "__schema__": %q, "__schema_version__": "1", "__metadata_version__": 1, "action": "get", "path": "%08d.ipynb"}`,
				n%1_000_000, corpus.ContentsID, n))})
		}
		answer, err := c.Produce(r.t.Context(), &kafka.ProduceRequest{
			Topic: r.topic, Partition: r.written / 50 % 4, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
		})
		if err == nil {
			err = answer.Error
		}
		if err != nil {
			r.t.Errorf("produce: %v", err)
			return
		}
		r.written += 50
	}
}

// load is what do does while the topic grows.
func (r *reloaded) load(do func()) {
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { r.produce(stop) })
	do()
	close(stop)
	writer.Wait()
}

// arrives waits until so many records are in the agents' files, and ends them.
func (r *reloaded) arrives() {
	r.t.Helper()
	all := func() (n int) {
		for _, d := range r.dirs {
			n += count(filepath.Join(d, "audit.ndjson"))
		}
		return n
	}
	if !await(r.t, 2*time.Minute, func() bool { return all() >= r.written }) {
		r.t.Errorf("%d of %d events are in the files", all(), r.written)
	}
	for _, a := range r.agents {
		a.stop()
	}
}

// exact fails unless each event is once in the files of all agents, those of
// one partition in order, each with an id of its own.
func (r *reloaded) exact() {
	r.t.Helper()
	times, ids := make([]int, r.written), map[string]bool{}
	for _, d := range r.dirs {
		latest := [4]int{-1, -1, -1, -1}
		for _, l := range lines(r.t, filepath.Join(d, "audit.ndjson")) {
			record := parse(r.t, l)
			n := eventNumber(r.t, record)
			ids[text(r.t, record.reserved["__event_id__"])] = true
			times[n]++
			if p := n / 50 % 4; n <= latest[p] {
				r.t.Fatalf("event %d comes after %d", n, latest[p])
			} else {
				latest[p] = n
			}
		}
	}
	for n, got := range times {
		if got != 1 {
			r.t.Fatalf("event %d of %d is there %d times", n, r.written, got)
		}
	}
	if len(ids) != r.written {
		r.t.Errorf("%d ids of %d events", len(ids), r.written)
	}
}

func eventNumber(t *testing.T, r record) (n int) {
	t.Helper()
	if _, err := fmt.Sscanf(text(t, r.members["path"]), "%d.ipynb", &n); err != nil {
		t.Fatalf("a record of no event: %v", err)
	}
	return n
}

// onward is how many records the other topic has beyond one for each event; of
// each event it has one, and those that are there again have its id.
func (r *reloaded) onward() (again int) {
	r.t.Helper()
	ids := map[string]bool{}
	w := &world{t: r.t, kafka: r.kafka, run: strings.TrimPrefix(r.topic, "jupyter-") + "-onward"}
	w.readKafka(func(_ int, id string, _ []byte, _ *int) {
		if ids[id] {
			again++
		}
		ids[id] = true
	})
	if len(ids) != r.written {
		r.t.Errorf("the other topic has %d events of %d", len(ids), r.written)
	}
	return again
}

// told fails unless both groups were told that everything is delivered.
func (r *reloaded) told() {
	r.t.Helper()
	c := &kafka.Client{Addr: kafka.TCP(r.kafka.Plain), Timeout: time.Minute}
	for _, output := range []string{"audit", "onward"} {
		answer, err := c.OffsetFetch(r.t.Context(), &kafka.OffsetFetchRequest{
			GroupID: r.topic + "." + output, Topics: map[string][]int{r.topic: {0, 1, 2, 3}},
		})
		if err != nil {
			r.t.Fatal(err)
		}
		sum := 0
		for _, p := range answer.Topics[r.topic] {
			sum += int(p.CommittedOffset)
		}
		if sum != r.written {
			r.t.Errorf("the group of %s was told of %d events of %d", output, sum, r.written)
		}
	}
}

// TestRealKafkaReloads reloads an agent again and again while its topic grows,
// with another policy each time: it stays in its groups.
func TestRealKafkaReloads(t *testing.T) {
	const reloads = 40
	r := newReloaded(t, "jupyter-reloads", 1)
	var took []time.Duration
	r.load(func() {
		for n := range reloads {
			r.configure(0, "1MiB", []string{`[]`, `["*"]`}[n%2])
			took = append(took, r.reload(0))
		}
	})
	r.arrives()
	r.exact()
	again := r.onward()
	r.told()
	if n := r.joined(0); n != 2 {
		t.Errorf("shares were dealt out %d times, and there are two outputs", n)
	}
	slices.Sort(took)
	t.Logf("%d reloads, half of them within %v, the longest %v; %d events, %d of them twice in the other topic", reloads, took[len(took)/2], took[len(took)-1], r.written, again)
}

// TestRealKafkaReloadsOfTwo: nor does it have the others deal anew.
func TestRealKafkaReloadsOfTwo(t *testing.T) {
	const reloads = 15
	r := newReloaded(t, "jupyter-reloadstwo", 2)
	before := []int{r.joined(0), r.joined(1)}
	r.load(func() {
		var both sync.WaitGroup
		for i := range r.agents {
			both.Go(func() {
				for n := range reloads {
					r.configure(i, "1MiB", []string{`[]`, `["*"]`}[n%2])
					r.reload(i)
				}
			})
		}
		both.Wait()
	})
	if after := []int{r.joined(0), r.joined(1)}; !slices.Equal(before, after) {
		t.Errorf("shares were dealt out again: %v times, then %v", before, after)
	}
	r.arrives()
	r.exact()
	again := r.onward()
	r.told()
	t.Logf("%d reloads of each; %d events, %d of them twice in the other topic", reloads, r.written, again)
}

// TestRealKafkaReloadsThatJoin: where the input itself is another each time, it
// leaves its groups and goes on where they are.
func TestRealKafkaReloadsThatJoin(t *testing.T) {
	const reloads = 6
	r := newReloaded(t, "jupyter-reloadsjoin", 1)
	var longest time.Duration
	r.load(func() {
		for n := range reloads {
			r.configure(0, fmt.Sprintf("%dMiB", 2+n%2), `["*"]`)
			joined := r.joined(0)
			began := time.Now()
			r.reload(0)
			if !await(t, time.Minute, func() bool { return r.joined(0) == joined+2 }) {
				t.Errorf("reload %d: shares were dealt out %d times, then %d", n, joined, r.joined(0))
				return
			}
			longest = max(longest, time.Since(began))
		}
	})
	r.arrives()
	r.exact()
	again := r.onward()
	r.told()
	t.Logf("%d reloads, the longest until it reads again %v; %d events, %d of them twice in the other topic", reloads, longest, r.written, again)
}

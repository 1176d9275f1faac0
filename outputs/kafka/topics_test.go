package kafka

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

// TestPartitionsGrow: what is new gets records five minutes later.
func TestPartitionsGrow(t *testing.T) {
	r := newRig(t, 1, 1, nil)
	now := time.Now()
	r.out.cluster.now = func() time.Time { return now }
	b := r.records.Plain(30)
	r.deliver(b)
	r.topic("events", 3)
	more := r.records.Plain(30)
	r.deliver(more)
	if got := r.values("events"); len(got[1])+len(got[2]) > 0 {
		t.Error("the new partitions are known at once: how?")
	}
	now = now.Add(refreshTime)
	last := r.records.Plain(30)
	r.deliver(last)
	if got := r.values("events"); len(got[1]) == 0 || len(got[2]) == 0 {
		t.Errorf("the new partitions have %d and %d records", len(got[1]), len(got[2]))
	}
	r.once(b, more, last)
}

// TestATopicMadeAnew has fewer partitions; a batch whose fate is not known was
// on its way to one of those that are gone.
func TestATopicMadeAnew(t *testing.T) {
	r := newRig(t, 1, 3, nil)
	b := r.records.Plain(30)
	r.first(3, verdict{slam: true})
	if err := r.write(b.Records); err == nil {
		t.Fatal("a lost answer is no error")
	}
	r.topic("events", 1)
	r.deliver(b)
	// What was on its way to the partition that is left comes first there.
	got := slices.Sorted(slices.Values(r.values("events")[0]))
	if !slices.Equal(got, slices.Sorted(slices.Values(b.Bodies))) {
		t.Errorf("%d records have arrived, want %d once each", len(got), len(b.Bodies))
	}
}

// TestPartitionsThatComeBack: a broker that is behind says for a moment that
// there are fewer. A sequence that begins anew under the same producer id could
// be taken for one that is there.
func TestPartitionsThatComeBack(t *testing.T) {
	r := newRig(t, 1, 3, func(c *Config) { c.Key = "" })
	var all []*outputtest.Batch
	for _, shown := range []int{3, 1, 3} {
		r.do(func() { r.topics["events"].shown = shown })
		for range 4 {
			r.out.cluster.stale = true
			b := r.records.Plain(10)
			all = append(all, b)
			r.deliver(b)
		}
	}
	r.once(all...)
}

// TestKeylessBatchesTakeTurns among the partitions that have a leader.
func TestKeylessBatchesTakeTurns(t *testing.T) {
	r := newRig(t, 1, 4, func(c *Config) { c.Key = "" })
	r.do(func() { r.topics["events"].partitions[2].leader = -1 })
	var want []*outputtest.Batch
	for range 6 {
		b := r.records.Plain(10)
		want = append(want, b)
		r.deliver(b)
	}
	for i, got := range r.values("events") {
		if n := []int{20, 20, 0, 20}[i]; len(got) != n {
			t.Errorf("partition %d has %d records, want %d", i, len(got), n)
		}
	}
	r.once(want...)
	// A batch that surely did not arrive goes elsewhere, one that may have does not.
	b := r.records.Plain(10)
	r.do(func() {
		r.answer = func(*standBatch) verdict { r.answer = nil; return verdict{code: kafka.NotEnoughReplicas} }
	})
	if err := r.write(b.Records); err == nil {
		t.Fatal("no error")
	}
	r.deliver(b)
	if got := r.values("events"); len(got[0]) != 20 || len(got[1]) != 30 {
		t.Errorf("%d and %d records", len(got[0]), len(got[1]))
	}
	r.once(append(want, b)...)
}

// TestKeysGoWhereKafkaPutsThem
func TestKeysGoWhereKafkaPutsThem(t *testing.T) {
	for key, want := range map[string]func(*filters.Record) string{
		eventID:                  func(r *filters.Record) string { return string(r.ID()) },
		"{action}":               func(*filters.Record) string { return "start" },
		"{action}-{version}":     func(*filters.Record) string { return "start-1" },
		"constant":               func(*filters.Record) string { return "constant" },
		"{{{__event_id__}}}":     func(r *filters.Record) string { return "{" + string(r.ID()) + "}" },
		"{action}{__event_id__}": func(r *filters.Record) string { return "start" + string(r.ID()) },
	} {
		r := newRig(t, 1, 7, func(c *Config) { c.Key = key })
		b := r.records.Plain(40)
		r.deliver(b)
		r.once(b)
		keys := map[string]string{}
		for i := range b.Records {
			keys[b.Bodies[i]] = want(&b.Records[i])
		}
		for at, p := range r.topics["events"].partitions {
			for _, record := range p.records {
				if k := keys[record.value]; string(record.key) != k || partitionOf([]byte(k), 7) != at {
					t.Errorf("%s: key %q in partition %d; want %q", key, record.key, at, k)
				}
			}
		}
	}
}

// TestTopicsByTemplate: one that is missing holds back its own records only,
// and no error names a value.
func TestTopicsByTemplate(t *testing.T) {
	r := newRig(t, 1, 1, func(c *Config) { c.Topic = "of-{schema}.v{version}" })
	const name = "of-https___outputtest.example_event.v1"
	b := r.records.Plain(3)
	if err := r.write(b.Records); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("%v; want %s named", err, name)
	}
	r.topic(name, 2)
	r.deliver(b)
	if got := slices.Concat(r.values(name)...); len(got) != 3 {
		t.Errorf("%d records in %s", len(got), name)
	}

	by := newRig(t, 1, 1, func(c *Config) { c.Topic = "events-{action|none}" })
	by.topic("events-stop", 1)
	err := by.write(by.records.Plain(3).Records)
	if err == nil || !strings.Contains(err.Error(), `topic "events-{action|none}"`) || strings.Contains(err.Error(), "start") {
		t.Errorf("%v", err)
	}
}

func TestTopicNames(t *testing.T) {
	long := strings.Repeat("é", 200)
	for text, want := range map[string]string{
		"events": "events", "a.b_c-D9": "a.b_c-D9", "https://x.org/a v1": "https___x.org_a_v1", "é": "__", "": "_", ".": "_", "..": "__", "...": "...",
		strings.Repeat("x", 249): strings.Repeat("x", 249),
		long:                     strings.Repeat("_", 232) + "-" + topicName([]byte(long))[233:],
	} {
		got := topicName([]byte(text))
		if got != want || len(got) > longestTopic {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if topicName([]byte(long+"a")) == topicName([]byte(long+"b")) {
		t.Error("two long names are one")
	}
}

// TestATopicThatIsMissing: nothing is dropped, and after a moment the error is
// one that somebody has to mend; then it is made.
func TestATopicThatIsMissing(t *testing.T) {
	r := newRig(t, 1, 1, func(c *Config) { c.Topic = "other" })
	b := r.records.Plain(5)
	for i := range patience + 1 {
		err := r.write(b.Records)
		if !errors.Is(err, kafka.UnknownTopicOrPartition) || !strings.Contains(err.Error(), "create it") || outputs.IsRefused(err) != (i >= patience-1) {
			t.Errorf("%d: %v, refused: %v", i, err, outputs.IsRefused(err))
		}
	}
	if err := r.out.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), `topic "other"`) {
		t.Errorf("Probe: %v", err)
	}
	r.topic("other", 2)
	r.deliver(b)
	if err := r.out.Probe(t.Context()); err != nil {
		t.Errorf("Probe: %v", err)
	}
}

// TestATopicThatTheBrokerMakes: by writing, not by asking.
func TestATopicThatTheBrokerMakes(t *testing.T) {
	r := newRig(t, 1, 1, func(c *Config) { c.Topic = "other" })
	r.made = true
	if err := r.out.Probe(t.Context()); err == nil || r.topics["other"] != nil {
		t.Errorf("Probe: %v, and the topic: %v", err, r.topics["other"])
	}
	b := r.records.Plain(5)
	if err := r.write(b.Records); err == nil || outputs.IsRefused(err) {
		t.Errorf("%v", err)
	}
	r.deliver(b)
}

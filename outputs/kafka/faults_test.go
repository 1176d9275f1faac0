package kafka

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

// TestTooLargeForTheTopic: batches become small enough, and stay so; a record
// that is too large by itself is rejected.
func TestTooLargeForTheTopic(t *testing.T) {
	r := newRig(t, 1, 2, func(c *Config) { c.Compression = "none" })
	refusals := 0
	r.do(func() {
		r.answer = func(b *standBatch) verdict {
			size := 0
			for _, record := range b.records {
				size += len(record.value)
			}
			if size > 10_000 {
				refusals++
				return verdict{code: kafka.RecordListTooLarge}
			}
			return verdict{}
		}
	})
	b := r.records.Plain(500)
	r.deliver(b)
	r.once(b)
	was := refusals
	if was == 0 {
		t.Fatal("nothing was too large")
	}
	b2 := r.records.Plain(500)
	r.deliver(b2)
	if refusals != was {
		t.Errorf("%d batches too large, and then %d more", was, refusals-was)
	}
	b3 := r.records.Batch("a", strings.Repeat("x", 300<<10), "b")
	err := r.write(b3.Records)
	var partial *outputs.PartialError
	if !errors.As(err, &partial) || len(partial.Retry) > 0 || !slices.Equal(partial.Rejected, []outputs.Rejection{{Index: 1, Class: "message_too_large"}}) {
		t.Fatalf("%v", err)
	}
	b3.Bodies = slices.Delete(b3.Bodies, 1, 2)
	r.once(b, b2, b3)
}

// TestRecordsThatAreRefused: those that the broker names are rejected, by a
// broker that names none they are found, and the others arrive.
func TestRecordsThatAreRefused(t *testing.T) {
	for _, names := range []bool{true, false} {
		for _, code := range []kafka.Error{kafka.InvalidTimestamp, kafka.InvalidRecord} {
			r := newRig(t, 1, 1, nil)
			r.do(func() {
				r.answer = func(b *standBatch) verdict {
					bad := b.contains(outputtest.Poison)
					if len(bad) == 0 {
						return verdict{}
					}
					if !names {
						bad = nil
					}
					return verdict{code: code, bad: bad, message: b.records[0].value}
				}
			})
			texts := slices.Repeat([]string{"good"}, 50)
			for _, i := range []int{0, 7, 8, 49} {
				texts[i] = outputtest.Poison
			}
			b := r.records.Batch(texts...)
			err := r.write(b.Records)
			var partial *outputs.PartialError
			if !errors.As(err, &partial) || len(partial.Retry) > 0 || partial.Err != nil {
				t.Fatalf("%v", err)
			}
			class := map[kafka.Error]string{kafka.InvalidTimestamp: "invalid_timestamp", kafka.InvalidRecord: "invalid_record"}[code]
			var want []outputs.Rejection
			for _, i := range []int{0, 7, 8, 49} {
				want = append(want, outputs.Rejection{Index: i, Class: class})
			}
			if !slices.Equal(partial.Rejected, want) {
				t.Errorf("rejected %v, want %v", partial.Rejected, want)
			}
			b.Bodies = slices.DeleteFunc(b.Bodies, func(s string) bool { return strings.Contains(s, outputtest.Poison) })
			more := r.records.Plain(20)
			r.deliver(more)
			r.once(b, more)
		}
	}
}

// TestRefusals: what somebody has to mend drops nothing, is marked, and says
// what to do.
func TestRefusals(t *testing.T) {
	for code, want := range map[kafka.Error]string{
		kafka.TopicAuthorizationFailed:    "give it Write on the topic",
		kafka.ClusterAuthorizationFailed:  "give it Write on the topic",
		kafka.InvalidTopic:                "correct topic",
		kafka.UnsupportedForMessageFormat: "message.format.version",
		kafka.UnsupportedCompressionType:  "compression",
		kafka.PolicyViolation:             "a rule of the broker's operator",
	} {
		r := newRig(t, 1, 2, nil)
		b := r.records.Plain(10)
		r.first(2, verdict{code: code, message: b.Bodies[0]})
		err := r.write(b.Records)
		if !outputs.IsRefused(err) || !errors.Is(err, code) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), code.Title()) {
			t.Errorf("%d: %v; want %q", code, err, want)
		}
		r.deliver(b)
		r.once(b)
	}
	// As on a compacted topic, where no record has a key.
	r := newRig(t, 1, 1, func(c *Config) { c.Key = "" })
	b := r.records.Plain(3)
	r.first(1, verdict{code: kafka.InvalidRecord, bad: []int32{0, 1, 2}})
	if err := r.write(b.Records); !outputs.IsRefused(err) || !strings.Contains(err.Error(), "set key") {
		t.Errorf("records without a key: %v", err)
	}
	r.deliver(b)
	r.once(b)
	// A topic that the agent may not even see.
	r = newRig(t, 1, 1, nil)
	r.do(func() { r.topics["events"].code = kafka.TopicAuthorizationFailed })
	if err := r.write(b.Records); !outputs.IsRefused(err) || !strings.Contains(err.Error(), "give it Write") {
		t.Errorf("a topic that it may not see: %v", err)
	}
}

// TestAdvertisedElsewhere: the cluster answers, and names addresses that cannot
// be reached from here.
func TestAdvertisedElsewhere(t *testing.T) {
	r := newRig(t, 1, 1, nil)
	for address, port := range map[string]string{"127.0.0.1:1": "127.0.0.1:1", "kafka.invalid:9092": "kafka.invalid:9092"} {
		r.do(func() { r.nodes[0].advertised = address })
		r.out.cluster.stale = true
		for _, err := range []error{r.write(r.records.Plain(1).Records), r.out.Probe(t.Context())} {
			if err == nil || !strings.Contains(err.Error(), "advertised.listeners") || !strings.Contains(err.Error(), port) {
				t.Errorf("%v", err)
			}
		}
	}
	r.do(func() { r.nodes[0].advertised = "" })
	b := r.records.Plain(1)
	r.out.cluster.stale = true
	r.deliver(b)
	r.once(b)
}

func TestProbe(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*rig)
		want   string // "": it would take records
	}{
		"all is well":           {func(*rig) {}, ""},
		"rights that it names":  {func(r *rig) { r.topics["events"].may = mayWrite | 1<<8 }, ""},
		"rights that it hides":  {func(r *rig) { r.topics["events"].may = noOperations }, ""},
		"no right to write":     {func(r *rig) { r.topics["events"].may = 1 << 8 }, "give it Write on the topic"},
		"no topic":              {func(r *rig) { delete(r.topics, "events") }, "create it"},
		"no leader":             {func(r *rig) { r.topics["events"].partitions[1].leader = -1 }, "no broker leads"},
		"a leader that is away": {func(r *rig) { r.nodes[1].advertised = "127.0.0.1:1" }, "leads partition 1"},
		"not allowed":           {func(r *rig) { r.topics["events"].code = kafka.TopicAuthorizationFailed }, "give it Write"},
	} {
		r := newRig(t, 2, 3, nil)
		r.do(func() { test.change(r) })
		err := r.out.Probe(t.Context())
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v; want %q", name, err, test.want)
		}
		r.once()
	}
	r := newRig(t, 1, 1, func(c *Config) { c.Topic = "events-{action|none}" })
	if err := r.out.Probe(t.Context()); err != nil {
		t.Errorf("topics of a template: %v", err)
	}
	r.out.Close()
	if err := r.out.Probe(t.Context()); err == nil {
		t.Error("a closed output would take records")
	}
}

// TestABrokerThatHasJustStarted gives out no producer ids for a moment.
func TestABrokerThatHasJustStarted(t *testing.T) {
	r := newRig(t, 1, 1, nil)
	r.do(func() { r.loading = true })
	b := r.records.Plain(3)
	if err := r.write(b.Records); err == nil || outputs.IsRefused(err) || !strings.Contains(err.Error(), "no producer id now") {
		t.Errorf("%v", err)
	}
	if err := r.out.Probe(t.Context()); err != nil {
		t.Errorf("Probe: %v", err)
	}
	r.do(func() { r.loading = false })
	r.deliver(b)
	r.once(b)
}

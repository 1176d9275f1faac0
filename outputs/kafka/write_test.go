package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

// rig is an output on a stand-in.
type rig struct {
	*testing.T
	*standin
	config  Config
	out     *output
	log     bytes.Buffer
	records *outputtest.Records
}

func newRig(t *testing.T, brokers, partitions int, change func(*Config)) *rig {
	t.Helper()
	r := &rig{T: t, standin: newStandin(t, brokers)}
	r.topic("events", partitions)
	r.config = *New().(*Config)
	r.config.Brokers, r.config.Topic = r.addresses()[:1], "events"
	if change != nil {
		change(&r.config)
	}
	r.open()
	r.records = outputtest.RecordsOf(t, &r.config)
	return r
}

func (r *rig) open() {
	r.Helper()
	r.out = opened(r.T, &r.config, &r.log).(*output)
}

// opened is an output that the test's end closes; it logs into log.
func opened(t *testing.T, c *Config, log *bytes.Buffer) outputs.Output {
	t.Helper()
	out, err := c.Open(t.Context(), outputs.Env{Name: "test", Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return out
}

// write writes; no error may hold a record's text.
func (r *rig) write(batch []filters.Record) error {
	r.Helper()
	err := r.out.Write(r.Context(), batch)
	if err != nil && strings.Contains(err.Error(), "canary") {
		r.Errorf("an error holds a value: %v", err)
	}
	return err
}

// deliver writes what is to be taken.
func (r *rig) deliver(b *outputtest.Batch) {
	r.Helper()
	if err := r.write(b.Records); err != nil {
		r.Fatal(err)
	}
}

// left are the records that an error leaves.
func left(batch []filters.Record, err error) (rest []filters.Record) {
	var partial *outputs.PartialError
	if !errors.As(err, &partial) {
		return batch
	}
	for _, i := range partial.Retry {
		rest = append(rest, batch[i])
	}
	return rest
}

// once holds that exactly these bodies are there, once each, and in their
// order within a partition.
func (r *rig) once(want ...*outputtest.Batch) {
	r.Helper()
	holdOnce(r, r.values("events"), want)
}

func holdOnce(tb testing.TB, partitions [][]string, want []*outputtest.Batch) {
	tb.Helper()
	number, total := map[string]int{}, 0
	for _, b := range want {
		for _, body := range b.Bodies {
			number[body] = len(number)
		}
	}
	for at, partition := range partitions {
		before := -1
		for _, body := range partition {
			n, ok := number[body]
			if !ok || n <= before {
				tb.Fatalf("partition %d: record %d stands after record %d (known: %v)", at, n, before, ok)
			}
			before = n
			total++
		}
	}
	if total != len(number) {
		tb.Fatalf("%d records have arrived, want %d", total, len(number))
	}
}

// first answers the first n batches so, and the others as usual.
func (r *rig) first(n int, v verdict) {
	r.do(func() {
		r.answer = func(*standBatch) verdict {
			if n--; n >= 0 {
				return v
			}
			return verdict{}
		}
	})
}

// TestUnknownOutcomes: whatever happens to a batch on its way, its records are
// there once.
func TestUnknownOutcomes(t *testing.T) {
	for name, v := range map[string]verdict{
		"the connection ends before":             {slam: true},
		"the connection ends after":              {slam: true, after: true},
		"no answer":                              {silent: true},
		"no answer, and it is there":             {silent: true, after: true},
		"REQUEST_TIMED_OUT":                      {code: kafka.RequestTimedOut, after: true},
		"NOT_ENOUGH_REPLICAS_AFTER_APPEND":       {code: kafka.NotEnoughReplicasAfterAppend, after: true},
		"NOT_LEADER_OR_FOLLOWER, and is there":   {code: kafka.NotLeaderForPartition, after: true},
		"KAFKA_STORAGE_ERROR, and it is there":   {code: kafka.KafkaStorageError, after: true},
		"UNKNOWN_SERVER_ERROR, and it is there":  {code: kafka.Unknown, after: true},
		"NOT_ENOUGH_REPLICAS":                    {code: kafka.NotEnoughReplicas},
		"THROTTLING_QUOTA_EXCEEDED":              {code: kafka.ThrottlingQuotaExceeded},
		"CORRUPT_MESSAGE":                        {code: kafka.InvalidMessage},
		"an error that Kafka does not have yet":  {code: 4711, after: true},
		"DUPLICATE_SEQUENCE_NUMBER is delivered": {code: kafka.DuplicateSequenceNumber, after: true},
	} {
		for _, batches := range []int{1, 2, 4} { // of the first Write and of those after
			t.Run(fmt.Sprintf("%s %d", name, batches), func(t *testing.T) {
				r := newRig(t, 2, 3, nil)
				before, b, after := r.records.Plain(20), r.records.Plain(100), r.records.Plain(20)
				r.deliver(before)
				r.first(batches, v)
				rest := slices.Clone(b.Records)
				tries := 0
				for ; len(rest) > 0 && tries < 10; tries++ {
					ctx := t.Context()
					if v.silent {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
						defer cancel()
					}
					err := r.out.Write(ctx, rest)
					if err == nil {
						break
					}
					rest = left(rest, err)
				}
				if duplicate := v.code == kafka.DuplicateSequenceNumber; tries == 0 != duplicate {
					t.Errorf("delivered after %d failures", tries)
				}
				r.deliver(after)
				r.once(before, b, after)
				if r.log.Len() > 0 {
					t.Errorf("the log has\n%s", &r.log)
				}
			})
		}
	}
}

// TestOnlyWhatIsLeftIsSentAgain: a partition that has acknowledged gets nothing
// twice, one whose answer was lost gets the very same batch.
func TestOnlyWhatIsLeftIsSentAgain(t *testing.T) {
	r := newRig(t, 3, 3, nil)
	b := r.records.Plain(90)
	var seen []standBatch
	r.do(func() {
		r.answer = func(b *standBatch) verdict {
			seen = append(seen, *b)
			switch b.partition {
			case 1:
				return verdict{slam: true, after: true}
			case 2:
				return verdict{code: kafka.NotEnoughReplicas}
			}
			return verdict{}
		}
	})
	err := r.write(b.Records)
	var partial *outputs.PartialError
	if !errors.As(err, &partial) || len(partial.Rejected) > 0 || !slices.IsSorted(partial.Retry) {
		t.Fatalf("%v; want a partial answer", err)
	}
	var other []standBatch
	r.do(func() {
		other, seen = seen, nil
		r.answer = func(b *standBatch) verdict { seen = append(seen, *b); return verdict{} }
	})
	if err := r.write(left(b.Records, err)); err != nil {
		t.Fatal(err)
	}
	r.once(b)
	for _, again := range seen {
		was := other[slices.IndexFunc(other, func(b standBatch) bool { return b.partition == again.partition })]
		if again.partition == 0 || again.sequence != was.sequence || again.producer != was.producer || len(again.records) != len(was.records) {
			t.Errorf("partition %d: sequence %d of producer %d with %d records; before %d, %d, %d", again.partition,
				again.sequence, again.producer, len(again.records), was.sequence, was.producer, len(was.records))
		}
	}
	if len(seen) != 2 {
		t.Errorf("%d batches, want those of two partitions", len(seen))
	}
}

// TestAnotherBatchInstead: where the records of a flight do not come again, its
// partition goes on with a new identity, and the log says what that means.
func TestAnotherBatchInstead(t *testing.T) {
	r := newRig(t, 1, 1, nil)
	lost, other, last := r.records.Plain(10), r.records.Plain(10), r.records.Plain(5)
	r.first(1, verdict{slam: true, after: true})
	if err := r.write(lost.Records); err == nil {
		t.Fatal("a lost answer is no error")
	}
	r.deliver(other)
	r.deliver(last)
	r.once(lost, other, last)
	if !strings.Contains(r.log.String(), "may be in Kafka twice") {
		t.Errorf("the log says\n%s", &r.log)
	}
}

// TestLostSequences: a broker that has lost what it knew of the producer gets
// the records under a new id, and only that partition does.
func TestLostSequences(t *testing.T) {
	for _, code := range []kafka.Error{
		kafka.OutOfOrderSequenceNumber, kafka.UnknownProducerId, kafka.InvalidProducerEpoch, kafka.ProducerFenced, kafka.InvalidProducerIDMapping,
	} {
		r := newRig(t, 1, 2, nil)
		before, b, after := r.records.Plain(20), r.records.Plain(20), r.records.Plain(20)
		r.deliver(before)
		r.do(func() {
			done := false
			r.answer = func(b *standBatch) verdict {
				if b.partition == 1 && !done {
					done = true
					return verdict{code: code}
				}
				return verdict{}
			}
		})
		err := r.write(b.Records)
		if err == nil || outputs.IsRefused(err) {
			t.Errorf("%d: %v", code, err)
		}
		if err := r.write(left(b.Records, err)); err != nil {
			t.Fatal(err)
		}
		r.deliver(after)
		r.once(before, b, after)
		r.do(func() {
			for i, p := range r.topics["events"].partitions {
				if len(p.known) != i+1 {
					t.Errorf("%d: partition %d knows %d producers, want %d", code, i, len(p.known), i+1)
				}
			}
		})
	}
}

// TestALeaderMoves: in the middle of a batch, whose copy the new leader has.
func TestALeaderMoves(t *testing.T) {
	for _, after := range []bool{false, true} {
		r := newRig(t, 2, 1, nil)
		before, b := r.records.Plain(10), r.records.Plain(10)
		r.deliver(before)
		r.do(func() {
			r.answer = func(*standBatch) verdict {
				r.topics["events"].partitions[0].leader, r.answer = 2, nil
				return verdict{slam: after, after: false, code: kafka.NotLeaderForPartition}
			}
		})
		if err := r.write(b.Records); err == nil {
			t.Fatal("a leader that is none is no error")
		}
		r.deliver(b)
		r.once(before, b)
	}
}

// TestAllBrokersAreTried: some are down, some leave the cluster.
func TestAllBrokersAreTried(t *testing.T) {
	r := newRig(t, 3, 6, func(c *Config) { c.Brokers = append([]string{"127.0.0.1:1"}, c.Brokers...) })
	b := r.records.Plain(50)
	r.deliver(b)
	for _, n := range r.nodes { // they restart
		r.hangUp(n)
	}
	more := r.records.Plain(50)
	rest := more.Records
	for range 6 {
		err := r.write(rest)
		if err == nil {
			rest = nil
			break
		}
		rest = left(rest, err)
	}
	if len(rest) > 0 {
		t.Fatalf("%d records are left", len(rest))
	}
	r.once(b, more)

	down := newRig(t, 1, 1, func(c *Config) { c.Brokers = []string{"127.0.0.1:1", "127.0.0.1:2"} })
	if err := down.write(b.Records); err == nil || !strings.Contains(err.Error(), "none of 2 brokers") || !strings.Contains(err.Error(), "127.0.0.1:1") || outputs.IsRefused(err) {
		t.Errorf("%v", err)
	}
}

// TestOneRequestForAllPartitions of a broker, as long as it is not too long.
func TestOneRequestForAllPartitions(t *testing.T) {
	r := newRig(t, 2, 100, func(c *Config) { c.Compression = "none" })
	r.deliver(r.records.Plain(1000))
	if r.produced != 2 {
		t.Errorf("%d requests for 100 partitions of two brokers", r.produced)
	}
	r.do(func() { r.produced = 0; r.topics["events"].maxBytes = 100 << 20 })
	r.deliver(r.records.Batch(slices.Repeat([]string{strings.Repeat("x", 900_000)}, 40)...))
	if r.produced < 3 || r.produced > 8 {
		t.Errorf("%d requests for 36 MB", r.produced)
	}
}

package elasticsearch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
)

// benchBatch is a batch of records of about 350 bytes.
func benchBatch(tb testing.TB, c *Config, n int) []filters.Record {
	events := make([]string, n)
	for i := range events {
		events[i] = fmt.Sprintf(`"action": "start", "n": %d, "text": %q`, i, "/home/user/notebooks/analysis/"+strings.Repeat("x", 30+i%40)+".ipynb")
	}
	return newMaker(tb, c, filters.Policy{}).of(events...)
}

func allTakenAnswer(n int) []byte {
	return []byte(`{"errors":false,"items":[` + strings.TrimSuffix(strings.Repeat(`{"create":{"status":201}},`, n), ",") + `]}`)
}

// TestWriteAllocatesForTheRequestOnly: as much for a thousand records as for ten.
func TestWriteAllocatesForTheRequestOnly(t *testing.T) {
	config := testConfig("http://127.0.0.1:1")
	o := mustOpen(t, config)
	measure := func(n int) float64 {
		batch, answer := benchBatch(t, config, n), allTakenAnswer(n)
		body := func() {
			if len(o.documents.of(batch, 0)) == 0 || !taken(o.items(answer, n)) {
				t.Fatal("the batch is not taken")
			}
		}
		body()
		return testing.AllocsPerRun(20, body)
	}
	for _, n := range []int{10, 1000} {
		if got := measure(n); got != 0 {
			t.Errorf("%v allocations for the body and the answer of %d records", got, n)
		}
	}
	config.Index = "logs-{schema}-x"
	routed := mustOpen(t, config)
	batch := benchBatch(t, config, 100)
	routed.documents.of(batch, 0)
	if got := testing.AllocsPerRun(20, func() { routed.documents.of(batch, 0) }); got != 0 {
		t.Errorf("%v allocations where records name their index", got)
	}
}

// BenchmarkWork is what the output does for a record beside the exchange with
// the server, and how many times of it a plain program takes.
func BenchmarkWork(b *testing.B) {
	const n = 1000
	config := testConfig("http://127.0.0.1:1")
	o := mustOpen(b, config)
	batch, answer := benchBatch(b, config, n), allTakenAnswer(n)
	perMillion := func(b *testing.B) float64 { return b.Elapsed().Seconds() / float64(b.N) / n * 1e6 }
	var own float64
	b.Run("own", func(b *testing.B) {
		for b.Loop() {
			o.documents.of(batch, 0)
			if !taken(o.items(answer, n)) {
				b.Fatal("the batch is not taken")
			}
		}
		own = perMillion(b)
		b.ReportMetric(own, "s/M-events")
	})
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			if err := plainBulk(batch, answer); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(perMillion(b), "s/M-events")
		b.ReportMetric(perMillion(b)/own, "times-own")
	})
}

// plainBulk does the same with maps and encoding/json.
func plainBulk(batch []filters.Record, answer []byte) error {
	var body bytes.Buffer
	lines := json.NewEncoder(&body)
	for i := range batch {
		r := &batch[i]
		if err := lines.Encode(map[string]any{"create": map[string]any{"_id": string(r.ID())}}); err != nil {
			return err
		}
		var doc map[string]any
		if err := json.Unmarshal(r.JSON(), &doc); err != nil {
			return err
		}
		event := map[string]any{"id": string(r.ID()), "dataset": "jupyter.events"}
		if action, ok := r.Field(fieldAction); ok {
			event["action"] = string(action)
		}
		doc["@timestamp"], doc["event"] = r.Time(), event
		if err := lines.Encode(doc); err != nil {
			return err
		}
	}
	var said bulkAnswer
	return json.Unmarshal(answer, &said)
}

// taken is what items says of an answer by which everything was taken.
func taken(items []bulkItem, err error) bool { return items == nil && err == nil }

package loki

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"

	"jupyter-events-agent/filters"
)

// BenchmarkPush is what the output does itself with a thousand records of some
// 380 bytes: streams, order, protobuf, snappy.
func BenchmarkPush(b *testing.B) {
	o, batch := benchmarked(b)
	size := 0
	for b.Loop() {
		o.read(batch)
		size = len(o.encode(o.entries))
	}
	perMillion(b, len(batch))
	body, err := s2.Decode(nil, o.packer.packed)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(body))/float64(len(batch)), "B/event")
	b.ReportMetric(float64(len(body))/float64(size), "packed")
}

// BenchmarkJSONPush is the push that Loki's documentation shows, for the ratio.
func BenchmarkJSONPush(b *testing.B) {
	_, batch := benchmarked(b)
	type stream struct {
		Stream map[string]string `json:"stream"`
		Values [][3]any          `json:"values"`
	}
	for b.Loop() {
		byLabels := map[string]*stream{}
		for i := range batch {
			r := &batch[i]
			action, _ := r.Field(0)
			s := byLabels[string(action)]
			if s == nil {
				s = &stream{Stream: map[string]string{"job": "jupyter", "action": string(action)}}
				byLabels[string(action)] = s
			}
			metadata := map[string]string{"__event_id__": string(r.ID())}
			for _, m := range r.Beside() {
				metadata[m.Name] = string(m.Value)
			}
			s.Values = append(s.Values, [3]any{strconv.FormatInt(r.Micros()*1000, 10), string(r.JSON()), metadata})
		}
		var body struct {
			Streams []*stream `json:"streams"`
		}
		for _, s := range byLabels {
			body.Streams = append(body.Streams, s)
		}
		if _, err := json.Marshal(body); err != nil {
			b.Fatal(err)
		}
	}
	perMillion(b, len(batch))
}

func perMillion(b *testing.B, records int) {
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N*records)*1e6, "s/M-events")
	b.ReportMetric(0, "ns/op")
}

func benchmarked(b *testing.B) (*output, []filters.Record) {
	c := testConfig("http://127.0.0.1:1")
	r := newRecords(b, c)
	events := make([]event, 1000)
	now := time.Now()
	for i := range events {
		events[i] = event{
			at: now.Add(time.Duration(i) * time.Millisecond), action: []string{"start", "stop", "a b"}[i%3], team: "red",
			text: fmt.Sprintf("the notebook %x was saved to a folder with the name %x by a kernel %x of the server %x", i*7919, i*104729, i*1299709, i%17),
			free: fmt.Sprintf("%032x-%08d", i*15485863, i),
		}
	}
	return mustOpen(b, c), r.batch(events...)
}

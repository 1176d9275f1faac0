//go:build real

package realtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"
)

// readKafka visits every message of the topic, partition by partition. latest
// is the caller's, one for each partition, and -1 at first.
func (w *world) readKafka(visit func(partition int, id string, body []byte, latest *int)) {
	t, topic := w.t, "jupyter-"+w.run
	t.Helper()
	c := &kafka.Client{Addr: kafka.TCP(w.kafka.Plain), Timeout: time.Minute}
	for partition := range 4 {
		r, err := c.ListOffsets(t.Context(), &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: {kafka.LastOffsetOf(partition)}}})
		if err != nil {
			t.Fatal(err)
		}
		end := r.Topics[topic][0].LastOffset
		reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{w.kafka.Plain}, Topic: topic, Partition: partition, MaxBytes: 10e6, MaxWait: 100 * time.Millisecond})
		latest := -1
		for read := int64(0); read < end; read++ {
			m, err := reader.ReadMessage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			id := ""
			for _, h := range m.Headers {
				if h.Key == "__event_id__" {
					id = string(h.Value)
				}
			}
			visit(partition, id, m.Value, &latest)
		}
		if err := reader.Close(); err != nil {
			t.Error(err)
		}
	}
}

// readElasticsearch visits every document of the data stream.
func (w *world) readElasticsearch(visit func(id string, body []byte)) {
	t := w.t
	t.Helper()
	stream := "/logs-jupyter." + w.run + "-default"
	w.elastic.Do(t, http.MethodPost, stream+"/_refresh", "")
	path, body := stream+"/_search?scroll=5m", `{"size": 2000, "sort": ["_doc"]}`
	for {
		status, answer := w.elastic.Do(t, http.MethodPost, path, body)
		var page struct {
			Scroll string `json:"_scroll_id"`
			Hits   struct {
				Hits []struct {
					Index  string          `json:"_index"`
					ID     string          `json:"_id"`
					Source json.RawMessage `json:"_source"`
				}
			}
		}
		if err := json.Unmarshal(answer, &page); err != nil || status != http.StatusOK {
			t.Fatalf("reading the data stream: status %d: %v: %.300s", status, err, answer)
		}
		if len(page.Hits.Hits) == 0 {
			w.elastic.Do(t, http.MethodDelete, "/_search/scroll", fmt.Sprintf(`{"scroll_id": %q}`, page.Scroll))
			return
		}
		for _, hit := range page.Hits.Hits {
			visit(hit.ID, hit.Source)
		}
		path, body = "/_search/scroll", fmt.Sprintf(`{"scroll": "5m", "scroll_id": %q}`, page.Scroll)
	}
}

// readLoki visits every line, as many minutes at a time as Loki gives away in
// one answer: 5,000 lines, and 4 MiB between its parts.
func (w *world) readLoki(visit func(id string, line []byte)) {
	t := w.t
	t.Helper()
	const step, limit = 2 * time.Minute, 5000
	for from := w.begun; !from.After(w.last); from = from.Add(step) {
		query := url.Values{
			"query": {fmt.Sprintf("{run=%q}", w.run)}, "direction": {"forward"}, "limit": {strconv.Itoa(limit)},
			"start": {strconv.FormatInt(from.UnixNano(), 10)}, "end": {strconv.FormatInt(from.Add(step).UnixNano(), 10)},
		}
		status, answer := w.loki.Do(t, http.MethodGet, "/loki/api/v1/query_range?"+query.Encode(),
			http.Header{"X-Loki-Response-Encoding-Flags": {"categorize-labels"}}, "")
		var page struct {
			Data struct {
				Result []struct{ Values [][]json.RawMessage }
			}
		}
		if err := json.Unmarshal(answer, &page); err != nil || status != http.StatusOK {
			t.Fatalf("reading from Loki: status %d: %v: %.300s", status, err, answer)
		}
		lines := 0
		for _, stream := range page.Data.Result {
			lines += len(stream.Values)
			for _, value := range stream.Values {
				var line string
				var labels struct {
					StructuredMetadata map[string]string `json:"structuredMetadata"`
				}
				if err := errors.Join(json.Unmarshal(value[1], &line), json.Unmarshal(value[2], &labels)); err != nil {
					t.Fatal(err)
				}
				visit(labels.StructuredMetadata["__event_id__"], []byte(line))
			}
		}
		if lines == limit {
			t.Fatalf("more than %d lines in %v: take shorter steps", limit, step)
		}
	}
}

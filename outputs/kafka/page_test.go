package kafka

import (
	"io/fs"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/corpus"
	"jupyter-events-agent/outputs/outputtest"
)

// TestThePagesBytes holds the bytes an event of docs/scale.md, by which Kafka's
// disks are sized, to what the encoder makes of a node's events.
func TestThePagesBytes(t *testing.T) {
	page, err := os.ReadFile("../../docs/scale.md")
	if err != nil {
		t.Fatal(err)
	}
	// The table counts one batch of records for one of events.
	edge, _, _ := strings.Cut(string(page), "# aggregator.toml")
	if !regexp.MustCompile(`(?m)^key +=\s+""`).MatchString(edge) {
		t.Error("the edge of the page has a key, so its batches go to all partitions")
	}
	records := nodesEvents(t, 12_000)
	rows := regexp.MustCompile(`(?m)^\| (none|snappy|zstd)(, by the default key)? \| (\d+) \| (\d+) \| (\d+) \|$`).FindAllStringSubmatch(string(page), -1)
	if len(rows) != 5 {
		t.Fatalf("the page has %d rows of bytes", len(rows))
	}
	for _, row := range rows {
		e := newEncoder(nil, row[1])
		if row[2] != "" {
			e.key = (*filters.Record).ID
		}
		for i, size := range []int{10, 100, 1000} {
			says, err := strconv.Atoi(row[3+i])
			if err != nil {
				t.Fatal(err)
			}
			if is := stored(e, records, size); math.Abs(is-float64(says)) > .02*is {
				t.Errorf("%s%s in batches of %d: the page says %d, it is %.1f", row[1], row[2], size, says, is)
			}
		}
	}
}

// nodesEvents are records of a node that writes one a second, by the policy of
// the page's edge.
func nodesEvents(t *testing.T, n int) (records []filters.Record) {
	var schemas []string
	names, err := fs.Glob(corpus.Schemas(), "*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(corpus.Schemas(), name)
		if err != nil {
			t.Fatal(err)
		}
		schemas = append(schemas, string(text))
	}
	maker := outputtest.NewMaker(t, filters.Policy{
		Output: "lake", Categories: []string{"unrestricted", "action-timestamp", "user-identifiable-information"}, Apart: true,
	}, schemas...)
	g := corpus.New(corpus.Options{Gap: time.Second})
	var arena filters.Arena
	for range n {
		records = append(records, maker.Make(&arena, string(g.Next().Good))...)
	}
	return records
}

// stored is how many bytes of Kafka's log a record takes, in batches of size
// that a key spreads over the page's twelve partitions.
func stored(e *encoder, records []filters.Record, size int) float64 {
	var wire []byte
	total := 0
	for at := 0; at < len(records); at += size {
		batch := records[at : at+size]
		var takes [12][]int32
		for i := range batch {
			to := 0
			if e.key != nil {
				to = partitionOf(e.key(&batch[i]), len(takes))
			}
			takes[to] = append(takes[to], int32(i))
		}
		for _, take := range takes {
			if len(take) > 0 {
				wire, _, _ = e.batch(wire, batch, take, identity{producer: 4711, sequence: 100_000}, whole)
				total += len(wire) - 4 // but for the length before it
			}
		}
	}
	return float64(total) / float64(len(records))
}

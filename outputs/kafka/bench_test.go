package kafka

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/segmentio/kafka-go/protocol/produce"
	"github.com/segmentio/kafka-go/protocol/rawproduce"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs/outputtest"
)

// BenchmarkProduce makes requests of 1000 records, by this package's batches
// and by kafka-go's Writer, and throws the bytes away: the ratio of the two is
// what counts. One is a record.
func BenchmarkProduce(b *testing.B) {
	batch := outputtest.RecordsOf(b, New()).Plain(1000).Records
	take := all(len(batch))
	for number, name := range compressions {
		b.Run("agent/"+name, func(b *testing.B) {
			e := newEncoder((*filters.Record).ID, name)
			var memory []byte
			for sent := 0; sent < b.N; sent += len(batch) {
				memory, _, _ = e.batch(memory, batch, take, identity{}, whole)
				throwAway(b, &rawproduce.Request{Acks: -1, Topics: []rawproduce.RequestTopic{{Topic: "t", Partitions: []rawproduce.RequestPartition{
					{RecordSet: protocol.RawRecordSet{Reader: wire(memory)}},
				}}}})
			}
		})
		b.Run("kafka-go/"+name, func(b *testing.B) {
			w := &kafka.Writer{
				Addr: kafka.TCP("nowhere:9092"), Topic: "t", Transport: nowhere{b}, RequiredAcks: kafka.RequireAll,
				BatchSize: len(batch), BatchBytes: 1 << 30, Compression: kafka.Compression(number),
			}
			defer w.Close()
			messages := make([]kafka.Message, len(batch))
			for sent := 0; sent < b.N; sent += len(batch) {
				for i := range batch {
					r := &batch[i]
					headers := []kafka.Header{
						{Key: "__event_id__", Value: r.ID()}, {Key: "__schema__", Value: []byte(r.Schema())}, {Key: "__schema_version__", Value: []byte(r.Version())},
					}
					for _, m := range r.Beside() {
						headers = append(headers, kafka.Header{Key: m.Name, Value: m.Value})
					}
					messages[i] = kafka.Message{Key: r.ID(), Value: r.JSON(), Headers: headers, Time: r.Time()}
				}
				if err := w.WriteMessages(context.Background(), messages...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func throwAway(b *testing.B, m protocol.Message) {
	if err := protocol.WriteRequest(io.Discard, 8, 1, "bench", m); err != nil {
		b.Fatal(err)
	}
}

// nowhere is a cluster of one topic with one partition that forgets everything.
type nowhere struct{ b *testing.B }

func (n nowhere) RoundTrip(_ context.Context, _ net.Addr, m kafka.Request) (kafka.Response, error) {
	switch m := m.(type) {
	case *metadata.Request:
		return &metadata.Response{
			Brokers: []metadata.ResponseBroker{{NodeID: 1, Host: "nowhere", Port: 9092}},
			Topics:  []metadata.ResponseTopic{{Name: "t", Partitions: []metadata.ResponsePartition{{LeaderID: 1}}}},
		}, nil
	case *produce.Request:
		m.Prepare(8)
		throwAway(n.b, m)
		return &produce.Response{Topics: []produce.ResponseTopic{{Topic: "t", Partitions: []produce.ResponsePartition{{}}}}}, nil
	}
	return nil, fmt.Errorf("%T", m)
}

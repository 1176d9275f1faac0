package kafka

import (
	"fmt"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go/protocol"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// BenchmarkSet is what making lines of an agent's records takes, an event.
func BenchmarkSet(b *testing.B) {
	for name, compression := range map[string]protocol.Attributes{"none": 0, "zstd": protocol.Zstd} {
		b.Run(name, func(b *testing.B) {
			const n = 1000
			var records []protocol.Record
			for i := range n {
				records = append(records, protocol.Record{
					Value: protocol.NewBytes(fmt.Appendf(nil, `{"__schema__":"https://events.jupyter.org/jupyter_server/contents_service/v1","__schema_version__":"1","__timestamp__":"2026-11-22T14:20:46.000000Z","action":"get","path":"a/%d/%s"}`, i, strings.Repeat("x", i%60))),
					Headers: []protocol.Header{
						{Key: "__event_id__", Value: fmt.Appendf(nil, "%032x", i*7919)},
						{Key: "__schema__", Value: []byte("https://events.jupyter.org/jupyter_server/contents_service/v1")},
						{Key: "__schema_version__", Value: []byte("1")},
						{Key: "__categories__", Value: []byte(`["action-timestamp","unrestricted","user-identifiable-information"]`)},
						{Key: "__redacted__", Value: []byte(`["user-identifier"]`)},
					},
				})
			}
			raw := encoded(&testing.T{}, 0, compression, records...)
			var block inputs.Block
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s, err := newSet(0, &part{records: raw})
				if err != nil {
					b.Fatal(err)
				}
				for at := int64(0); at < s.to; at = block.End {
					block.Reset()
					block.At = checkpoint.Position{Stream: 1, Offset: at}
					if err := s.fill(at, &block, 1<<20); err != nil {
						b.Fatal(err)
					}
				}
				s.free()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/event")
		})
	}
}

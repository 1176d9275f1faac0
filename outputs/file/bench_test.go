package file

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

// BenchmarkAudit is what chain and signatures cost beside the same records in a file
// without them: CPU and bytes of each, and how many times the other's. The three are
// written in turn, and of each the least of all rounds counts, since a mean says
// nothing on a busy machine. Without what a disk takes to make them durable.
func BenchmarkAudit(b *testing.B) {
	const records = 1000
	batch := outputtest.NewRecords(b).Plain(records)
	type written struct {
		out   outputs.Output
		path  string
		least float64
	}
	open := func(audit bool, signed int) *written {
		c, _ := auditConfig(b)
		c.Audit, c.Sign.Records = audit, signed
		if !audit {
			c.Sign = defaultSign
		}
		out, err := c.Open(b.Context(), outputs.Env{Name: "audit"})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { out.Close() })
		return &written{out, c.Path, math.Inf(1)}
	}
	plain, chained, signed := open(false, 0), open(true, math.MaxInt32), open(true, records)
	rounds := 0
	for b.Loop() {
		rounds++
		for _, w := range []*written{plain, chained, signed} {
			begin := time.Now()
			if err := w.out.Write(b.Context(), batch.Records); err != nil {
				b.Fatal(err)
			}
			w.least = min(w.least, float64(time.Since(begin)))
		}
	}
	size := func(w *written) float64 {
		info, err := os.Stat(filepath.Clean(w.path))
		if err != nil {
			b.Fatal(err)
		}
		return float64(info.Size()) / float64(rounds)
	}
	b.ReportMetric(0, "ns/op") // of all three, which nobody asks for
	b.ReportMetric(plain.least/records, "ns/plain-record")
	b.ReportMetric((chained.least-plain.least)/records, "ns/chained-more")
	b.ReportMetric((signed.least-chained.least)/1000, "µs/signature")
	b.ReportMetric(signed.least/plain.least, "x-plain")
	b.ReportMetric((size(chained)-size(plain))/records, "B/chained-more")
	b.ReportMetric(size(signed)-size(chained), "B/signature")
}

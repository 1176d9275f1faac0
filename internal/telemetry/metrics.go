package telemetry

import (
	"net/http"
	"runtime"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/pipeline"
)

const namespace = "jupyter_events_agent"

// Metrics answers Prometheus with the counters of a run, read when it asks.
// version is the agent's.
func Metrics(snapshot func() pipeline.Snapshot, version string) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		&counters{snapshot: snapshot, version: version},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// counters are the agent's own metrics.
type counters struct {
	snapshot func() pipeline.Snapshot
	version  string
}

// metric describes one; its help says what a person who sees it in a list needs.
func metric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_"+name, help, labels, nil)
}

var (
	buildInfo = metric("build_info", "Always 1; the labels say which agent this is.", "version", "goversion")

	inputLines  = metric("input_lines_total", "Lines read, events and faults.", "input")
	inputBytes  = metric("input_bytes_total", "Bytes read.", "input")
	inputFaults = metric("input_faults_total", "Lines that are not valid events, by reason.", "input", "reason")
	inputGaps   = metric("input_gaps_total", "Stretches of a log that were lost before they could be read.", "input")
	inputFiles  = metric("input_files", "Files that are known now, rotated ones included.", "input")
	inputEvents = metric("input_events_total", "Valid events by schema and action, where the action is one of a closed, unrestricted list.", "input", "schema", "version", "action")

	outputRecords  = metric("output_records_total", "Records delivered.", "output")
	outputBytes    = metric("output_bytes_total", "Bytes of the records delivered, redacted and uncompressed.", "output")
	outputWithheld = metric("output_withheld_total", "Valid events that did not go out, by what in the policy held them back.", "output", "reason")
	outputRejected = metric("output_rejected_total", "Records that the destination will never take, kept aside, by class.", "output", "class")
	outputRetries  = metric("output_retries_total", "Attempts to deliver that failed and were made again.", "output")
	outputFailing  = metric("output_failing", "1 while the destination does not take what it gets.", "output")
	outputLagBytes = metric("output_lag_bytes", "Bytes of the logs that are there and not yet delivered to this output.", "output")
	outputLagTime  = metric("output_lag_seconds", "Seconds since this output had delivered all that was there; 0 while it has.", "output")
	outputBatch    = metric("output_batch_records", "Records in a batch.", "output")
	outputWrite    = metric("output_write_seconds", "Time of one attempt to deliver a batch.", "output")
	outputLatency  = metric("output_delivery_seconds", "Time from a batch's first record to all of it delivered, failed attempts included.", "output")

	quarantined = metric("quarantine_lines_total", "Faults that were put into the quarantine.")
)

// Describe says nothing: which inputs and outputs there are may change.
func (c *counters) Describe(chan<- *prometheus.Desc) {}

// Collect reads the counters.
func (c *counters) Collect(to chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, v int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(buildInfo, 1, c.version, runtime.Version())
	snap := c.snapshot()
	for i := range snap.Inputs {
		in := &snap.Inputs[i]
		count(inputLines, in.Lines, in.Name)
		count(inputBytes, in.Bytes, in.Name)
		count(inputGaps, in.Gaps, in.Name)
		if in.Files >= 0 {
			gauge(inputFiles, float64(in.Files), in.Name)
		}
		for reason, n := range in.Faults {
			count(inputFaults, n, in.Name, string(reason))
		}
		for _, e := range in.Events {
			count(inputEvents, e.Events, in.Name, text(e.Schema), text(e.Version), text(e.Action))
		}
	}
	for i := range snap.Outputs {
		out := &snap.Outputs[i]
		if out.Name == pipeline.QuarantineCursor {
			count(quarantined, out.Records)
			continue
		}
		c.output(out, count, gauge)
		to <- histogram(outputBatch, &out.Batch, out.Name)
		to <- histogram(outputWrite, &out.Write, out.Name)
		to <- histogram(outputLatency, &out.Delivery, out.Name)
	}
}

func (c *counters) output(out *pipeline.OutputStats, count func(*prometheus.Desc, int64, ...string), gauge func(*prometheus.Desc, float64, ...string)) {
	count(outputRecords, out.Records, out.Name)
	count(outputBytes, out.Bytes, out.Name)
	count(outputRetries, out.Retries, out.Name)
	gauge(outputLagBytes, float64(out.Lag), out.Name)
	gauge(outputLagTime, out.Behind.Seconds(), out.Name)
	failing := 0.0
	if !out.Failing.IsZero() {
		failing = 1
	}
	gauge(outputFailing, failing, out.Name)
	for reason, n := range out.Withheld {
		count(outputWithheld, n, out.Name, filters.Withholding(reason).String())
	}
	for class, n := range out.Rejected {
		count(outputRejected, n, out.Name, class)
	}
}

func histogram(d *prometheus.Desc, h *pipeline.Histogram, label string) prometheus.Metric {
	buckets := make(map[float64]uint64, len(h.Bounds))
	var below uint64
	for i, bound := range h.Bounds {
		below += uint64(h.Counts[i])
		buckets[bound] = below
	}
	return prometheus.MustNewConstHistogram(d, uint64(h.Count()), h.Sum, buckets, label)
}

// text is a label's value: schemas may call themselves anything.
func text(s string) string { return strings.ToValidUTF8(s, "�") }

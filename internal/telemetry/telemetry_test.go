package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"jupyter-events-agent/pipeline"
	"jupyter-events-agent/schema"
)

func TestValidate(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:9464":  "",
		"[::1]:9464":      "",
		"localhost:0":     "",
		"/run/a/t.sock":   "",
		"unix:/run/t.s":   "",
		"":                "is missing",
		"9464":            "an address with a port",
		":9464":           "no loopback address",
		"0.0.0.0:9464":    "no loopback address",
		"[::]:9464":       "no loopback address",
		"10.0.0.1:9464":   "put a proxy",
		"hub.example:80":  "no loopback address",
		"127.0.0.1:many":  "the port must be",
		"127.0.0.1:66000": "the port must be",
		"unix:t.sock":     "must be absolute",
	} {
		errs := Config{Listen: listen}.Validate()
		switch {
		case want == "" && len(errs) > 0:
			t.Errorf("%q: %v", listen, errs)
		case want != "" && (len(errs) != 1 || !strings.Contains(errs[0].Error(), want) || !strings.HasPrefix(errs[0].Error(), "listen")):
			t.Errorf("%q: %v, want %q", listen, errs, want)
		}
	}
}

var well = Health{Alive: func() error { return nil }, Ready: func() error { return nil }}

// serve has a server answer on what listen says, and gives a client of it.
func serve(t *testing.T, listen string, s *Server) (net.Listener, *http.Client) {
	t.Helper()
	l, err := Config{Listen: listen}.Open()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.Shutdown(ctx)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, l.Addr().Network(), l.Addr().String())
	}
	return l, &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

func get(t *testing.T, c *http.Client, method, url string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestHealth(t *testing.T) {
	sick := errors.New("input hub has not moved for 60s")
	_, c := serve(t, "127.0.0.1:0", New(Health{Alive: func() error { return sick }, Ready: well.Ready}, slog.New(slog.DiscardHandler)))
	if code, text := get(t, c, "GET", "http://localhost/healthz"); code != 503 || !strings.Contains(text, "has not moved") {
		t.Error(code, text)
	}
	if code, text := get(t, c, "GET", "http://localhost/readyz"); code != 200 || text != "ok\n" {
		t.Error(code, text)
	}
	if code, _ := get(t, c, "POST", "http://localhost/readyz"); code != 405 {
		t.Error(code)
	}
}

// TestNamesOfElsewhere: a page that has a browser ask by a name of its own,
// which it has lead here, gets nothing.
func TestNamesOfElsewhere(t *testing.T) {
	_, c := serve(t, "127.0.0.1:0", New(well, slog.New(slog.DiscardHandler)))
	for host, want := range map[string]int{"localhost": 200, "localhost:9464": 200, "127.0.0.1": 200, "[::1]:80": 200, "evil.example": 403, "10.0.0.1:9464": 403, "127.0.0.1.evil.example": 403} {
		if code, _ := get(t, c, "GET", "http://"+host+"/healthz"); code != want {
			t.Errorf("%s: %d", host, code)
		}
	}
}

func TestSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "t")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "t.sock")

	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false) // as kill -9 does
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	_, c := serve(t, path, New(well, slog.New(slog.DiscardHandler)))
	if code, _ := get(t, c, "GET", "http://any/healthz"); code != 200 {
		t.Error(code)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Error(info.Mode(), err)
	}
	if _, err := (Config{Listen: path}).Open(); err == nil || !strings.Contains(err.Error(), "another program listens") {
		t.Error(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (Config{Listen: file}).Open(); err == nil || !strings.Contains(err.Error(), "is no socket") {
		t.Error(err)
	}
}

func TestInUse(t *testing.T) {
	l, _ := serve(t, "127.0.0.1:0", New(well, slog.New(slog.DiscardHandler)))
	if _, err := (Config{Listen: l.Addr().String()}).Open(); err == nil || !strings.Contains(err.Error(), "choose another listen") {
		t.Error(err)
	}
}

func snapshot() pipeline.Snapshot {
	h := pipeline.Histogram{Bounds: []float64{1, 10}, Counts: []int64{1, 2, 3}, Sum: 99}
	return pipeline.Snapshot{
		Inputs: []pipeline.InputStats{{
			Name: "hub", Lines: 10, Bytes: 1000, Gaps: 1, Files: 3, Faults: map[schema.Reason]int64{"invalid": 2},
			Events: []schema.Counted{{Schema: "https://example.org/s", Version: "1", Action: "get", Events: 8}, {Schema: "a\xff", Version: "1", Events: 1}},
		}},
		Outputs: []pipeline.OutputStats{
			{Name: "elk", Records: 7, Bytes: 700, Retries: 4, Lag: 50, Behind: 90 * time.Second, Failing: time.Unix(1, 0), Error: "away",
				Rejected: map[string]int64{"mapping": 1}, Batch: h, Write: h, Delivery: h},
			{Name: pipeline.QuarantineCursor, Records: 2, Batch: h, Write: h, Delivery: h},
		},
	}
}

// TestLabelsAreKnown: no metric has a label that could hold the path of a log, or
// anything of an event but an action of a closed, unrestricted list.
func TestLabelsAreKnown(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(&counters{snapshot: snapshot, version: "1.2.3"})
	families, err := r.Gather()
	if err != nil || len(families) < 15 {
		t.Fatal(len(families), err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if !slices.Contains([]string{"version", "goversion", "input", "reason", "schema", "action", "output", "class"}, l.GetName()) {
					t.Errorf("%s has the label %s: nothing of events, and no path of a log, stands in metrics", f.GetName(), l.GetName())
				}
			}
		}
	}
}

func TestMetrics(t *testing.T) {
	c := &counters{snapshot: snapshot, version: "1.2.3"}
	problems, err := testutil.CollectAndLint(c)
	if err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
	s := New(well, slog.New(slog.DiscardHandler))
	s.Handle("GET /metrics", Metrics(snapshot, "1.2.3"))
	_, client := serve(t, "127.0.0.1:0", s)
	code, text := get(t, client, "GET", "http://localhost/metrics")
	if code != 200 {
		t.Fatal(code, text)
	}
	for _, line := range []string{
		`input_lines_total{input="hub"} 10`,
		`input_faults_total{input="hub",reason="invalid"} 2`,
		`input_files{input="hub"} 3`,
		`input_events_total{action="get",input="hub",schema="https://example.org/s",version="1"} 8`,
		`output_records_total{output="elk"} 7`,
		`output_lag_bytes{output="elk"} 50`,
		`output_lag_seconds{output="elk"} 90`,
		`output_failing{output="elk"} 1`,
		`output_rejected_total{class="mapping",output="elk"} 1`,
		`output_batch_records_bucket{output="elk",le="1"} 1`,
		`output_batch_records_bucket{output="elk",le="10"} 3`,
		`output_batch_records_bucket{output="elk",le="+Inf"} 6`,
		`output_write_seconds_sum{output="elk"} 99`,
		`quarantine_lines_total 2`,
	} {
		if !strings.Contains(text, "\n"+namespace+"_"+line+"\n") {
			t.Errorf("%s is not in\n%s", line, text)
		}
	}
	for _, line := range []string{"process_resident_memory_bytes ", "go_goroutines "} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("%s is missing", line)
		}
	}
	if strings.Contains(text, `output="`+pipeline.QuarantineCursor) || strings.Contains(text, "away") {
		t.Error("the quarantine is no output, and errors are no metrics")
	}
}

// TestNamesStay: dashboards are made of these names.
func TestNamesStay(t *testing.T) {
	r := prometheus.NewRegistry()
	r.MustRegister(&counters{snapshot: snapshot})
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if row := fmt.Sprintf("| `%s` |", f.GetName()); !strings.Contains(string(text), row) {
			t.Errorf("docs/metrics.md has no row %s", row)
		}
	}
}

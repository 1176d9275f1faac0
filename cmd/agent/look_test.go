//go:build !windows

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"jupyter-events-agent/internal/telemetry"
)

// listening is where the agent of the yard answers.
func (y *yard) listening() string {
	y.Helper()
	m := regexp.MustCompile(`"listen":"(127\.0\.0\.1:\d+)"`).FindStringSubmatch(y.text("said"))
	if m == nil {
		y.Fatalf("the agent does not say where it listens")
	}
	return "http://" + m[1]
}

func (y *yard) get(url string) (int, string) {
	y.Helper()
	r, err := http.Get(url)
	if err != nil {
		y.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		y.Fatal(err)
	}
	return r.StatusCode, string(text)
}

// does is what a command of the agent prints.
func (y *yard) does(args ...string) (string, error) {
	y.Helper()
	out, err := agentWithStandIn(y.T, y.dir, args...).CombinedOutput()
	return string(out), err
}

// TestLooking: status, tap, health, metrics and the page of an agent that runs
// say how it is, and but for tap, which shows what goes out, none of them tells a value.
func TestLooking(t *testing.T) {
	y := newYard(t, "[telemetry]\nlisten = '127.0.0.1:0'")
	y.start()
	at := y.listening()
	tapped := agentWithStandIn(t, y.dir, "tap", "--output", "audit", "--count", "3")
	out, err := os.Create(y.path("tapped"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	tapped.Stdout, tapped.Stderr = out, out
	if err := tapped.Start(); err != nil {
		t.Fatal(err)
	}
	written := 0
	y.until("tap has seen three records", func() bool {
		y.append(written, written+2)
		written += 2
		return strings.Count(y.text("tapped"), "\n") == 3
	})
	if err := tapped.Wait(); err != nil {
		t.Error(err)
	}
	if text := y.text("tapped"); strings.Count(text, `"name":"alice"`) != 3 || !strings.Contains(text, `"__event_id__"`) {
		t.Errorf("tap: %s", text)
	}

	var s telemetry.Status
	y.until("all is delivered", func() bool {
		text, err := y.does("status", "--json")
		if err != nil {
			t.Fatal(text, err)
		}
		s = telemetry.Status{}
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatal(err)
		}
		if len(s.Outputs) != 2 {
			return false
		}
		a, l := s.Outputs[0], s.Outputs[1]
		return a.Behind+l.Behind == 0 && a.Lag+l.Lag == 0 && a.Records >= int64(written) && l.Rejected["mapping"]+l.Records >= int64(written) // what was written last it may not know of yet
	})
	if a, l := s.Outputs[0], s.Outputs[1]; a.Records != int64(written) || a.Kind != "file" || l.Rejected["mapping"]+l.Records != int64(written) || l.Rejected["mapping"] == 0 {
		t.Errorf("%+v", s.Outputs)
	}
	if f := s.Inputs[0].Files; len(f) != 1 || f[0].Path != y.path("events.log") || f[0].Delivered["audit"] != f[0].Bytes {
		t.Errorf("%+v", f)
	}
	text, err := y.does("status")
	if err != nil || !strings.Contains(text, "all delivered") || !strings.Contains(text, "events.log") {
		t.Errorf("status: %v\n%s", err, text)
	}
	seen := text
	for path, want := range map[string]string{
		"/healthz": "ok", "/readyz": "ok", "/": "<title>", "/status.js": "status.json", "/policy.json": `"/name"`,
		"/status.json": `"records":`, "/metrics": "\njupyter_events_agent_output_records_total{output=\"audit\"} ",
	} {
		code, text := y.get(at + path)
		if code != 200 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %.500s", path, code, text)
		}
		seen += text
	}
	if strings.Contains(seen+y.text("said"), "alice") || strings.Contains(y.text("said"), "went wrong") {
		t.Error("a value of an event is shown, or who had seen enough was a fault")
	}
	if text, err := y.does("health"); err != nil || text != "ok\n" {
		t.Errorf("health: %v %s", err, text)
	}
	if text, err := y.does("tap", "--output", "lak"); err == nil || !strings.Contains(text, `there is no output "lak" in the configuration that the agent has read, only audit, lake:`) {
		t.Errorf("tap: %v %s", err, text)
	}

	// A reload shows the new policy; it cannot move the listener.
	_, before := y.get(at + "/policy.json")
	y.policy(narrow, "[telemetry]\nlisten = '127.0.0.1:0'")
	if out, err := y.reload(); err != nil {
		t.Fatal(out, err)
	}
	if _, after := y.get(at + "/policy.json"); after == before || !strings.Contains(after, `"stays"`) {
		t.Errorf("after the reload: %s", after)
	}
	y.policy(narrow, "")
	if out, err := y.reload(); err == nil || !strings.Contains(out, "telemetry.listen: cannot change while the agent runs") {
		t.Errorf("%v %s", err, out)
	}
	y.stop()
	if text, err := y.does("health"); err == nil || !strings.Contains(text, "no agent runs with this state folder") {
		t.Errorf("health: %v %s", err, text)
	}
}

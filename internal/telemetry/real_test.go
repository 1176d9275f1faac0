//go:build real

package telemetry

import (
	"net/http/httptest"
	"os/exec"
	"testing"
)

// promtool is Prometheus' own tool, in the folder of the dashboard and alerts.
func promtool(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	program, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("there is no promtool: install the package prometheus")
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = "../../packaging/grafana"
	return cmd
}

// TestRealAlerts runs the alerts' own tests with Prometheus' tool.
func TestRealAlerts(t *testing.T) {
	for _, args := range [][]string{{"check", "rules", "alerts.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		if out, err := promtool(t, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

// TestRealMetrics: the names, units and helps are as Prometheus' tool wants them.
func TestRealMetrics(t *testing.T) {
	answer := httptest.NewRecorder()
	Metrics(snapshot, "1.2.3").ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	cmd := promtool(t, "check", "metrics")
	cmd.Stdin = answer.Body
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

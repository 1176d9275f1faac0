//go:build real

package telemetry

import (
	"os/exec"
	"testing"
)

// TestRealAlerts runs the alerts' own tests with Prometheus' tool.
func TestRealAlerts(t *testing.T) {
	program, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("there is no promtool: install the package prometheus")
	}
	for _, args := range [][]string{{"check", "rules", "alerts.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Dir = "../../packaging/grafana"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

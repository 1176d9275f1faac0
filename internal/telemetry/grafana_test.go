package telemetry

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// TestDashboard: the dashboard and the alerts ask for metrics that there are.
func TestDashboard(t *testing.T) {
	r := prometheus.NewRegistry()
	r.MustRegister(&counters{snapshot: snapshot})
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	known, labels := map[string]bool{}, map[string]bool{"instance": true, "job": true, "le": true}
	for _, f := range families {
		known[f.GetName()] = true
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = true
			}
		}
	}
	asked, grouped := 0, 0
	for _, file := range []string{"dashboard.json", "alerts.yaml"} {
		text, err := os.ReadFile("../../packaging/grafana/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(namespace+`_\w+`).FindAllString(string(text), -1) {
			asked++
			bare := name
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				bare = strings.TrimSuffix(bare, suffix)
			}
			if !known[name] && !known[bare] {
				t.Errorf("%s asks for %s, which the agent does not have", file, name)
			}
		}
		// What they group by, show and tell apart by.
		for _, found := range regexp.MustCompile(`\bby \(([^)]*)\)|\$labels\.(\w+)|\{\{ ?(\w+) ?\}\}`).FindAllStringSubmatch(string(text), -1) {
			for _, label := range strings.FieldsFunc(found[1]+" "+found[2]+" "+found[3], func(r rune) bool { return r == ',' || r == ' ' }) {
				grouped++
				if !labels[label] {
					t.Errorf("%s asks for the label %s, which no metric has", file, label)
				}
			}
		}
	}
	if grouped < 20 {
		t.Errorf("only %d labels are asked for", grouped)
	}
	if asked < 20 {
		t.Errorf("only %d metrics are asked for", asked)
	}
	var dashboard struct {
		Title  string
		Panels []struct {
			ID      int
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	text, err := os.ReadFile("../../packaging/grafana/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	if len(dashboard.Panels) == 0 {
		t.Error("the dashboard is empty")
	}
	ids := map[int]bool{}
	for _, p := range dashboard.Panels {
		if ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 || len(p.Targets) == 0 {
			t.Errorf("%+v", p)
		}
		ids[p.ID] = true
	}
}

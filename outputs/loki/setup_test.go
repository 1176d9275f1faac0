package loki

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestLimits: what is printed is YAML of the very limits, under which nothing is left to do.
func TestLimits(t *testing.T) {
	c := New().(*Config)
	c.Labels = map[string]string{"job": "x"}
	var has struct {
		Limits map[string]any `yaml:"limits_config"`
	}
	if err := yaml.Unmarshal([]byte(c.Limits()), &has); err != nil {
		t.Fatalf("%v in\n%s", err, c.Limits())
	}
	for _, l := range matters {
		value, ok := find(has.Limits, strings.Split(l.key, "."))
		if !ok || !l.holds(c, value) {
			t.Errorf("%s: printed as %v, which would not do", l.key, value)
		}
	}
}

func TestCompare(t *testing.T) {
	const delivered = `limits_config:
  allow_structured_metadata: %v
  increment_duplicate_timestamp: false
  unordered_writes: true
  max_line_size: 256KB
  max_line_size_truncate: false
  reject_old_samples: true
  max_label_names_per_series: 15
  ingestion_burst_size_mb: 6
  shard_streams:
    enabled: true
`
	for name, test := range map[string]struct {
		status int
		body   string
		todo   []string
		wrong  bool
		err    string
	}{
		"as it is delivered": {status: 200, body: fmt.Sprintf(delivered, true), todo: []string{"shard_streams.enabled", "max_line_size", "reject_old_samples"}},
		"takes no records":   {status: 200, body: fmt.Sprintf(delivered, false), todo: []string{"allow_structured_metadata", "shard_streams.enabled", "max_line_size", "reject_old_samples"}, wrong: true},
		"a gateway":          {status: 404, body: "no", err: "compare what --print shows with it by hand"},
		"something else":     {status: 200, body: "hello: 1\n", err: "is not Loki's configuration"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet || r.URL.Path != "/config" {
				t.Errorf("%s %s: only the configuration is to be asked for", r.Method, r.URL.Path)
			}
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(test.status)
			fmt.Fprint(w, test.body)
		}))
		c := New().(*Config)
		c.URL, c.Labels = server.URL, map[string]string{"job": "x"}
		said, wrong, err := c.Compare(t.Context())
		server.Close()
		var todo []string
		for _, line := range said {
			if key, _, found := strings.Cut(line, ": set it to "); found {
				todo = append(todo, key)
			}
		}
		if !slices.Equal(todo, test.todo) || wrong != test.wrong {
			t.Errorf("%s: %q, wrong %v", name, said, wrong)
		}
		if (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAtLeast(t *testing.T) {
	for text, want := range map[any]bool{"256KB": false, "1MB": true, "1048576": true, "2GB": true, 0: true, "0B": true, "what": true} {
		if got := atLeast(1<<20)(nil, text); got != want {
			t.Errorf("%v: %v", text, got)
		}
	}
}

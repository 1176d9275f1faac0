//go:build real

package loki

import (
	"strings"
	"testing"

	"jupyter-events-agent/internal/servers"
)

// TestRealSetup: a real Loki shows its limits where they are looked for.
func TestRealSetup(t *testing.T) {
	s := servers.Loki(t)
	c := New().(*Config)
	c.URL, c.Labels = s.URL, map[string]string{"job": "x"}
	said, wrong, err := c.Compare(t.Context())
	if err != nil || wrong {
		t.Fatal(said, wrong, err)
	}
	if len(said) != len(matters) {
		t.Errorf("%d lines of %d limits", len(said), len(matters))
	}
	for _, line := range said {
		if strings.Contains(line, "does not have it") {
			t.Error(line)
		}
	}
	if !strings.Contains(strings.Join(said, "\n"), "max_line_size: set it to") {
		t.Errorf("lines of 256KB are enough: %q", said)
	}
}

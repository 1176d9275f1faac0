package outputtest

import (
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"jupyter-events-agent/outputs"
)

// Mistakes holds that Validate finds in each text, a table of an output in
// TOML, exactly these mistakes, in this order; want has how each begins.
func Mistakes(t *testing.T, fresh func() outputs.Config, want map[string][]string) {
	t.Helper()
	for text, want := range want {
		c := fresh()
		if _, err := toml.Decode(text, c); err != nil {
			t.Fatal(err)
		}
		got := c.Validate()
		if len(got) != len(want) {
			t.Errorf("%q: %v; want %q", text, got, want)
			continue
		}
		for i := range want {
			if !strings.HasPrefix(got[i].Error(), want[i]) {
				t.Errorf("%q: %v; want %q", text, got[i], want[i])
			}
		}
	}
}

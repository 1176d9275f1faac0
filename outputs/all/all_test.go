package all

import (
	"regexp"
	"testing"
)

// TestKinds: each kind is named as configurations name it, and what is left
// out is a mistake that begins with a key, not a panic.
func TestKinds(t *testing.T) {
	for name, fresh := range Kinds {
		c := fresh()
		mistakes := c.Validate()
		if !regexp.MustCompile(`^[a-z]+$`).MatchString(name) || len(mistakes) == 0 {
			t.Errorf("%s: %v; want a lower-case name, and mistakes where nothing is configured", name, mistakes)
		}
		for _, m := range mistakes {
			if !regexp.MustCompile(`^[a-z_.]+: .`).MatchString(m.Error()) {
				t.Errorf("%s: %q does not begin with a key", name, m)
			}
		}
		if fresh() == c {
			t.Errorf("%s: two outputs share one configuration", name)
		}
	}
}

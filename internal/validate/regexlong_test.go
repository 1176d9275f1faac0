package validate

import (
	"strings"
	"testing"
	"time"
)

// TestLongRegexesEnd: what a long text costs that a schema calls a regex does not
// grow with the square of its length.
func TestLongRegexesEnd(t *testing.T) {
	const size = 1 << 20
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"flags":          {"(?" + strings.Repeat("i", size) + ")", true},
		"flags off":      {"(?s-" + strings.Repeat("i", size) + ":a)", true},
		"groups to come": {strings.Repeat("(?(99)a)", size/8) + strings.Repeat("(a)", 99) + strings.Repeat("b", size/2), true},
		"one too few":    {strings.Repeat("(?(98)a)", size/8) + strings.Repeat("(a)", 98) + "(?(99)a)", false},
		"opened before":  {strings.Repeat("(a)", 98) + strings.Repeat("(?(99)a)", size/8) + "(a)", true},
		"none to come":   {strings.Repeat("(a)", 98) + "(?(99)a)" + strings.Repeat("b", size), false},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			if got := isRegex([]byte(c.text)); got != c.want {
				t.Errorf("is a regex: %v", got)
			}
			if took := time.Since(begun); took > 20*time.Second { // a minute and more, where it does
				t.Errorf("took %v", took)
			}
		})
	}
}

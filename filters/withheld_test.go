package filters_test

import (
	"testing"

	"jupyter-events-agent/filters"
)

func TestReasonsHaveNames(t *testing.T) {
	var w filters.Withheld
	seen := map[string]bool{}
	for i := range w {
		name := filters.Withholding(i).String()
		if name == "" || seen[name] {
			t.Errorf("reason %d is called %q", i, name)
		}
		seen[name] = true
		w[i] = int64(i) + 1
	}
	w.Add(&filters.Withheld{filters.Dropped: 5})
	if w[filters.Dropped] != 8 || w.Sum() != 15 {
		t.Errorf("%v", w)
	}
}

package aside

import (
	"strings"
	"testing"

	"jupyter-events-agent/internal/units"
)

func TestValidate(t *testing.T) {
	for want, c := range map[string]Config{
		"path: is missing":     {MaxSize: units.GiB},
		"max_size: must be at": {Path: "/q", MaxSize: 5},
	} {
		if got := c.Validate(); len(got) != 1 || !strings.HasPrefix(got[0].Error(), want) {
			t.Errorf("%v; want %q", got, want)
		}
	}
	d := Default()
	d.Path = "/q"
	if got := d.Validate(); len(got) > 0 || d.MaxSize != units.GiB {
		t.Errorf("the default: %v, %v", d, got)
	}
}

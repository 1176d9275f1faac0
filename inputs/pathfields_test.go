package inputs_test

import (
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/inputs"
)

func TestPathFields(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          []string // nil: does not match
	}{
		{"/home/{user}/events.log", "/home/ada/events.log", []string{"ada"}},
		{"/home/{user}/events.log", "/home/ada/events.log.1", []string{"ada"}},
		{"/home/{user}/events.log", "/home/ada/events.log-20261122.gz", []string{"ada"}},
		{"/home/{user}/events.log", "/home/ada/events.log.d/x", nil},
		{"/home/{user}/events.log", "/home/ada/events.logs", nil},
		{"/home/{user}/events.log", "/home/ada/x/events.log", nil},
		{"/home/{user}/events.log", "/home//events.log", nil},
		{"/home/{user}/events.log", "/srv/home/ada/events.log", nil},
		{"/home/{user}/events.log", "/home/a.b c%{x}/events.log", []string{"a.b c%{x}"}},
		{"/home/{user}/{team}/e.log", "/home/ada/maths/e.log", []string{"ada", "maths"}},
		{"/log/{user}.log", "/log/ada.log", []string{"ada"}},
		{"/log/{user}.log", "/log/ada.log.1", []string{"ada"}},
		{"/log/{user}.log", "/log/ada.log.old.log", []string{"ada.log.old"}}, // as it stands, before as a rotated one
		{"/log/{team}-{user}.log", "/log/a-b-c.log", []string{"a", "b-c"}},
		{"/log/*/{user}.log", "/log/x/ada.log", []string{"ada"}},
		{"/log/*/{user}.log", "/log/x/y/ada.log", nil},
		{"/log/**/{user}.log", "/log/x/y/ada.log", []string{"ada"}},
		{"/l.g/{user}.log", "/log/ada.log", nil}, // a dot is a dot
	} {
		p, errs := inputs.NewPathPattern(c.pattern, map[string][]string{"user": {}, "team": {}})
		for _, err := range errs {
			if !strings.Contains(err.Error(), "the pattern has no {team}") {
				t.Fatal(err)
			}
		}
		if len(errs) > 0 {
			if p, errs = inputs.NewPathPattern(c.pattern, map[string][]string{"user": {}}); errs != nil {
				t.Fatal(errs)
			}
		}
		base := &inputs.Source{Input: "hub", Trusted: true, Index: 3, Pattern: p}
		if base.At(p.Example()).Stray {
			t.Errorf("%s: its own example %s does not match", c.pattern, p.Example())
		}
		at := base.At(c.path)
		if !slices.Equal(at.Path, c.want) || at.Stray != (c.want == nil) || at.Input != "hub" || !at.Trusted || at.Index != 3 {
			t.Errorf("%s of %s: %q, stray %v; want %q", c.path, c.pattern, at.Path, at.Stray, c.want)
		}
		if base.Path != nil || base.Stray {
			t.Error("the input's source was changed")
		}
	}
	plain := &inputs.Source{}
	if plain.At("/x") != plain {
		t.Error("without a pattern another source")
	}
}

func TestPathPatternMistakes(t *testing.T) {
	who := map[string][]string{"user": {"user-identifier"}}
	for pattern, want := range map[string]string{
		"/home/events.log":        "path_fields.categories.user: the pattern has no {user}",
		"":                        "path_fields.categories.user: the pattern has no {user}",
		"/home/{user":             `"{" without its other brace`,
		"/home/user}":             `"}" without its other brace`,
		"/home/{}/x":              `"{}" is no name`,
		"/home/{a b}/x":           `"{a b}" is no name`,
		"/home/{user}/{user}":     "{user} stands twice",
		"/home/{user}{team}/x":    "{team} follows another field",
		"/home/{user}*/x":         "* follows another field",
		"/home/{user}/{team}.log": "path_fields.categories.team: is missing",
	} {
		p, errs := inputs.NewPathPattern(pattern, who)
		found := slices.ContainsFunc(errs, func(err error) bool {
			return strings.HasPrefix(err.Error(), "path_fields.") && strings.Contains(err.Error(), want)
		})
		if p != nil || !found {
			t.Errorf("%q: %v, want %s", pattern, errs, want)
		}
	}
	if _, errs := inputs.NewPathPattern("/x", nil); len(errs) != 1 || !strings.Contains(errs[0].Error(), "has no field") {
		t.Error(errs)
	}
}

// TestUpstreamFields: what an aggregator expects has no paths to be found in.
func TestUpstreamFields(t *testing.T) {
	p, errs := inputs.NewUpstreamFields(map[string][]string{"user": {"user-identifier"}, "team": {}})
	if errs != nil || !p.Upstream() || len(p.Fields()) != 2 || p.Fields()[0].Name != "team" {
		t.Error(p, errs)
	}
	s := &inputs.Source{Pattern: p}
	if s.At("/home/ada") != s || s.Stray {
		t.Error("the path of a file counts")
	}
	if (*inputs.PathPattern)(nil).Upstream() {
		t.Error("no pattern is upstream")
	}
	for name, categories := range map[string]map[string][]string{"is empty": {}, `"a b" is no name`: {"a b": {}}} {
		if _, errs := inputs.NewUpstreamFields(categories); len(errs) != 1 || !strings.Contains(errs[0].Error(), name) {
			t.Error(name, errs)
		}
	}
}

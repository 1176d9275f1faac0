package filters_test

import (
	"slices"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// What comes to an output hangs on its inputs: which of them bring a schema, what
// they read, and what the paths of their files say.
func TestDiffOfInputs(t *testing.T) {
	r := registry(t, "e.json", `{"$id": "https://x.test/e", "version": "1"}`)
	none := []string{}
	side := func(p filters.Policy, categories map[string][]string, reads []string, names ...string) filters.Fed {
		fed := filters.Fed{Reads: reads}
		for i, name := range names {
			s := &inputs.Source{Input: name, Index: i, Trusted: true}
			if categories != nil && i == 0 {
				var wrong []error
				if s.Pattern, wrong = inputs.NewPathPattern("/{team}/{user}/log", categories); wrong != nil {
					t.Fatal(wrong)
				}
			}
			c, err := r.Checker(schema.Rules{Source: s})
			if err != nil {
				t.Fatal(err)
			}
			p.Sources, fed.Inputs = append(p.Sources, s), append(fed.Inputs, c)
		}
		p.Metadata = []string{}
		fed.Filter = compile(t, p, r)
		return fed
	}
	fields := func(team, user string) map[string][]string {
		return map[string][]string{"team": {team}, "user": {user}}
	}
	asks := filters.Policy{Consent: yes(&none, "deliver"), DropEvents: []string{"health"}}
	asked := side(asks, fields("user-identifier", "user-identifier"), nil, "a", "b")
	for name, c := range map[string]struct {
		before, after filters.Fed
		want          []string
	}{
		"the same":             {side(filters.Policy{}, nil, []string{"x", "y"}, "a", "b"), side(filters.Policy{}, nil, []string{"x", "y"}, "a", "b"), nil},
		"the second elsewhere": {side(filters.Policy{}, nil, []string{"x", "y"}, "a", "b"), side(filters.Policy{}, nil, []string{"x", "z"}, "a", "b"), []string{"let out (events of input b)"}},
		"nothing said of it":   {side(filters.Policy{}, nil, []string{"x"}, "a", "b"), side(filters.Policy{}, nil, []string{"x"}, "a", "b"), nil},
		"another":              {side(filters.Policy{}, nil, nil, "a"), side(filters.Policy{}, nil, nil, "a", "b"), []string{"let out (events of input b)"}},
		"one less":             {side(filters.Policy{}, nil, nil, "a", "b"), side(filters.Policy{}, nil, nil, "a"), []string{"held back (events of input b)"}},
		"names nobody":         {asked, side(asks, fields("user-identifier", "other"), nil, "a", "b"), []string{"let out (events about whom /__path__/user names)"}},
		"drops":                {asked, side(asks, fields("user-identifier", "health"), nil, "a", "b"), []string{"held back (events of input a)", "let out (events about whom /__path__/user names)", "held back (events that hold /__path__/user)"}},
		"drops no more":        {side(asks, fields("user-identifier", "health"), nil, "a", "b"), asked, []string{"let out (events of input a)", "held back (events about whom /__path__/user names)", "let out (events that hold /__path__/user)"}},
		"gone":                 {side(filters.Policy{}, fields("unrestricted", "unrestricted"), nil, "a"), filters.Fed{}, []string{"held back (events of input a)", "held back (time)", "held back /__path__/team", "held back /__path__/user"}},
		"anew":                 {filters.Fed{}, side(filters.Policy{}, fields("unrestricted", "unrestricted"), nil, "a"), []string{"let out (events of input a)", "let out (time)", "let out /__path__/team", "let out /__path__/user"}},
	} {
		var got []string
		for _, change := range filters.Diff(c.before, c.after) {
			word := "held back "
			if change.LetOut {
				word = "let out "
			}
			got = append(got, word+change.Property)
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

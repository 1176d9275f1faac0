package near

import "testing"

func TestWord(t *testing.T) {
	known := []string{"path", "paths", "state_dir", "https://events.jupyter.org/jupyter_server/kernel_actions/v1", ""}
	for _, c := range []struct{ word, want string }{
		{"path", "path"},
		{"pth", "path"},     // left out
		{"patth", "path"},   // added
		{"pbth", "path"},    // changed
		{"ptah", "path"},    // swapped
		{"pathes", "paths"}, // the nearer one
		{"patsh", "path"},   // as near as paths
		{"p", ""},           // and not the empty word
		{"phtsx", ""},       // two of five
		{"state_dari", "state_dir"},
		{"potty", ""},   // two of five
		{"statdri", ""}, // three of seven
		{"stat_dri", "state_dir"},
		{"stote_doors", ""}, // four of eleven
		{"https://events.jupyter.org/jupyter_server/kernel_action/v2", known[3]},
		{"https://events.jupyter.org/jupyter_server/contents_service/v1", ""},
	} {
		if got := Word(c.word, known); got != c.want {
			t.Errorf("%s: %q, want %q", c.word, got, c.want)
		}
	}
	if got, want := Hint("pth", known), ` (did you mean "path"?)`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	const hub = `https://schema.jupyter.org/jupyterhub/`
	ids := []string{hub + "events/server-action", "https://schema.jupyter.org/jupyter_collaboration/fork/v1", "urn:x"}
	for pattern, want := range map[string]string{
		"https://schema.jupyter.org/jupterhub/*":           ` (did you mean "` + hub + `*"?)`,
		"https://schema.jupiter.org/*":                     ` (did you mean "https://schema.jupyter.org/*"?)`,
		"https://schema.jupyter.org/jupyterhub/event/*":    ` (did you mean "` + hub + `events/*"?)`,
		"https://schema.jupyter.org/jupterhub/events/serv": "",
		hub + "events/server-acton":                        ` (did you mean "` + hub + `events/server-action"?)`,
		"https://example.org/*":                            "",
		"urm:*":                                            "",
	} {
		if got := HintOfPattern(pattern, ids); got != want {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
	if got := Hint("other", known); got != "" {
		t.Errorf("%q, want nothing", got)
	}
}

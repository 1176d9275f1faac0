package config_test

import (
	"os"
	"strings"
	"testing"

	"jupyter-events-agent/internal/config"
)

func mustLink(t *testing.T, folder, link string) {
	t.Helper()
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
}

// FuzzConfig: no text makes the reading panic, and no mistake repeats a value.
// The canary stands wherever the text has the word VALUE in a value.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		small,
		`state_dir = VALUE`, `state_dir = "VALUE`, `state_dir = 12VALUE`, `state_dir = "a\VALUE"`, `grace = "VALUE"`,
		"[[outputs.file]]\nname = \"VALUE VALUE\"\npath = [\"VALUE\"]\nrotate = { size = \"VALUE\" }\n",
		"[log]\nlevel = \"VALUE\"\n[[inputs.file]]\nenvelope = \"VALUE\"\nmax_line = 1.5\n",
		"x = [1, \"VALUE\", {a = 1}, 1979-05-27]\n\"\" = 1\n[a.b]\n[[a.c]]\n",
		"[[outputs.file]]\npolicy = { categories = \"VALUE\", match = \"VALUE\", properties = { \"é\" = 1 } }\nmetadata=[\"VALUE\"]",
		"grace = 9999999999999999999999\n", "a = 1__VALUE", "a = 1979-VALUE", "a = inf\nb = nan\nc = -0.0",
	} {
		f.Add(seed)
	}
	const canary = "s3cr3tcanary"
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, canary) {
			return
		}
		c, err := config.Parse("agent.toml", text, kinds)
		if c == nil && err == nil {
			t.Fatal("neither a configuration nor a mistake")
		}
		_, err = config.Parse("agent.toml", strings.ReplaceAll(text, "VALUE", canary), kinds)
		if err == nil || !strings.Contains(err.Error(), canary) {
			return
		}
		// It may be the canary only where it stands as a key, before a = or in
		// brackets, or as a legal name.
		for _, m := range err.(config.Mistakes) {
			if strings.Contains(m, canary) && !strings.Contains(m, "nknown k") && !strings.Contains(m, "Key '") &&
				!strings.Contains(m, "last key") && !strings.Contains(m, `file "`) {
				t.Errorf("a value in %q", m)
			}
		}
	})
}

package packaging_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRelease makes releases of a small repository, whose packages are a line of text.
func TestRelease(t *testing.T) {
	for _, program := range []string{"bash", "git", "make", "awk", "sed"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s on this machine: %v", program, err)
		}
	}
	script, err := os.ReadFile("release")
	if err != nil {
		t.Fatal(err)
	}
	dir, maintainer := t.TempDir(), "Ada Lovelace <ada@analytical-engines.org>"
	does := func(name string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "MAINTAINER="+maintainer, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "HOME="+dir,
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
		text, err := cmd.CombinedOutput()
		return string(text), err
	}
	git := func(args ...string) string {
		t.Helper()
		text, err := does("git", args...)
		if err != nil {
			t.Fatal(text, err)
		}
		return strings.TrimSpace(text)
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(version, why string) {
		t.Helper()
		before := git("tag")
		if text, err := does("packaging/release", version); err == nil || !strings.Contains(text, why) {
			t.Errorf("release %s: %v, want %q in:\n%s", version, err, why, text)
		}
		if after := git("tag"); after != before {
			t.Errorf("release %s was refused and made the tags %s", version, after)
		}
	}
	git("init", "-q")
	write("packaging/release", string(script))
	write(".gitignore", "dist\n")
	write("Makefile", "package:\n\ttest ! -e broken && mkdir -p dist && echo \"$$VERSION by $$MAINTAINER\" > dist/made\n")
	write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n## 1.2.3 (today)\n\n- # of fixes: one\n\n## 1.2.2\n\n- another\n\n## 1.2.1\n")
	refused("1.2.3", "the tree has changes")
	git("add", "-A")
	git("commit", "-q", "-m", "all")
	for _, version := range []string{"", "1.2", "v1.2.3", "1.2.3.4", "1.02.3", "1.2.3-beta", "1.2.3; true"} {
		refused(version, "is no version")
	}
	refused("1.2.4", `says nothing under "## 1.2.4"`)
	refused("1.2.1", `says nothing under "## 1.2.1"`)
	distributor := maintainer
	for wrong, why := range map[string]string{
		"":                            "who distributes it?",
		"ada@analytical-engines.org":  "is not a name and an address",
		"Ada Lovelace":                "is not a name and an address",
		"Ada <ada@engines>":           "is not a name and an address",
		"Ada <ada@engines.org>\nX: y": "is not a name and an address",
		"Ada <ada@engines.org> <b@c>": "is not a name and an address",
		"Nobody <nobody@jupyter-events-agent.invalid>": "nobody reads mail there",
		"Ada <ada@mail.example.org>":                   "nobody reads mail there",
		"Ada <ada@host.LOCAL>":                         "nobody reads mail there",
	} {
		maintainer = wrong
		refused("1.2.3", why)
	}
	maintainer = distributor
	text, err := does("packaging/release", "1.2.3")
	if err != nil || !strings.Contains(text, "git push origin HEAD v1.2.3") {
		t.Fatal(text, err)
	}
	if made, err := os.ReadFile(filepath.Join(dir, "dist", "made")); err != nil || string(made) != "1.2.3 by "+maintainer+"\n" {
		t.Errorf("packages of %q were made: %v", made, err)
	}
	if of, head := git("rev-parse", "v1.2.3^{commit}"), git("rev-parse", "HEAD"); of != head {
		t.Errorf("the tag is of %s, want %s", of, head)
	}
	if notes := git("tag", "-l", "--format=%(contents)", "v1.2.3"); notes != "jupyter-events-agent 1.2.3\n\n- # of fixes: one\n\nPackages by "+maintainer {
		t.Errorf("the tag says %q", notes)
	}
	refused("1.2.3", "there is a tag")
	write("broken", "")
	git("add", "-A")
	git("commit", "-q", "-m", "broken")
	refused("1.2.2", "")
}

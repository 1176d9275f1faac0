//go:build real

package packaging_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRealReproducible: a second tree elsewhere, with other modes and times,
// makes the same bytes.
func TestRealReproducible(t *testing.T) {
	one := dist(t)
	dir, err := tree("two")
	if err != nil {
		t.Fatal(err)
	}
	output(t, "chmod", "-R", "go-rwx", dir)
	if err := build(dir, first, nil, "TZ=Asia/Tokyo", "LANG=de_DE.UTF-8"); err != nil {
		t.Fatal(err)
	}
	two := filepath.Join(dir, "dist")
	names, err := filepath.Glob(filepath.Join(two, "*"+first+"*"))
	if err != nil || len(names) != 6 {
		t.Fatalf("%d files (%v), want .deb, .rpm and .cdx.json for two architectures: %v", len(names), err, names)
	}
	for _, name := range names {
		a, err := os.ReadFile(filepath.Join(one, filepath.Base(name)))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s: two builds differ (%d and %d bytes)", filepath.Base(name), len(a), len(b))
		}
	}
	sums, err := os.ReadFile(filepath.Join(two, "SHA256SUMS"))
	if err != nil || strings.Count(string(sums), "\n") != len(names) {
		t.Errorf("SHA256SUMS: %v\n%s", err, sums)
	}
	check := "cd " + two + " && sha256sum --check --quiet SHA256SUMS"
	output(t, "sh", "-c", check)
}

// everywhere is what both kinds of packages have.
var everywhere = []string{
	"/usr/bin/jupyter-events-agent",
	"/usr/lib/systemd/system/jupyter-events-agent.service",
	"/usr/lib/sysusers.d/jupyter-events-agent.conf",
	"/usr/lib/tmpfiles.d/jupyter-events-agent.conf",
	"/etc/jupyter-events-agent/agent.toml.example",
	"/usr/share/man/man1/jupyter-events-agent.1.gz",
	"/usr/share/man/man1/jupyter-events-agent-setup-elasticsearch.1.gz",
	"/usr/share/man/man5/jupyter-events-agent.toml.5.gz",
	"/usr/share/bash-completion/completions/jupyter-events-agent",
	"/usr/share/fish/vendor_completions.d/jupyter-events-agent.fish",
	"/usr/share/doc/jupyter-events-agent/copyright",
	"/usr/share/doc/jupyter-events-agent/third-party-licences.gz",
	"/usr/share/doc/jupyter-events-agent/sbom.cdx.json",
	"/usr/share/doc/jupyter-events-agent/README.md",
	"/usr/share/doc/jupyter-events-agent/docs/config.md",
	"/usr/share/doc/jupyter-events-agent/packaging/tljh.md",
	"/usr/share/doc/jupyter-events-agent/packaging/grafana/dashboard.json",
	"/usr/share/doc/jupyter-events-agent/examples/home-directories.conf",
}

// TestRealPages: every link of the pages on a machine leads somewhere there, and
// so does what the program says of them.
func TestRealPages(t *testing.T) {
	need(t, "dpkg-deb", "dpkg")
	dir := t.TempDir()
	output(t, "dpkg-deb", "--extract", filepath.Join(dist(t), deb(first)), dir)
	output(t, "go", "test", "-count=1", "-run=^TestLinks$", "jupyter-events-agent/internal/archtest", "-tree="+filepath.Join(dir, "usr/share/doc/jupyter-events-agent"))
	for _, command := range []string{"test", "selftest"} {
		help := output(t, filepath.Join(dir, "usr/bin/jupyter-events-agent"), command, "--help")
		page := regexp.MustCompile(`/\S+\.md`).FindString(help)
		if _, err := os.Stat(filepath.Join(dir, page)); page == "" || err != nil {
			t.Errorf("%s --help names %q, which no package brings (%v):\n%s", command, page, err, help)
		}
	}
}

func TestRealContents(t *testing.T) {
	in := dist(t)
	has := func(t *testing.T, listed string, paths ...string) {
		t.Helper()
		for _, path := range paths {
			if !strings.Contains(listed, path+"\n") {
				t.Errorf("%s is missing in\n%s", path, listed)
			}
		}
		// It would be asked about at each upgrade, and init would not write it.
		if strings.Contains(listed, "/etc/jupyter-events-agent/agent.toml\n") {
			t.Error("the package has an agent.toml")
		}
	}
	t.Run("deb", func(t *testing.T) {
		need(t, "dpkg-deb", "dpkg")
		file := filepath.Join(in, deb(first))
		has(t, output(t, "dpkg-deb", "--contents", file), append(everywhere, "/usr/share/zsh/vendor-completions/_jupyter-events-agent")...)
		if files := output(t, "dpkg-deb", "--info", file, "conffiles"); files != "/etc/jupyter-events-agent/agent.toml.example\n" {
			t.Errorf("conffiles: %s", files)
		}
	})
	t.Run("rpm", func(t *testing.T) {
		need(t, "rpm", "rpm")
		files, err := filepath.Glob(filepath.Join(in, "*.rpm"))
		if err != nil || len(files) < 2 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			has(t, output(t, "rpm", "-qpl", file), append(everywhere, "/usr/share/zsh/site-functions/_jupyter-events-agent")...)
			if files := output(t, "rpm", "-qpc", file); files != "/etc/jupyter-events-agent/agent.toml.example\n" {
				t.Errorf("configuration: %s", files)
			}
		}
		for _, script := range []string{"postinstall", "preremove", "postremove"} {
			output(t, "sh", "-n", filepath.Join("rpm", script))
		}
	})
	t.Run("lintian", func(t *testing.T) {
		need(t, "lintian", "lintian")
		if said := output(t, "lintian", "--allow-root", filepath.Join(in, deb(first))); said != "" {
			t.Error(said)
		}
	})
}

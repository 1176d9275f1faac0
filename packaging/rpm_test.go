//go:build real

package packaging_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func rpm(version string) string {
	return "jupyter-events-agent-" + version + "-1." + map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH] + ".rpm"
}

// A distribution of .rpm lets administrators say what is started: nothing.
const preset = "disable *\n"

// rpm: the life of the .rpm, by Debian's own rpm. Its scriptlets run for real,
// on a machine with systemd; only what it depends on is not asked for, since
// systemd is here by another kind of package.
func (s *service) rpm() {
	if !s.fresh {
		s.t.Skip("rpm is in the fresh Debian alone, which is not there")
	}
	s.run("apt-get", "install", "--yes", "--no-install-recommends", "rpm")
	s.write("/usr/lib/systemd/system-preset/99-default.preset", preset)
	said := s.run("rpm", "--install", "--nodeps", "/share/"+rpm(first))
	if !strings.Contains(said, "jupyter-events-agent init") {
		s.t.Errorf("the package does not say what to do next:\n%s", said)
	}
	s.verified()
	if state, _ := s.try("systemctl", "is-enabled", unit); state != "disabled" {
		s.t.Errorf("after the installation the service is %q, want disabled", state)
	}
	if got := s.run("stat", "-c", "%U:%G %a", filepath.Dir(config)); got != "root:jupyter-events-agent 750" {
		s.t.Errorf("the folder of the configuration is %s", got)
	}
	if got := s.run("jupyter-events-agent", "version"); !strings.Contains(got, first) {
		s.t.Errorf("version: %s", got)
	}

	s.write(config, following)
	s.run("rm", "-f", "/var/log/jupyter/events.log")
	s.written = 0
	s.log(1000)
	s.run("systemctl", "enable", "--now", unit)
	s.arrived()

	// An upgrade, while lines are written. The operator has changed the example, and so has the new version: his stays.
	const example, his = "/etc/jupyter-events-agent/agent.toml.example", "# the operator's own\n"
	s.write(example, his)
	key, before := s.read("/var/lib/jupyter-events-agent/id.key"), s.show("MainPID")
	s.meanwhile(func() {
		s.run("rpm", "--upgrade", "--nodeps", "/share/"+rpm(second))
		s.restarted(before)
	})
	if got := s.run("jupyter-events-agent", "version"); !strings.Contains(got, second) {
		s.t.Errorf("version: %s", got)
	}
	if s.read(config) != following || key == "" || s.read("/var/lib/jupyter-events-agent/id.key") != key {
		s.t.Error("the upgrade has changed the configuration or the state")
	}
	if s.read(example) != his || !strings.Contains(s.read(example+".rpmnew"), "of the second version") {
		s.t.Errorf("the upgrade has changed the operator's example, or not laid the new one beside it: %s", s.run("ls", "-l", filepath.Dir(config)))
	}
	if s.run("systemctl", "is-enabled", unit) != "enabled" {
		s.t.Error("the upgrade has disabled it")
	}
	s.arrived()

	s.run("rpm", "--erase", "jupyter-events-agent")
	if s.exists("/usr/bin/jupyter-events-agent") || s.show("ActiveState") == "active" {
		s.t.Error("it is there after it was removed")
	}
	if state, _ := s.try("systemctl", "is-enabled", unit); state == "enabled" {
		s.t.Error("it is enabled after it was removed")
	}
	if s.read(config) != following || s.read(example+".rpmsave") != his || s.read("/var/lib/jupyter-events-agent/id.key") != key {
		s.t.Error("the configuration or the state went with the package")
	}
}

// verified: every file is there as the package has it, and root's. Nothing else
// is said by rpm, and nothing but what is in the scripts is run.
func (s *service) verified() {
	s.t.Helper()
	if said, err := s.try("rpm", "--verify", "--nodeps", "jupyter-events-agent"); err != nil || said != "" {
		s.t.Errorf("rpm --verify: %v\n%s", err, said)
	}
	modes := map[string]string{"/usr/bin/jupyter-events-agent": "-rwxr-xr-x"}
	for file := range strings.Lines(s.run("rpm", "--query", "--queryformat", "[%{FILEMODES:perms} %{FILEUSERNAME}:%{FILEGROUPNAME} %{FILENAMES}\n]", "jupyter-events-agent")) {
		mode, rest, _ := strings.Cut(strings.TrimSpace(file), " ")
		owner, name, _ := strings.Cut(rest, " ")
		want := modes[name]
		switch {
		case want != "":
		case mode[0] == 'd':
			want = "drwxr-xr-x"
		default:
			want = "-rw-r--r--"
		}
		if mode != want || owner != "root:root" {
			s.t.Errorf("%s is %s of %s, want %s of root:root", name, mode, owner, want)
		}
	}
}

// TestRealScriptlets: what an .rpm runs is what is in rpm/, and nothing else.
func TestRealScriptlets(t *testing.T) {
	need(t, "rpm", "rpm")
	in := dist(t)
	var want strings.Builder
	for _, script := range []struct{ name, of string }{{"postinstall", "postinstall"}, {"preuninstall", "preremove"}, {"postuninstall", "postremove"}} {
		text, err := os.ReadFile(filepath.Join("rpm", script.of))
		if err != nil {
			t.Fatal(err)
		}
		want.WriteString(script.name + " scriptlet (using /bin/sh):\n" + strings.TrimSpace(string(text)) + "\n")
	}
	for _, version := range []string{first, second} {
		// There is an empty line after each.
		got := strings.ReplaceAll(output(t, "rpm", "-qp", "--scripts", filepath.Join(in, rpm(version))), "\n\n", "\n")
		if got != want.String() {
			t.Errorf("%s runs\n%s\nwant\n%s", rpm(version), got, want.String())
		}
	}
}

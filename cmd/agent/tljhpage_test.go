//go:build unix

package main

import (
	"os"
	"strings"
	"testing"
)

// TestTheTLJHPage: on a machine as packaging/tljh.md makes one, init finds what
// the page says, check takes the page's configuration, and the events of hub and
// users reach their outputs by it.
func TestTheTLJHPage(t *testing.T) {
	text, err := os.ReadFile("../../packaging/tljh.md")
	if err != nil {
		t.Fatal(err)
	}
	p := policyPage{t, string(text), t.TempDir()}
	python, toml := p.blocks("python"), p.blocks("toml")
	if len(python) != 2 || len(toml) != 1 {
		t.Fatalf("the page has %d files of Python and %d of the agent", len(python), len(toml))
	}
	p.write("/opt/tljh/config/jupyterhub_config.d/events.py", python[0])
	p.write("/opt/tljh/user/etc/jupyter/jupyter_server_config.py", python[1])
	p.write("/var/log/jupyterhub/events.log", p.read("testdata/policypage/hub.log"))
	p.write("/home/jupyter-ada.lovelace/.local/share/jupyter/events.log", p.read("testdata/policypage/ada.lovelace.log"))
	p.write("/etc/jupyter-events-agent/agent.toml", p.moved(toml[0]))
	p.write("/var/log/jupyter-events-agent/.made", "")

	found := p.run("jupyter-events-agent init --root " + p.root + " --dir " + p.path("/found") + " --yes; :")
	for _, want := range []string{"/opt/tljh/config/jupyterhub_config.d/events.py, which has events written", "/opt/tljh/user/etc/jupyter/jupyter_server_config.py, which has events written", "/var/log/jupyterhub/events.log", "/home/*/.local/share/jupyter/events.log"} {
		if !strings.Contains(found, want) {
			t.Errorf("init does not say %q:\n%s", want, found)
		}
	}
	said := p.run("jupyter-events-agent check")
	if !strings.Contains(said, "2 inputs, 2 outputs") {
		t.Errorf("check: %s", said)
	}
	// Loki is away: what is for it waits, and the file has everything.
	p.write("/etc/jupyter-events-agent/agent.toml", strings.Replace(p.moved(toml[0]), "https://loki.example.org", "http://127.0.0.1:1", 1))
	p.run("jupyter-events-agent run --once --timeout 1ms -c agent.toml || true; :")
	whose, hub := map[any]int{}, 0
	for _, r := range p.records("all") {
		if path, has := r["__path__"].(map[string]any); has {
			whose[path["username"]]++
		} else {
			hub++
		}
	}
	if len(whose) != 1 || whose["ada.lovelace"] == 0 || hub == 0 {
		t.Errorf("the file has events of %v, and %d of the hub", whose, hub)
	}
}

//go:build unix

package main

import (
	"os"
	"strings"
	"testing"
)

// TestTheConsentPage: with the overlay that docs/consent.md shows its output gets
// what one who has said yes does, of the hub, of contents, kernels and cells, and
// nothing of others; without it check says what keeps it from that.
func TestTheConsentPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/consent.md")
	if err != nil {
		t.Fatal(err)
	}
	p := policyPage{t, string(page), t.TempDir()}
	p.write("/var/log/jupyterhub/events.log", p.read("testdata/policypage/hub.log"))
	for _, name := range []string{"ada.lovelace", "grace.hopper"} {
		p.write("/home/"+name+"/.local/share/jupyter/events.log", p.read("testdata/policypage/"+name+".log")+
			`{"__timestamp__": "2026-11-23T00:02:26.5+00:00Z", "__schema__": "https://events.jupyter.org/jupyter_server_nbmodel/cell_execution/v1", "__schema_version__": "1", "__metadata_version__": 1, "event_type": "execution_start", "cell_id": "9f0c", "document_id": "json:notebook:5e", "timestamp": "2026-11-23T00:02:26.5"}
`)
	}
	p.write("/var/lib/jupyterhub/research-consent.json", `{"ada.lovelace": true, "grace.hopper": false}`)
	blocks := p.blocks("toml")
	if len(blocks) != 4 {
		t.Fatalf("the page has %d parts of files, not four", len(blocks))
	}
	output, overlay, inputs, tokens := blocks[0], blocks[1], blocks[2], blocks[3]
	p.write("/etc/jupyter-events-agent/consent-categories.toml", overlay)
	p.run("jupyter-events-agent key new token.key #")
	output = strings.Replace(output, "[[outputs.kafka]]", "[[outputs.file]]\npath = \"/var/log/research\"", 1)
	whole := p.moved("state_dir = \"/var/lib/state\"\n" + inputs + tokens + output)
	without := strings.Replace(strings.Replace(whole, "overlays =", "#", 1), "/state", "/state2", 1)

	p.write("/etc/jupyter-events-agent/agent.toml", strings.Replace(without, "/research", "/without", 1))
	said := p.run("jupyter-events-agent check")
	for _, warning := range []string{
		"server-action several properties count as naming a person: /servername, /username; each must",
		"kernel_actions/v1 several properties count as naming a person: /__path__/username, /kernel_id, /msg; each must",
		"gateway_client/v1 several properties count as naming a person: /__path__/username, /msg; each must",
		"cell_execution/v1 several properties count as naming a person: /__path__/username, /cell_id; each must",
	} {
		if !strings.Contains(said, "consent: in events of ") || !strings.Contains(said, warning) {
			t.Errorf("check does not say %q:\n%s", warning, said)
		}
	}
	if n := strings.Count(said, "warning:"); n != 4 {
		t.Errorf("%d warnings, not four:\n%s", n, said)
	}
	if said := p.run("jupyter-events-agent run --once"); !strings.Contains(said, "research 9") {
		t.Errorf("without the overlay others than the two of the hub and seven of contents: %s", said)
	}

	p.write("/etc/jupyter-events-agent/agent.toml", whole)
	if said := p.run("jupyter-events-agent check"); strings.Contains(said, "warning:") {
		t.Errorf("check warns of what the page shows:\n%s", said)
	}
	if said := p.run("jupyter-events-agent run --once"); !strings.Contains(said, "research 12") {
		t.Errorf("not the two events of the hub and ten of the server: %s", said)
	}
	records := p.read(p.path("/var/log/research"))
	for schema, n := range map[string]int{"/server-action": 2, "/contents_service/": 7, "/kernel_actions/": 2, "/cell_execution/": 1} {
		if got := strings.Count(records, schema); got != n {
			t.Errorf("%d records of %s, want %d", got, schema, n)
		}
	}
	for _, withheld := range []string{"ada", "grace", "kernel_id", "9f0c", "thesis"} {
		if strings.Contains(records, withheld) {
			t.Errorf("%q has gone out", withheld)
		}
	}
}

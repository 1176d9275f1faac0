//go:build real

package packaging_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/servers"
)

// hubConfig says nothing of events: the hub is as its own documentation has it,
// but for somebody who may start servers by its API, and for its patience, which
// is a minute: a machine that runs tests may have other things to do.
const hubConfig = `c = get_config()  # noqa: F821
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.Spawner.start_timeout = c.Spawner.http_timeout = 300
c.ConfigurableHTTPProxy.command = ["%[1]s/configurable-http-proxy"]
c.JupyterHub.services = [{"name": "person", "api_token": "%[2]s"}]
c.JupyterHub.load_roles = [{"name": "person", "services": ["person"], "scopes": ["admin:users", "admin:servers", "access:servers"]}]
`

const hubUnit = `[Service]
Environment=PATH=%[1]s:/usr/local/bin:/usr/bin:/bin
WorkingDirectory=/srv/jupyterhub
ExecStart=%[1]s/jupyterhub --config=/etc/jupyterhub/jupyterhub_config.py
`

const (
	hubConfigFile    = "/etc/jupyterhub/jupyterhub_config.py"
	serverConfigFile = "/etc/jupyter/jupyter_server_config.py"

	scholar = "lovelace" // who uses the hub
	visitor = "hopper"   // who types what needs no sudo
)

// answers are what somebody types when init asks: two destinations, where they
// are (as it proposes), and what each may have.
const answers = "elasticsearch, loki\n\naction-timestamp,user-identifier\n\n\n\n"

// TestRealFirstUse: from a fresh Debian with a JupyterHub that nobody has
// touched, by the .deb and the words of README, to its events in Elasticsearch
// and Loki with a policy each.
func TestRealFirstUse(t *testing.T) {
	const token = "5f0c6b1ed7a94e3c9b8a"
	share := dist(t)
	elastic, loki := servers.Elasticsearch(t), servers.Loki(t)
	p := &person{machine: boot(t, share)}
	p.forward("127.0.0.1:9200", strings.TrimPrefix(elastic.URL, "http://"))
	p.forward("127.0.0.1:3100", strings.TrimPrefix(loki.URL, "http://"))
	t.Cleanup(func() {
		if t.Failed() {
			journal, _ := p.try("journalctl", "-u", "jupyterhub", "-u", unit, "--no-pager", "-n", "60")
			t.Log(journal)
		}
	})

	// What is there before: a hub that runs, and its users.
	bin := p.jupyterhub()
	p.run("useradd", "--create-home", scholar)
	p.run("useradd", "--create-home", visitor)
	p.run("mkdir", "-p", "/srv/jupyterhub")
	p.write(hubConfigFile, fmt.Sprintf(hubConfig, bin, token))
	p.write("/etc/systemd/system/jupyterhub.service", fmt.Sprintf(hubUnit, bin))
	p.run("systemctl", "daemon-reload")
	p.run("systemctl", "start", "jupyterhub")
	p.run("install", "-m", "644", "-D", "-t", "/root/downloads", "/share/"+deb(second))
	script, err := os.ReadFile(filepath.Join("testdata", "hub.py"))
	if err != nil {
		t.Fatal(err)
	}
	p.write("/opt/hub.py", string(script))
	uses := func() {
		t.Helper()
		if said := p.run(filepath.Join(bin, "python"), "/opt/hub.py", token, scholar); said != "done" {
			t.Fatal(said)
		}
	}
	uses()

	begun := time.Now()
	commands := console(t, "../README.md", "## First use")
	if len(commands) != 5 {
		t.Fatalf("README's first use has other commands than this test knows: %q", commands)
	}
	for _, command := range commands {
		if strings.Contains(command, "jupyter-events-agent init") {
			p.follow(p.init(command))
			continue
		}
		p.types(command)
	}
	ready := time.Since(begun)
	uses()

	// What each program has written is what each destination has.
	lines := strings.Count(p.read("/var/log/jupyterhub/events.log"), "\n") + strings.Count(p.read("/home/"+scholar+"/.local/share/jupyter/events.log"), "\n")
	if lines < 7 {
		t.Fatalf("the hub and the server have written %d events", lines)
	}
	var documents, entries []string
	p.until("all events are in Elasticsearch", func() bool { documents = p.documents(elastic); return len(documents) >= lines })
	p.until("all events are in Loki", func() bool { entries = p.entries(loki); return len(entries) >= lines })
	t.Logf("%.0f s of machine time to an agent that runs, %.0f s to %d events in both destinations (fresh Debian: %v)", ready.Seconds(), time.Since(begun).Seconds(), lines, p.fresh)
	if len(documents) != lines || len(entries) != lines {
		t.Errorf("%d events, %d documents, %d entries", lines, len(documents), len(entries))
	}
	in, out := strings.Join(documents, "\n"), strings.Join(entries, "\n")
	if !strings.Contains(in, `"username":"`+scholar+`"`) {
		t.Errorf("Elasticsearch may have who it was, and has not:\n%s", in)
	}
	if strings.Contains(out, scholar) {
		t.Errorf("Loki has who it was:\n%s", out)
	}
	for _, all := range []string{in, out} {
		if strings.Contains(all, "ipynb") {
			t.Errorf("no policy names paths, and here is one:\n%s", all)
		}
		if !strings.Contains(all, `"action":"start"`) || !strings.Contains(all, `"action":"save"`) {
			t.Errorf("what was done is missing:\n%s", all)
		}
	}
}

// person does on a machine what a page says.
type person struct{ *machine }

// jupyterhub is the folder with the programs of a JupyterHub that is installed.
func (p *person) jupyterhub() string {
	const bin = "/opt/jupyterhub/bin"
	if p.fresh {
		return bin
	}
	// In the cache of who runs the tests, where the hub's users must be let in too.
	python := servers.Python(p.t, hubPackages...)
	real, err := filepath.EvalSymlinks(python)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, file := range []string{python, real} {
		for dir := filepath.Dir(file); dir != "/"; dir = filepath.Dir(dir) {
			p.run("chmod", "o+x", dir)
		}
	}
	p.run("ln", "-s", filepath.Dir(filepath.Dir(python)), filepath.Dir(bin))
	return bin
}

// console are the commands of a section of a page.
func console(t *testing.T, page, section string) (commands []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, text2, found := strings.Cut(string(text), "\n"+section+"\n")
	if !found {
		t.Fatalf("%s has no %q", page, section)
	}
	text2, _, _ = strings.Cut(text2, "\n## ")
	for line := range strings.Lines(text2) {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	return commands
}

// types runs a command of a page: with sudo, which a fresh Debian has not, as
// root, and else as somebody who is not.
func (p *person) types(command string) string {
	p.t.Helper()
	begun := time.Now()
	shell := []string{"runuser", "-u", visitor, "--", "sh", "-c", command}
	if rest, ok := strings.CutPrefix(command, "sudo "); ok {
		shell = []string{"sh", "-c", "cd /root/downloads && " + strings.ReplaceAll(rest, "&& sudo ", "&& ")}
	}
	said := p.run(shell...)
	p.t.Logf("%.1f s: %s", time.Since(begun).Seconds(), command)
	return said
}

// init answers on a terminal, as somebody whose files are nobody else's: what
// it writes must be readable for the agent all the same.
func (p *person) init(command string) string {
	p.t.Helper()
	command, _, _ = strings.Cut(strings.TrimPrefix(command, "sudo "), " #")
	said, err := p.say(answers, "sh", "-c", "umask 077; exec script --quiet --return --command '"+command+"' /dev/null")
	if err != nil {
		p.t.Fatalf("%s: %v\n%s", command, err, said)
	}
	said = strings.ReplaceAll(said, "\r\n", "\n")
	p.t.Log(said)
	if got := p.run("stat", "-c", "%U:%G %a", config); got != "root:jupyter-events-agent 640" {
		p.t.Errorf("init, with a umask of 077, wrote %s as %s", config, got)
	}
	return said
}

// advised is what init says to add to Jupyter's configuration.
var advised = regexp.MustCompile(`(?m)writes no events yet\. Add to (\S+):\n((?: {4}.*\n)+)then (?:make (\S+) a folder)?`)

// follow does what init has said.
func (p *person) follow(said string) {
	p.t.Helper()
	var files []string
	for _, m := range advised.FindAllStringSubmatch(said, -1) {
		file, lines, folder := m[1], strings.ReplaceAll(strings.TrimPrefix(m[2], "    "), "\n    ", "\n"), m[3]
		files = append(files, file)
		p.write(file, p.read(file)+lines)
		if folder != "" {
			p.run("mkdir", "-p", folder)
		}
	}
	if want := []string{hubConfigFile, serverConfigFile}; !slices.Equal(files, want) {
		p.t.Fatalf("init has said what to add to %q, want %q", files, want)
	}
	p.run("systemctl", "restart", "jupyterhub")
	if !strings.Contains(said, "/usr/share/doc/jupyter-events-agent/docs/operate.md has two ways") {
		p.t.Error("init does not say how the agent's user gets to read in homes")
	}
	for _, command := range console(p.t, "../docs/operate.md", "## Logs in people's homes") {
		p.types(command)
	}
}

func (p *person) documents(from *servers.ElasticsearchServer) (all []string) {
	p.t.Helper()
	const stream = "/logs-jupyter.events-default"
	from.Do(p.t, http.MethodPost, stream+"/_refresh", "")
	status, answer := from.Do(p.t, http.MethodGet, stream+"/_search?size=1000", "")
	if status == http.StatusServiceUnavailable {
		return nil // the stream is being made, and its first shard is not there yet
	}
	var page struct {
		Hits struct {
			Hits []struct {
				Source json.RawMessage `json:"_source"`
			}
		}
	}
	if err := json.Unmarshal(answer, &page); err != nil || status != http.StatusOK && status != http.StatusNotFound {
		p.t.Fatalf("asking Elasticsearch: %d: %v: %s", status, err, answer)
	}
	for _, hit := range page.Hits.Hits {
		all = append(all, string(hit.Source))
	}
	return all
}

func (p *person) entries(from *servers.LokiServer) (all []string) {
	p.t.Helper()
	query := url.Values{"query": {`{job="jupyter"}`}, "limit": {"1000"}, "start": {fmt.Sprint(time.Now().Add(-time.Hour).UnixNano())}}
	status, answer := from.Do(p.t, http.MethodGet, "/loki/api/v1/query_range?"+query.Encode(), nil, "")
	var page struct {
		Data struct {
			Result []struct{ Values [][2]string }
		}
	}
	if err := json.Unmarshal(answer, &page); err != nil || status != http.StatusOK {
		p.t.Fatalf("asking Loki: %d: %v: %s", status, err, answer)
	}
	for _, stream := range page.Data.Result {
		for _, value := range stream.Values {
			all = append(all, value[1])
		}
	}
	return all
}

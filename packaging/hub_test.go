//go:build real

package packaging_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"jupyter-events-agent/internal/servers"
)

// hubPackages are a JupyterHub, and the proxy that it needs, in Python.
var hubPackages = []string{"jupyterhub>=5,<7", "jupyter-server>=2.14,<3", "configurable-http-proxy"}

// The only words about events are those of README.
const hubConfig = `import logging
c = get_config()  # noqa: F821
c.EventLogger.handlers = [logging.FileHandler("/var/log/jupyterhub/events.log")]

c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.ConfigurableHTTPProxy.command = ["%[1]s/configurable-http-proxy"]
c.Spawner.cmd = ["%[1]s/jupyterhub-singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {"JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp"}
c.JupyterHub.services = [{"name": "person", "api_token": "%[2]s"}]
c.JupyterHub.load_roles = [{"name": "person", "services": ["person"], "scopes": ["admin:users", "admin:servers", "access:servers"]}]
`

const serverConfig = `import logging.handlers
c = get_config()  # noqa: F821
c.EventLogger.handlers = [logging.handlers.RotatingFileHandler("/var/log/jupyter/events.log", maxBytes=50_000_000, backupCount=5)]
`

// hub: from the .deb to the events of an unmodified JupyterHub in
// Elasticsearch and Loki, with a policy each, by the commands of
// docs/install.md.
func (s *service) hub() {
	const token, person = "5f0c6b1ed7a94e3c9b8a", "lovelace"
	bin := filepath.Dir(servers.Python(s.t, hubPackages...))
	elastic, loki := servers.Elasticsearch(s.t), servers.Loki(s.t)
	for _, at := range []string{elastic.URL, loki.URL} {
		s.forward(strings.TrimPrefix(at, "http://"))
	}

	s.run("mkdir", "-p", "/var/log/jupyterhub", "/var/log/jupyter", "/srv/jupyterhub")
	s.run("rm", "-f", "/var/log/jupyter/events.log")
	s.write("/etc/jupyterhub/jupyterhub_config.py", fmt.Sprintf(hubConfig, bin, token))
	s.write("/etc/jupyter/jupyter_server_config.py", serverConfig)
	s.run("systemd-run", "--unit=hub", "--working-directory=/srv/jupyterhub", "--setenv=PATH="+bin+":/usr/bin:/bin", "--setenv=HOME=/root",
		filepath.Join(bin, "jupyterhub"), "--config=/etc/jupyterhub/jupyterhub_config.py")
	defer func() {
		if s.t.Failed() {
			journal, _ := s.try("journalctl", "-u", "hub", "-u", unit, "--no-pager", "-n", "60")
			s.t.Log(journal)
		}
	}()

	s.run("dpkg", "--install", "/share/"+deb(second))
	s.t.Log(s.run("jupyter-events-agent", "init", "--yes", "--output-elasticsearch", elastic.URL, "--output-loki", loki.URL,
		"--allow", "elasticsearch=action-timestamp,user-identifier"))
	s.run("jupyter-events-agent", "setup", "elasticsearch", "--apply")
	s.run("jupyter-events-agent", "check", "--connect")
	s.run("systemctl", "enable", "--now", unit)

	script, err := os.ReadFile(filepath.Join("testdata", "hub.py"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("/opt/hub.py", string(script))
	if said := s.run(filepath.Join(bin, "python"), "/opt/hub.py", token, person); said != "done" {
		s.t.Fatal(said)
	}

	// What each program has written is what each destination has.
	lines := strings.Count(s.read("/var/log/jupyterhub/events.log"), "\n") + strings.Count(s.read("/var/log/jupyter/events.log"), "\n")
	if lines < 7 {
		s.t.Fatalf("the hub and the server have written %d events", lines)
	}
	var documents, entries []string
	s.until("all events are in Elasticsearch", func() bool { documents = s.documents(elastic); return len(documents) >= lines })
	s.until("all events are in Loki", func() bool { entries = s.entries(loki); return len(entries) >= lines })
	if len(documents) != lines || len(entries) != lines {
		s.t.Errorf("%d events, %d documents, %d entries", lines, len(documents), len(entries))
	}
	s.t.Logf("%d events", lines)
	in, out := strings.Join(documents, "\n"), strings.Join(entries, "\n")
	if !strings.Contains(in, `"username":"`+person+`"`) {
		s.t.Errorf("Elasticsearch may have who it was, and has not:\n%s", in)
	}
	if strings.Contains(out, person) {
		s.t.Errorf("Loki has who it was:\n%s", out)
	}
	for _, all := range []string{in, out} {
		if strings.Contains(all, "ipynb") {
			s.t.Errorf("no policy names paths, and here is one:\n%s", all)
		}
		if !strings.Contains(all, `"action":"start"`) || !strings.Contains(all, `"action":"save"`) {
			s.t.Errorf("what was done is missing:\n%s", all)
		}
	}
}

func (s *service) documents(from *servers.ElasticsearchServer) (all []string) {
	s.t.Helper()
	const stream = "/logs-jupyter.events-default"
	from.Do(s.t, http.MethodPost, stream+"/_refresh", "")
	status, answer := from.Do(s.t, http.MethodGet, stream+"/_search?size=1000", "")
	var page struct {
		Hits struct {
			Hits []struct {
				Source json.RawMessage `json:"_source"`
			}
		}
	}
	if err := json.Unmarshal(answer, &page); err != nil || status != http.StatusOK && status != http.StatusNotFound {
		s.t.Fatalf("asking Elasticsearch: %d: %v: %s", status, err, answer)
	}
	for _, hit := range page.Hits.Hits {
		all = append(all, string(hit.Source))
	}
	return all
}

func (s *service) entries(from *servers.LokiServer) (all []string) {
	s.t.Helper()
	query := url.Values{"query": {`{job="jupyter"}`}, "limit": {"1000"}, "start": {fmt.Sprint(time.Now().Add(-time.Hour).UnixNano())}}
	status, answer := from.Do(s.t, http.MethodGet, "/loki/api/v1/query_range?"+query.Encode(), nil, "")
	var page struct {
		Data struct {
			Result []struct{ Values [][2]string }
		}
	}
	if err := json.Unmarshal(answer, &page); err != nil || status != http.StatusOK {
		s.t.Fatalf("asking Loki: %d: %v: %s", status, err, answer)
	}
	for _, stream := range page.Data.Result {
		for _, value := range stream.Values {
			all = append(all, value[1])
		}
	}
	return all
}

//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// policyPage is docs/policy.md in a folder of its own: the paths of the page lie
// below root there.
type policyPage struct {
	t    *testing.T
	text string
	root string
}

// TestThePolicyPage goes the ten minutes of docs/policy.md: its configuration,
// its commands and what it says that one sees, on events that a JupyterHub 6.1.1
// and two users' servers with jupyter_server 2.21.1 wrote.
func TestThePolicyPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(page), "\n# How a policy reads an event")
	p := policyPage{t, text, t.TempDir()}
	for from, to := range map[string]string{
		"hub.log":          "/var/log/jupyterhub/events.log",
		"ada.lovelace.log": "/home/ada.lovelace/.local/share/jupyter/events.log",
		"grace.hopper.log": "/home/grace.hopper/.local/share/jupyter/events.log",
	} {
		p.write(to, p.read("testdata/policypage/"+from))
	}
	blocks := p.blocks("toml")
	if len(blocks) != 3 {
		t.Fatalf("the page has %d files, not three", len(blocks))
	}
	for i, name := range []string{"agent.toml", "categories.toml", "agent.test.toml"} {
		p.write("/etc/jupyter-events-agent/"+name, p.moved(blocks[i]))
	}
	said := p.commands()
	if !strings.Contains(said, "read 22 lines") || !strings.Contains(said, "delivered: security 22, analytics 22, vendor 22") {
		t.Errorf("not every event was delivered to each:\n%s", said)
	}
	p.recordsShown()
	p.security()
	p.analytics(2)
	p.vendor()
	p.silence(said)
	p.tampering()
	p.after()
}

// moved is a text of the page with its paths below root.
func (p *policyPage) moved(text string) string {
	return regexp.MustCompile(`/(var/l|etc/j|home/)`).ReplaceAllString(text, p.root+"/$1")
}

func (p *policyPage) path(name string) string { return filepath.Join(p.root, name) }

func (p *policyPage) read(path string) string {
	p.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

func (p *policyPage) write(name, text string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(p.path(name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// blocks are the fenced parts of the page in a language.
func (p *policyPage) blocks(language string) (found []string) {
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(p.text, -1) {
		found = append(found, m[1])
	}
	return found
}

// commands runs the commands of the page in their order, and looks for each line
// that it says is seen. It returns everything that was said.
func (p *policyPage) commands() string {
	var all strings.Builder
	for _, block := range p.blocks("console") {
		said := ""
		for line := range strings.Lines(block) {
			line = strings.TrimSuffix(line, "\n")
			if command, is := strings.CutPrefix(line, "$ "); is {
				if !strings.HasPrefix(command, "cd ") {
					said = p.run(command)
					all.WriteString(said)
				}
				continue
			}
			pattern := strings.ReplaceAll(regexp.QuoteMeta(p.moved(line)), "…", ".*")
			if !regexp.MustCompile(`(?m)^\s*` + strings.TrimSpace(pattern) + `$`).MatchString(said) {
				p.t.Errorf("the page says that one sees\n%s\nand one sees\n%s", line, said)
			}
		}
	}
	return all.String()
}

// run runs a line as the shell does, where the page says. Exit code 1 is what
// policy diff has.
func (p *policyPage) run(command string) string {
	p.t.Helper()
	if strings.HasPrefix(command, "jupyter-events-agent") && !strings.Contains(command, "policy diff") {
		command += " -c agent.toml"
	}
	if strings.Contains(command, " selftest ") { // what it finds has tests of its own
		command += " --pairs 300"
	}
	sh := exec.Command("sh", "-c", p.moved(command))
	sh.Dir = p.path("/etc/jupyter-events-agent")
	said, err := sh.CombinedOutput()
	if wants := strings.Contains(command, "policy diff"); (err != nil) != wants {
		p.t.Fatalf("%s: %v\n%s", command, err, said)
	}
	return string(said)
}

// records are the records of an output's file, signatures left out.
func (p *policyPage) records(output string) (all []map[string]any) {
	for line := range strings.Lines(p.read(p.path("/var/log/jupyter-events-agent/" + output + ".ndjson"))) {
		if strings.HasPrefix(line, `{"__audit__":`) {
			continue
		}
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			p.t.Fatal(err)
		}
		all = append(all, record)
	}
	return all
}

// recordsShown: the three records of the page have the members, and the values
// that are not the times' or the codes', of records that were delivered.
func (p *policyPage) recordsShown() {
	shown := strings.Split(strings.TrimSpace(p.blocks("json")[1]), "\n")
	for i, output := range []string{"security", "analytics", "vendor"} {
		var want map[string]any
		if err := json.Unmarshal([]byte(shown[i]), &want); err != nil {
			p.t.Fatal(err)
		}
		if !slices.ContainsFunc(p.records(output), func(got map[string]any) bool {
			return got["action"] == want["action"] && similar(want, got)
		}) {
			p.t.Errorf("%s has no record as the page shows it: %s", output, shown[i])
		}
	}
}

// similar compares but for texts that the page leaves out, times and sequences.
func similar(want, got any) bool {
	switch want := want.(type) {
	case map[string]any:
		got, is := got.(map[string]any)
		return is && slices.Equal(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))) && !slices.ContainsFunc(slices.Collect(maps.Keys(want)), func(k string) bool {
			return k != "__timestamp__" && k != "seq" && !similar(want[k], got[k])
		})
	case []any:
		got, is := got.([]any)
		return is && slices.EqualFunc(want, got, similar)
	}
	return want == "…" || want == got
}

// security: every member of every event is there, with whose log it is from.
func (p *policyPage) security() {
	records := p.records("security")
	for _, log := range []string{"hub.log", "ada.lovelace.log", "grace.hopper.log"} {
		for line := range strings.Lines(p.read("testdata/policypage/" + log)) {
			var event map[string]any
			if err := json.Unmarshal([]byte(line), &event); err != nil {
				p.t.Fatal(err)
			}
			delete(event, "__metadata_version__")
			event["__timestamp__"] = strings.Replace(event["__timestamp__"].(string), "+00:00Z", "Z", 1)
			if !slices.ContainsFunc(records, func(r map[string]any) bool {
				for k, v := range event {
					if r[k] != v {
						return false
					}
				}
				path, _ := r["__path__"].(map[string]any)
				return log == "hub.log" && path == nil || path["username"] == strings.TrimSuffix(log, ".log")
			}) {
				p.t.Errorf("the security team has not: %s", line)
			}
		}
	}
}

var code = regexp.MustCompile(`^[0-9a-f]{64}$`)

// analytics has codes where persons stand, so many in the hub's events, of whom
// two with the same codes in those of the servers, and times of the minute.
func (p *policyPage) analytics(hub int) {
	persons := map[string]map[any]bool{"hub": {}, "server": {}}
	for _, r := range p.records("analytics") {
		if !strings.HasSuffix(r["__timestamp__"].(string), ":00.000000Z") {
			p.t.Errorf("a time is not of the minute: %v", r)
		}
		for _, member := range []string{"username", "servername", "kernel_id"} {
			if value, has := r[member]; has && !code.MatchString(value.(string)) {
				p.t.Errorf("%s is no code: %v", member, r)
			}
		}
		if path, has := r["__path__"].(map[string]any); has {
			persons["server"][path["username"]] = true
		} else {
			persons["hub"][r["username"]] = true
		}
		for _, member := range []string{"msg", "kernel_name", "gateway_url"} {
			if _, has := r[member]; has {
				p.t.Errorf("%s went out: %v", member, r)
			}
		}
	}
	for person := range persons["server"] {
		if !persons["hub"][person] {
			p.t.Errorf("%v is not known from the hub", person)
		}
	}
	if len(persons["hub"]) != hub || len(persons["server"]) != 2 {
		p.t.Errorf("%d persons at the hub and two at servers are %v", hub, persons)
	}
}

// vendor has the envelope, what was done and how it ended, at times of the hour.
func (p *policyPage) vendor() {
	allowed := []string{"__schema__", "__schema_version__", "__timestamp__", "action", "status", "status_code"}
	for _, r := range p.records("vendor") {
		for member := range r {
			if !slices.Contains(allowed, member) {
				p.t.Errorf("the vendor has %s: %v", member, r)
			}
		}
		if !strings.HasSuffix(r["__timestamp__"].(string), ":00:00.000000Z") {
			p.t.Errorf("a time is not of the hour: %v", r)
		}
	}
}

// silence: no denied value is in what analytics and vendor have, in what was
// said on the way, or in the agent's state; in the last a log's path may be.
func (p *policyPage) silence(said string) {
	canaries := []string{"thesis", "patients", "final", "python3", "was started", "was shutdown", "canary"}
	for _, r := range p.records("security") {
		if id, has := r["kernel_id"].(string); has {
			canaries = append(canaries, id)
		}
	}
	places := map[string]string{"what was said": said}
	for _, output := range []string{"analytics", "vendor"} {
		places[output] = p.read(p.path("/var/log/jupyter-events-agent/" + output + ".ndjson"))
	}
	for place, text := range places {
		for _, canary := range append(slices.Clone(canaries), "ada.lovelace", "grace.hopper", "lovelace", "hopper") {
			if strings.Contains(text, canary) {
				p.t.Errorf("%s holds %q", place, canary)
			}
		}
	}
	state := os.DirFS(p.path("/var/lib/jupyter-events-agent"))
	err := fs.WalkDir(state, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(state, path)
		for _, canary := range canaries {
			if bytes.Contains(text, []byte(canary)) {
				p.t.Errorf("state: %s holds %q", path, canary)
			}
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// tampering: wherever one letter of a copy is changed, verify says so, with the
// public key alone.
func (p *policyPage) tampering() {
	whole := p.read(p.path("/var/log/jupyter-events-agent/security.ndjson"))
	verify := func(text string) (string, error) {
		p.write("/copy.ndjson", text)
		said, err := exec.Command("jupyter-events-agent", "verify", "--public-key", p.path("/var/lib/jupyter-events-agent/signing.key.pub"), p.path("/copy.ndjson")).CombinedOutput()
		return string(said), err
	}
	if said, err := verify(whole); err != nil {
		p.t.Errorf("a copy is not whole: %s", said)
	}
	for _, at := range []int{strings.Index(whole, "lovelace"), strings.Index(whole, "patients"), strings.LastIndex(whole, `"time":"2`) + 8} {
		changed := []byte(whole)
		changed[at] ^= 1
		if said, err := verify(string(changed)); err == nil || !strings.Contains(said, "copy.ndjson:") {
			p.t.Errorf("byte %d was changed, and verify says: %s", at, said)
		}
	}
}

// after: a user writes into his own log what the hub would say. It is kept
// aside; events with a word of their own in every denied member are delivered,
// and the chain of the security team goes on.
func (p *policyPage) after() {
	forged, _, _ := strings.Cut(p.read("testdata/policypage/hub.log"), "\n")
	ada, hub := "/home/ada.lovelace/.local/share/jupyter/events.log", "/var/log/jupyterhub/events.log"
	const envelope = `{"__timestamp__": "2026-11-23T00:03:07.512345+00:00Z", "__schema_version__": "1", "__metadata_version__": 1, "__schema__": "https://`
	p.write(hub, p.read(p.path(hub))+envelope+`schema.jupyter.org/jupyterhub/events/server-action", "action": "start", "username": "canary-username", "servername": "canary-servername"}`+"\n")
	p.write(ada, p.read(p.path(ada))+strings.Replace(forged, "ada.lovelace", "grace.hopper", 1)+"\n"+
		envelope+`events.jupyter.org/jupyter_server/contents_service/v1", "action": "copy", "path": "canary-path", "source_path": "canary-source", "new": "canary-undeclared", "__trusted__": "canary-reserved"}`+"\n"+
		envelope+`events.jupyter.org/jupyter_server/kernel_actions/v1", "action": "start", "kernel_name": "canary-name", "kernel_id": "canary-id", "status": "success", "msg": "canary-msg"}`+"\n"+
		envelope+`events.jupyter.org/jupyter_server/gateway_client/v1", "status": "error", "status_code": 599, "msg": "canary-gateway", "gateway_url": "http://canary-url"}`+"\n")
	said := p.run("jupyter-events-agent run --once")
	if !strings.Contains(said, "1 quarantined; delivered: security 4, analytics 4, vendor 4") {
		p.t.Errorf("a forged event and four others: %s", said)
	}
	if !strings.Contains(p.read(p.path("/var/lib/jupyter-events-agent/quarantine/quarantine.ndjson")), `"reason":"schema_not_allowed"`) {
		p.t.Error("the forged event is not in the quarantine")
	}
	if n := strings.Count(p.read(p.path("/var/log/jupyter-events-agent/security.ndjson")), "canary-"); n != 10 {
		p.t.Errorf("the security team has %d of ten members", n)
	}
	p.analytics(3)
	p.vendor()
	p.silence(said)
	if said := p.run("jupyter-events-agent verify /var/log/jupyter-events-agent/security.ndjson"); !strings.Contains(said, "26 records") {
		p.t.Errorf("after two runs verify says: %s", said)
	}
}

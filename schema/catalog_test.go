package schema

import (
	"slices"
	"strings"
	"testing"
)

// The events that the packages write, each with one that they do not.
func TestCatalog(t *testing.T) {
	r, err := Load(Config{Catalog: true})
	if err != nil {
		t.Fatal(err)
	}
	if w := r.Warnings(); len(w) > 0 {
		t.Errorf("warnings: %q", w)
	}
	const (
		server  = "https://events.jupyter.org/jupyter_server/"
		collab  = "https://schema.jupyter.org/jupyter_collaboration/"
		hub     = "https://schema.jupyter.org/jupyterhub/events/server-action"
		hubOld  = "hub.jupyter.org/server-action"
		binder  = "binderhub.jupyter.org/launch"
		nbmodel = "https://events.jupyter.org/jupyter_server_nbmodel/cell_execution/v1"
	)
	for _, c := range []struct {
		id, version, event string
		valid              bool
		open               string // members that are unrestricted
	}{
		{server + "contents_service/v1", "1", `{"action":"rename","path":"b.ipynb","source_path":"a.ipynb"}`, true, "action"},
		{server + "contents_service/v1", "1", `{"action":"get","path":""}`, true, "action"},
		{server + "contents_service/v1", "1", `{"action":"open","path":""}`, false, ""},
		{server + "contents_service/v1", "1", `{"action":"get"}`, false, ""},
		{server + "kernel_actions/v1", "1", `{"action":"start","kernel_id":"k","kernel_name":"python3","status":"success","status_code":201,"msg":"Kernel k was started"}`, true, "action kernel_name status status_code"},
		{server + "kernel_actions/v1", "1", `{"action":"start","status":"error","status_code":500,"msg":"no"}`, true, "action status status_code"},
		{server + "kernel_actions/v1", "1", `{"action":"start","status":"success","msg":"no id"}`, false, ""},
		{server + "kernel_actions/v1", "1", `{"action":"shutdown","status":"error","msg":"no id"}`, false, ""},
		{server + "gateway_client/v1", "1", `{"status":"error","status_code":599,"msg":"away","gateway_url":"http://gateway.test"}`, true, "status status_code"},
		{server + "gateway_client/v1", "1", `{"status":"error"}`, false, ""},
		{hub, "1", `{"action":"start","username":"ada","servername":""}`, true, "action"},
		{hubOld, "1", `{"action":"stop","username":"ada","servername":"gpu"}`, true, "action"},
		{hubOld, "1", `{"action":"stop","username":"ada"}`, false, ""},
		{collab + "awareness/v1", "1", `{"roomid":"json:notebook:1","username":"ada","action":"join","msg":"ada joined"}`, true, "action"},
		{collab + "awareness/v1", "1", `{"roomid":"json:notebook:1","username":"ada","action":"look"}`, false, ""},
		{collab + "fork/v1", "1", `{"fork_roomid":"f","fork_info":{"root_roomid":"r","synchronize":true,"title":"t","description":"d"},"username":"ada","action":"create"}`, true, "fork_info synchronize action"},
		{collab + "fork/v1", "1", `{"fork_roomid":"f","fork_info":{"root_roomid":"r"},"username":"ada","action":"create"}`, false, ""},
		{collab + "session/v1", "1", `{"level":"INFO","room":"r","path":"a.ipynb","store":"SQLiteYStore","action":"load","msg":"loaded"}`, true, "level action"},
		{collab + "session/v1", "1", `{"level":"TRACE","room":"r","path":"a.ipynb"}`, false, ""},
		{nbmodel, "1", `{"event_type":"execution_end","cell_id":"c","document_id":"d","success":false,"kernel_error":"ZeroDivisionError","timestamp":"2026-11-22T14:20:46Z"}`, true, "event_type success"},
		{nbmodel, "1", `{"event_type":"execution_end","cell_id":"c","document_id":"d"}`, false, ""},
		{binder, "1", `{"provider":"GitHub","spec":"binder-examples/r/master","status":"success"}`, true, "provider status"},
		{binder, "3", `{"provider":"Zenodo","spec":"10.5281/zenodo.1","status":"failure","origin":"mybinder.org"}`, true, "provider status"},
		{binder, "5", `{"provider":"GitLab","spec":"s","ref":"abc","status":"success","build_token":false,"origin":"o"}`, true, "provider status build_token"},
		{binder, "6", `{"provider":"CKAN","spec":"s","ref":"abc","status":"success","build_token":true,"origin":"o","request_origin":"https://x.test"}`, true, "provider status build_token"},
		{binder, "2", `{"provider":"nowhere"}`, false, ""},
	} {
		s := r.Find(c.id, c.version)
		if s == nil {
			t.Errorf("%s version %s is not known", c.id, c.version)
			continue
		}
		tape, _ := marked(t, r, s, c.event)
		if _, ok := s.validator.Validate([]byte(c.event), tape); ok != c.valid {
			t.Errorf("%s: valid is %v", c.event, ok)
		}
		if !c.valid {
			continue
		}
		var open []string
		for i := range tape[1:] {
			p := &s.Places()[tape[i+1].Place]
			if !p.Categorised || len(p.Categories) == 0 {
				t.Errorf("%s: %s has no categories", c.event, tape[i+1].Key([]byte(c.event)))
			}
			if slices.Equal(p.Categories, []string{Unrestricted}) {
				open = append(open, p.Name)
			}
		}
		if got := strings.Join(open, " "); got != c.open {
			t.Errorf("%s\nunrestricted: %s, want %s", c.event, got, c.open)
		}
	}
	if r.Find(hub, "1") != r.Find(hubOld, "1") || r.Find(hubOld, "1").ID() != hub {
		t.Error("the two ids of JupyterHub are two schemas")
	}
}

// An installed schema without categories validates, and has the catalog's
// categories, also under the id that older versions gave it.
func TestCatalogUnitesWithInstalled(t *testing.T) {
	r := loadTexts(t, Config{Catalog: true}, `
$id: hub.jupyter.org/server-action
version: 1
type: object
personal-data: true
required: [action]
properties: {action: {type: string}, username: {type: string}, extra: {type: string}}
`)
	s := r.Find("https://schema.jupyter.org/jupyterhub/events/server-action", "1")
	if s == nil || s.File() == "catalog" || r.Find("hub.jupyter.org/server-action", "1") != s {
		t.Fatalf("schema %+v", s)
	}
	line := []byte(`{"action":"any","username":"ada","extra":"x"}`)
	tape, _ := marked(t, r, s, string(line))
	if _, ok := s.validator.Validate(line, tape); !ok {
		t.Error("the installed schema does not validate")
	}
	for i, want := range []string{"personal-data unrestricted", "personal-data user-identifier", ""} {
		if got := strings.Join(s.Places()[tape[i+1].Place].Categories, " "); got != want {
			t.Errorf("%s has %q, want %q", tape[i+1].Key(line), got, want)
		}
	}
	if !slices.ContainsFunc(r.Warnings(), func(w string) bool { return strings.Contains(w, "/extra") }) {
		t.Errorf("no warning of what is denied: %q", r.Warnings())
	}
}

package main

import (
	"fmt"
	"time"
)

// scene is one line that the demo writes, with what it means in words. The
// lines are in exactly the form in which Jupyter's own programs write them.
type scene struct {
	title  string
	schema string // for people
	id     string
	body   string
}

// The schemas of the story. The last is none that ships with the agent: the
// demo writes it into its schema folder, as an operator would.
const (
	contentsID  = "https://events.jupyter.org/jupyter_server/contents_service/v1"
	kernelsID   = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"
	hubID       = "https://schema.jupyter.org/jupyterhub/events/server-action"
	telemetryID = "https://example.org/events/notebook-telemetry/v1"
)

// rotateAfter is how many scenes are written before the log is rotated.
const rotateAfter = 6

// story is one round: with each round other people do it.
func story(round int) []scene {
	people := []struct{ name, full, file string }{
		{"ada", "Ada Lovelace", "thesis/patients.ipynb"},
		{"grace", "Grace Hopper", "work/payroll-2026.ipynb"},
		{"emmy", "Emmy Noether", "exams/final-draft.ipynb"},
	}
	p := people[round%len(people)]
	kernel := fmt.Sprintf("%08x-8d4e-4c1b-9f27-5b0c6f1d%04x", 0x3fa1c2d4+round*7919, round)
	return []scene{
		{p.name + " starts a server on the hub", "server-action", hubID,
			fmt.Sprintf(`"action": "start", "username": %q, "servername": ""`, p.name)},
		{p.name + " opens a notebook", "contents_service", contentsID,
			fmt.Sprintf(`"action": "get", "path": %q`, p.file)},
		{"its kernel starts", "kernel_actions", kernelsID,
			fmt.Sprintf(`"kernel_name": "python3", "action": "start", "status": "success", "msg": "Kernel %s was started.", "kernel_id": %q`, kernel, kernel)},
		{p.name + " runs a cell (telemetry, a schema of one's own)", "notebook-telemetry", telemetryID,
			fmt.Sprintf(`"event": "CellExecuteEvent", "notebook": %q, "opened_at": 1793370000000, "user": {"id": %d, "name": %q, "email": %q, "ip": "10.4.17.%d"}, `+
				`"cells": [{"id": "a1b2c3d4-0001", "index": 0, "type": "code", "source": "df = pd.read_csv('salaries.csv')"}], "duration": 1.204`,
				p.file, 4711+round, p.full, p.name+"@uni.example", 20+round)},
		{p.name + " saves the notebook", "contents_service", contentsID,
			fmt.Sprintf(`"action": "save", "path": %q`, p.file)},
		{"a front end forges an event", "kernel_actions", kernelsID,
			`"kernel_name": "python3", "action": "obey", "status": "success", "msg": "all is well"`},
		{"the kernel runs out of memory", "kernel_actions", kernelsID,
			fmt.Sprintf(`"kernel_name": "python3", "action": "restart", "status": "error", "status_code": 500, "msg": "[Errno 12] Cannot allocate memory", "kernel_id": %q`, kernel)},
		{p.name + " renames a file", "contents_service", contentsID,
			fmt.Sprintf(`"action": "rename", "path": "old/%s", "source_path": %q`, p.name, p.file)},
		{"somebody names a file so that terminals obey it", "contents_service", contentsID,
			`"action": "create", "path": "\u001b[2J\u001b[31mred.ipynb"`},
		{p.name + "'s kernel is shut down", "kernel_actions", kernelsID,
			fmt.Sprintf(`"kernel_name": "python3", "action": "shutdown", "status": "success", "msg": "Kernel %s was shutdown.", "kernel_id": %q`, kernel, kernel)},
		{p.name + " stops the server", "server-action", hubID,
			fmt.Sprintf(`"action": "stop", "username": %q, "servername": ""`, p.name)},
	}
}

// line is the scene as jupyter_events writes it, without line end.
func (s *scene) line(at time.Time) []byte {
	return fmt.Appendf(nil, `{"__timestamp__": "%s+00:00Z", "__schema__": %q, "__schema_version__": "1", "__metadata_version__": 1, %s}`,
		at.UTC().Format("2006-01-02T15:04:05.000000"), s.id, s.body)
}

// demoConfig is the whole configuration of the demo.
const demoConfig = `# The configuration of the demo: everything lies in this folder.
state_dir = "state"

[schemas]
paths = ["schemas"]                # beside the schemas that ship with the agent

[[inputs.file]]
name  = "jupyter"
paths = ["log/events.log*"]        # rotated generations too

[[outputs.file]]
name   = "security"
path   = "security.ndjson"
policy = { categories = ["*"] }    # every valid event, whole

[[outputs.file]]
name   = "analytics"
path   = "analytics.ndjson"
policy = { categories = ["unrestricted", "action-timestamp"] }

[[outputs.file]]
name   = "vendor"
path   = "vendor.ndjson"
policy = { categories = ["unrestricted"], schemas = ["` + kernelsID + `"] }

[quarantine]                       # lines that are not valid events
path = "quarantine"
`

// destinations say the three policies in words, in the configuration's order.
var destinations = []struct{ name, may string }{
	{"security", "may have everything"},
	{"analytics", "what was done and when; not by whom, to which file, in what words"},
	{"vendor", "of kernel events what is unrestricted, of others nothing"},
}

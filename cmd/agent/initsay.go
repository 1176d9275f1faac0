package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/bmatcuk/doublestar/v4"

	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/docs"
	"jupyter-events-agent/internal/draft"
	"jupyter-events-agent/internal/fileerr"
)

// say says what was found.
func (f *first) say() {
	fmt.Fprintln(f.out, "found:")
	for _, c := range f.found.Configs {
		whose := "Jupyter Server's configuration"
		if c.Hub {
			whose = "JupyterHub's configuration"
		}
		line := "  " + whose + " " + c.File
		if c.Line > 0 {
			line += fmt.Sprintf(", which has events written (line %d)", c.Line)
		}
		fmt.Fprintln(f.out, visible(line))
		for _, name := range c.Relative() {
			fmt.Fprintln(f.out, visible("    to "+name+", in the folder that the server is started in: name it with --log"))
		}
		if c.Computed {
			fmt.Fprintln(f.out, "    to a file whose name is computed: name it with --log")
		}
	}
	for _, l := range f.found.Logs {
		line := "  event log " + l.Path
		if !l.There {
			line += " (not there yet)"
		}
		fmt.Fprintln(f.out, visible(line))
	}
	if len(f.found.Configs)+len(f.found.Logs) == 0 {
		other := ""
		if len(f.logs) > 0 {
			other = "other "
		}
		fmt.Fprintln(f.out, "  no configuration of Jupyter's and no "+other+"event log, in the usual places")
	}
	for _, path := range f.logs {
		fmt.Fprintln(f.out, visible("  event log "+path+", which you named"+unlike(path)))
	}
}

// unlike says what is not as it should be with a log that was named, of whose
// rotated generations one is enough; "" for nothing.
func unlike(path string) string {
	pattern := strings.TrimSuffix(path, "*") + "*" // as in the file that is written
	names, err := doublestar.FilepathGlob(pattern, doublestar.WithFailOnIOErrors())
	if err != nil {
		err = fileerr.Explain(pattern, err, "see that the path is right")
	}
	for _, name := range names {
		if info, failed := os.Stat(name); failed == nil && info.IsDir() {
			err = errors.New("it is a folder: name the files in it")
			continue
		}
		log, failed := os.Open(name)
		if failed == nil {
			log.Close()
			return ""
		}
		err = fileerr.Explain(name, failed, "see that the path is right")
	}
	if err != nil {
		return " (cannot be read: " + err.Error() + ")"
	}
	return " (not there yet: see that the path is right)"
}

// advice is what to add to Jupyter's configuration so that it writes events, and
// the input that they then come from.
type advice struct {
	input draft.Input
	to    string // the file
	lines []string
	after string
}

func (a *advice) who() string {
	if a.input.Hub {
		return "JupyterHub"
	}
	return "Jupyter Server"
}

// advice is one for the hub and one for servers, where they are there and write no events.
func (f *first) advice() []advice {
	var all []advice
	logs := func(hub bool) bool {
		return len(f.logs) > 0 || slices.ContainsFunc(f.plan.Inputs, func(in draft.Input) bool { return in.Hub == hub })
	}
	neither := !f.found.Hub && !f.found.Server && len(f.plan.Inputs) == 0
	if f.found.Hub && !f.found.Writes(true) && !logs(true) {
		path := filepath.Join(f.root, "var/log/jupyterhub/events.log")
		all = append(all, advice{
			input: draft.Input{Path: path, Hub: true, Why: "once JupyterHub writes it"},
			to:    f.configOf(true),
			lines: []string{
				"import logging.handlers",
				fmt.Sprintf("c.EventLogger.handlers = [logging.handlers.RotatingFileHandler(%q, maxBytes=50_000_000, backupCount=5)]", path),
				"# up to JupyterHub 4: c.EventLog instead of c.EventLogger, and c.EventLog.allowed_schemas = [\"hub.jupyter.org/server-action\"]",
			},
			after: "make " + filepath.Dir(path) + " a folder that JupyterHub's user may write to, and start JupyterHub again",
		})
	}
	if (f.found.Server || neither) && !f.found.Writes(false) && !logs(false) {
		path := filepath.Join(f.root, "var/log/jupyter/events.log")
		a := advice{
			input: draft.Input{Path: path, Why: "once Jupyter Server writes it"},
			to:    f.configOf(false),
			lines: []string{"import logging.handlers", fmt.Sprintf("c.EventLogger.handlers = [logging.handlers.RotatingFileHandler(%q, maxBytes=50_000_000, backupCount=5)]", path)},
			after: "make " + filepath.Dir(path) + " a folder that the server's user may write to, and start it again",
		}
		if f.found.Hub { // many people's servers, each under its own user
			const rest = ".local/share/jupyter/events.log"
			a.input = draft.Input{
				Path: filepath.Join(f.root, "home/*", rest), Pattern: filepath.Join(f.root, "home/{username}", rest),
				Why: "once people's servers write it; the agent's user needs the right to read there",
			}
			a.lines = []string{
				"import logging.handlers, os", `os.makedirs(os.path.expanduser("~/.local/share/jupyter"), exist_ok=True)`,
				`c.EventLogger.handlers = [logging.handlers.RotatingFileHandler(os.path.expanduser("~/` + rest + `"), maxBytes=50_000_000, backupCount=5)]`,
			}
			a.after = "servers that are started from then on write events"
		}
		all = append(all, a)
	}
	return all
}

// configOf is the file of Jupyter's that lines are to be added to.
func (f *first) configOf(hub bool) string {
	for _, c := range f.found.Configs {
		if c.Hub == hub && !c.Home && !f.found.TLJH {
			return c.File
		}
	}
	name := "etc/jupyter/jupyter_server_config.py"
	switch {
	case hub && f.found.TLJH:
		name = "opt/tljh/config/jupyterhub_config.d/events.py"
	case hub:
		name = "etc/jupyterhub/jupyterhub_config.py"
	case f.found.TLJH:
		name = "opt/tljh/user/etc/jupyter/jupyter_server_config.py"
	}
	return filepath.Join(f.root, name)
}

// sum says what each output will get, and what to do next.
func (f *first) sum(l *loaded) {
	for i := range l.config.Outputs {
		f.sumOutput(l, i)
	}
	for _, w := range l.warnings {
		if strings.HasPrefix(w, "outputs.") {
			fmt.Fprintln(f.out, visible("warning: "+w))
		}
	}
	for _, a := range f.todo {
		fmt.Fprintln(f.out, visible("\n"+a.who()+" writes no events yet. Add to "+a.to+":"))
		for _, line := range a.lines {
			fmt.Fprintln(f.out, visible("    "+line))
		}
		fmt.Fprintln(f.out, visible("then "+a.after+"."))
	}
	command := "jupyter-events-agent"
	fmt.Fprintln(f.out, "\nnext:")
	out := tabwriter.NewWriter(f.out, 0, 0, 2, ' ', 0)
	next := func(what, why string) {
		if f.dir != filepath.Dir(config.DefaultFile) {
			what += " -c " + filepath.Join(f.dir, firstConfig)
		}
		fmt.Fprintf(out, "  %s\t%s\n", visible(command+" "+what), why)
	}
	if f.plan.Overlay != "" {
		fmt.Fprintln(f.out, visible("  look at "+filepath.Join(f.dir, firstOverlay)+" line by line: it proposes categories, by names alone"))
	}
	if slices.ContainsFunc(f.plan.Inputs, func(in draft.Input) bool { return in.Pattern != "" }) {
		fmt.Fprintln(f.out, "  let the agent's user read the logs in people's homes: "+docs.Page("operate.md")+" has two ways")
	}
	for _, o := range f.plan.Outputs {
		if setups[o.Kind] != "" {
			next("setup "+o.Kind+" --apply", setups[o.Kind])
		}
	}
	next("check --connect", "every mistake at once; asks the destinations, sends nothing")
	next("explain", "property by property: what goes where, and why")
	next("test --init", "tests of what must and must not arrive")
	next("run", "or: systemctl enable --now jupyter-events-agent")
	_ = out.Flush() // as all that is said
}

// setups are the kinds that setup knows and what it does for them.
var setups = map[string]string{
	"elasticsearch": "installs the index template",
	"kafka":         "makes the topic",
	"loki":          "looks at Loki's limits",
}

// sumOutput says what one output gets, schema by schema.
func (f *first) sumOutput(l *loaded, i int) {
	out := &l.config.Outputs[i]
	fmt.Fprintln(f.out, visible(fmt.Sprintf("\noutput %s gets %s:", out.Name, sayPolicy(&out.Policy))))
	type share struct {
		name, of string
		field    bool // of a path, which goes with events of any schema
		sent     []string
		denied   int
	}
	var shares []*share
	for _, row := range l.filters[i].Explain() {
		name, of := row.Schema+" version "+row.Version, row.Schema
		if row.Input != "" {
			name, of = "files of input "+row.Input, row.Input
		}
		if len(shares) == 0 || shares[len(shares)-1].name != name {
			if n := len(shares) - 1; n >= 0 && shares[n].of == of {
				shares = shares[:n] // the newest version stands for all
			}
			shares = append(shares, &share{name: name, of: of, field: row.Input != ""})
		}
		s := shares[len(shares)-1]
		switch row.Verdict {
		case "sent":
			s.sent = append(s.sent, strings.TrimPrefix(row.Property, "/"))
		default:
			s.denied++
		}
	}
	for _, s := range shares {
		what := strings.Join(s.sent, ", ")
		switch {
		case what == "" && s.field:
			what = "nothing of their paths"
		case what == "":
			what = "only that it happened"
		}
		switch {
		case s.denied == 1:
			what += "; 1 stays here"
		case s.denied > 1:
			what += fmt.Sprintf("; %d stay here", s.denied)
		}
		fmt.Fprintln(f.out, visible("  "+s.name+": "+what))
	}
}

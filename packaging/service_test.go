//go:build real

package packaging_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	unit    = "jupyter-events-agent.service"
	config  = "/etc/jupyter-events-agent/agent.toml"
	records = "/var/log/jupyter-events-agent"
)

const following = `state_dir = "/var/lib/jupyter-events-agent"
[[inputs.file]]
name  = "server"
paths = ["/var/log/jupyter/events.log*"]
[[outputs.file]]
name   = "security"
path   = "/var/log/jupyter-events-agent/security.ndjson"
policy = { categories = ["*"] }
[quarantine]
path = "/var/lib/jupyter-events-agent/quarantine"
`

const usage = `[[outputs.file]]
name   = "usage"
path   = "/var/log/jupyter-events-agent/usage.ndjson"
policy = { categories = ["unrestricted"] }
`

// TestRealMachine boots systemd once and has an operator's life with the
// package, in order.
func TestRealMachine(t *testing.T) {
	share := dist(t)
	m := boot(t, share)
	s := &service{machine: m}
	for _, step := range []struct {
		name string
		do   func(*service)
	}{
		{"unit", (*service).unit},
		{"install", (*service).install},
		{"unconfigured", (*service).unconfigured},
		{"deliver", (*service).deliver},
		{"confined", (*service).confined},
		{"kill", (*service).kill},
		{"hang", (*service).hang},
		{"reload", (*service).reload},
		{"stop", (*service).stop},
		{"home", (*service).home},
		{"upgrade", (*service).upgrade},
		{"remove", (*service).remove},
		{"purge", (*service).purge},
		{"rpm", (*service).rpm},
	} {
		// Each goes on from where the one before it has come to.
		if !t.Run(step.name, func(t *testing.T) { m.t = t; step.do(s) }) {
			break
		}
	}
}

// service is the agent on a machine, with one log.
type service struct {
	*machine
	sync.Mutex     // held while a line is written
	written    int // lines in the log
}

// log appends n lines to the log that the agent follows.
func (s *service) log(n int) {
	s.Lock()
	defer s.Unlock()
	file := filepath.Join(s.root, "/var/log/jupyter/events.log")
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		s.t.Error(err)
		return
	}
	defer f.Close()
	var lines strings.Builder
	for range n {
		lines.WriteString(line(fmt.Sprintf("n%d.ipynb", s.written)))
		s.written++
	}
	if _, err := f.WriteString(lines.String()); err != nil {
		s.t.Error(err)
	}
}

// line is one event of a Jupyter Server, as jupyter_events writes it.
func line(path string) string {
	at := time.Now().UTC().Format("2006-01-02T15:04:05.000000") + "+00:00Z"
	return fmt.Sprintf(`{"__timestamp__": "%s", "__schema__": "https://events.jupyter.org/jupyter_server/contents_service/v1", `+
		`"__schema_version__": "1", "__metadata_version__": 1, "action": "save", "path": "%s"}`+"\n", at, path)
}

// meanwhile appends lines while something happens.
func (s *service) meanwhile(do func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.log(20)
			case <-stop:
				return
			}
		}
	}()
	defer func() { close(stop); <-stopped }() // also where do ends the test
	do()
}

var path = regexp.MustCompile(`"path":\s?"n([0-9]+)\.ipynb"`)

// arrived: everything that was written is in the output, once, in order.
func (s *service) arrived() {
	s.t.Helper()
	const file = records + "/security.ndjson"
	var found [][]string
	s.until("everything is delivered", func() bool {
		found = path.FindAllStringSubmatch(s.read(file), -1)
		return len(found) >= s.written
	})
	if len(found) != s.written {
		s.t.Fatalf("%d records of %d lines", len(found), s.written)
	}
	for i, f := range found {
		if f[1] != strconv.Itoa(i) {
			s.t.Fatalf("record %d is of line %s: lost, doubled or out of order", i, f[1])
		}
	}
}

// main is the agent's process, as seen from here.
func (s *service) main() int {
	s.t.Helper()
	// Its last number in NSpid is that within the machine.
	want := "\t" + s.show("MainPID")
	all, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, name := range all {
		text, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(text), "Name:\tjupyter-events-\n") && !strings.Contains(string(text), "Name:\tjupyter-events\n") {
			continue
		}
		for l := range strings.Lines(string(text)) {
			if strings.HasPrefix(l, "NSpid:") && strings.Count(l, "\t") > 1 && strings.HasSuffix(strings.TrimSpace(l), want) {
				pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
				if err != nil {
					s.t.Fatal(err)
				}
				return pid
			}
		}
	}
	s.t.Fatalf("the agent's process %s was not found", want)
	return 0
}

func (s *service) active() bool { return s.show("ActiveState") == "active" }

func (s *service) install() {
	said := s.run("dpkg", "--install", "/share/"+deb(first))
	if !strings.Contains(said, "jupyter-events-agent init") {
		s.t.Errorf("the package does not say what to do next:\n%s", said)
	}
	if state, _ := s.try("systemctl", "is-enabled", unit); state != "disabled" {
		s.t.Errorf("after the installation the service is %q, want disabled", state)
	}
	if state := s.show("ActiveState"); state != "inactive" {
		s.t.Errorf("after the installation the service is %q, want inactive", state)
	}
	if got := s.run("stat", "-c", "%U:%G %a", filepath.Dir(config)); got != "root:jupyter-events-agent 750" {
		s.t.Errorf("the folder of the configuration is %s", got)
	}
	if got := s.run("jupyter-events-agent", "version"); !strings.Contains(got, first) {
		s.t.Errorf("version: %s", got)
	}
}

// unconfigured: a start says what is missing, once.
func (s *service) unconfigured() {
	if said, err := s.try("systemctl", "start", unit); err == nil {
		s.t.Errorf("it started without a configuration: %s", said)
	}
	s.until("it has given up", func() bool { return s.show("ActiveState") == "failed" })
	if said := s.run("journalctl", "-u", unit, "--no-pager"); !strings.Contains(said, config) {
		s.t.Errorf("the journal does not say what is missing:\n%s", said)
	}
	s.run("systemctl", "reset-failed", unit)
}

func (s *service) unit() {
	s.run("dpkg", "--unpack", "/share/"+deb(first))
	if said := s.run("systemd-analyze", "verify", unit); said != "" {
		s.t.Errorf("systemd-analyze verify: %s", said)
	}
	for drop, most := range map[string]string{"": "15", "home-directories.conf": "18"} {
		into := filepath.Join("/run/systemd/system", unit+".d")
		if drop != "" {
			s.run("install", "-m", "644", "-D", "/usr/share/doc/jupyter-events-agent/examples/"+drop, filepath.Join(into, drop))
			if said := s.run("systemd-analyze", "verify", unit); said != "" {
				s.t.Errorf("systemd-analyze verify with %s: %s", drop, said)
			}
		}
		said := s.run("systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold="+most, unit)
		s.t.Logf("%s %s", drop, said[strings.LastIndex(said, "Overall"):])
		s.run("rm", "-rf", into)
	}
}

func (s *service) deliver() {
	s.write(config, following)
	s.run("mkdir", "-p", "/var/log/jupyter")
	s.log(1000)
	s.run("systemctl", "enable", "--now", unit)
	s.log(1000)
	s.arrived()
	if s.run("jupyter-events-agent", "health") != "ok" {
		s.t.Error("health is not ok")
	}
}

// confined: what systemd was told about the process is so.
func (s *service) confined() {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.main()))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, want := range []string{"NoNewPrivs:\t1\n", "Seccomp:\t2\n", "CapEff:\t0000000000000000\n", "CapBnd:\t0000000000000000\n"} {
		if !strings.Contains(string(status), want) {
			s.t.Errorf("no %q in\n%s", want, status)
		}
	}
	if strings.Contains(string(status), "Uid:\t0\t") {
		s.t.Error("it runs as root")
	}
	for _, dir := range []string{"/var/lib/jupyter-events-agent 700", records + " 750"} {
		name, mode, _ := strings.Cut(dir, " ")
		if got := s.run("stat", "-c", "%U %a", name); got != "jupyter-events-agent "+mode {
			s.t.Errorf("%s: %s", name, got)
		}
	}
}

// restarted waits until systemd has started the agent again.
func (s *service) restarted(than string) {
	s.t.Helper()
	s.until("it is started again", func() bool {
		pid := s.show("MainPID")
		return pid != "0" && pid != than && s.active()
	})
}

func (s *service) kill() {
	s.meanwhile(func() {
		for range 2 {
			before := s.show("MainPID")
			if err := syscall.Kill(s.main(), syscall.SIGKILL); err != nil {
				s.t.Fatal(err)
			}
			s.restarted(before)
		}
	})
	s.arrived()
}

// impatient has systemd wait seconds where the unit has it wait a minute.
const impatient = "[Service]\nWatchdogSec=6\nTimeoutAbortSec=1\nRestartSec=100ms\n"

// hang: a process that is there and does nothing is ended and started again.
func (s *service) hang() {
	drop := filepath.Join("/run/systemd/system", unit+".d", "impatient.conf")
	s.write(drop, impatient)
	s.run("systemctl", "daemon-reload")
	s.run("systemctl", "restart", unit)
	s.meanwhile(func() {
		before := s.show("MainPID")
		if err := syscall.Kill(s.main(), syscall.SIGSTOP); err != nil {
			s.t.Fatal(err)
		}
		s.restarted(before)
	})
	if said := s.run("journalctl", "-u", unit, "--no-pager"); !strings.Contains(said, "Watchdog timeout") {
		s.t.Errorf("it was not the watchdog:\n%s", said)
	}
	s.arrived()
	s.run("rm", drop)
	s.run("systemctl", "daemon-reload")
	s.run("systemctl", "restart", unit)
}

func (s *service) reload() {
	before := s.show("MainPID")
	s.meanwhile(func() {
		s.write(config, following+usage)
		s.run("systemctl", "reload", unit)
		s.until("the new output has records", func() bool { return s.read(records+"/usage.ndjson") != "" })
		s.write(config, following+"[[outputs.file]]\n")
		if said, err := s.try("systemctl", "reload", unit); err == nil {
			s.t.Errorf("a reload of a mistake succeeds: %s", said)
		}
	})
	s.arrived()
	if after := s.show("MainPID"); after != before || !s.active() {
		s.t.Errorf("the process was %s and is %s", before, after)
	}
	if strings.Contains(s.read(records+"/usage.ndjson"), "ipynb") {
		s.t.Error("the new output has what its policy withholds")
	}
	s.write(config, following)
	s.run("systemctl", "reload", unit)
}

func (s *service) stop() {
	s.meanwhile(func() {
		begun := time.Now()
		s.run("systemctl", "stop", unit)
		if took := time.Since(begun); took > 20*time.Second {
			s.t.Errorf("a stop took %v", took)
		}
	})
	if result := s.show("Result"); result != "success" {
		s.t.Errorf("it was stopped, with the result %q", result)
	}
	s.run("systemctl", "start", unit)
	s.arrived()
}

// home: only the drop-in lets the agent read what its users alone may.
func (s *service) home() {
	const user, private = "lovelace", "/home/lovelace/.local/share/jupyter/events.log"
	out := records + "/homes.ndjson"
	s.run("useradd", "--create-home", user)
	s.write(private, line("private.ipynb"))
	s.run("chown", "-R", user, "/home/"+user)
	s.run("chmod", "-R", "u=rwX,go=", "/home/"+user)
	s.write(config, following+`[[inputs.file]]
name  = "homes"
paths = ["/home/*/.local/share/jupyter/events.log"]
path_fields = { pattern = "/home/{username}/.local/share/jupyter/events.log", categories = { username = ["user-identifier"] } }
[[outputs.file]]
name   = "homes"
path   = "`+out+`"
policy = { categories = ["unrestricted", "user-identifier"] }
`)
	s.run("systemctl", "restart", unit)
	s.log(10)
	s.arrived()
	if strings.Contains(s.read(out), user) {
		s.t.Error("the plain unit reads home directories")
	}
	drop := filepath.Join("/etc/systemd/system", unit+".d")
	s.run("install", "-m", "644", "-D", "-t", drop, "/usr/share/doc/jupyter-events-agent/examples/home-directories.conf")
	s.run("systemctl", "daemon-reload")
	s.run("systemctl", "restart", unit)
	s.until("the private log is read", func() bool { return strings.Contains(s.read(out), `"username":"`+user+`"`) })
	s.run("rm", "-r", drop)
	s.run("systemctl", "daemon-reload")
	s.write(config, following)
	s.run("systemctl", "restart", unit)
	s.run("userdel", "--remove", user)
}

func (s *service) upgrade() {
	key, before := s.read("/var/lib/jupyter-events-agent/id.key"), s.show("MainPID")
	s.meanwhile(func() {
		s.run("dpkg", "--install", "/share/"+deb(second))
		s.restarted(before)
	})
	if got := s.run("jupyter-events-agent", "version"); !strings.Contains(got, second) {
		s.t.Errorf("version: %s", got)
	}
	if s.read(config) != following || key == "" || s.read("/var/lib/jupyter-events-agent/id.key") != key {
		s.t.Error("the upgrade has changed the configuration or the state")
	}
	s.arrived()
}

func (s *service) remove() {
	s.run("dpkg", "--remove", "jupyter-events-agent")
	if s.exists("/usr/bin/jupyter-events-agent") || s.show("ActiveState") == "active" {
		s.t.Error("it is there after it was removed")
	}
	if s.read(config) != following || !s.exists("/var/lib/jupyter-events-agent/id.key") {
		s.t.Error("the configuration or the state went with the package")
	}
	// Who takes it back has what was, but not started behind his back.
	s.log(100)
	s.run("dpkg", "--install", "/share/"+deb(second))
	if s.run("systemctl", "is-enabled", unit) != "enabled" {
		s.t.Error("it is no longer enabled after it was removed and installed again")
	}
	s.run("systemctl", "start", unit)
	s.arrived()
}

func (s *service) purge() {
	s.run("dpkg", "--purge", "jupyter-events-agent")
	for _, path := range []string{"/var/lib/jupyter-events-agent", "/usr/share/doc/jupyter-events-agent", "/etc/jupyter-events-agent/agent.toml.example"} {
		if s.exists(path) {
			s.t.Errorf("%s is there after a purge", path)
		}
	}
	if said, err := s.try("getent", "passwd", "jupyter-events-agent"); err == nil {
		s.t.Errorf("the user is there after a purge: %s", said)
	}
	if got := s.run("stat", "-c", "%U:%G", records+"/security.ndjson"); got != "root:adm" {
		s.t.Errorf("the records belong to %s after a purge", got)
	}
	if s.read(config) != following {
		s.t.Error("the operator's configuration went with the package")
	}
	s.run("rm", "-r", records, filepath.Dir(config))
}

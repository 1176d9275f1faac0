package realtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"jupyter-events-agent/internal/servers"
)

var binary string // the agent, built once

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "realtest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "jupyter-events-agent")
	build := exec.Command("go", "build", "-o", binary, "jupyter-events-agent/cmd/agent")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building the agent:", err)
		os.Exit(1)
	}
	servers.Main(m)
}

// agent is a running one.
type agent struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr words
	ended  chan error
}

// words are what a running agent has said so far.
type words struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *words) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	c := exec.Command(binary, args...)
	stderr := &bytes.Buffer{}
	c.Stderr = stderr
	return c, stderr
}

// once runs the agent over what is there.
func once(t *testing.T, config string) (stderr string) {
	t.Helper()
	c, said := command("run", "--once", "--config", config)
	if err := c.Run(); err != nil {
		t.Fatalf("run --once: %v: %s", err, said)
	}
	return said.String()
}

// start runs the agent until it is ended.
func start(t *testing.T, config string) *agent {
	t.Helper()
	a := &agent{t: t, ended: make(chan error, 1)}
	a.cmd = exec.Command(binary, "run", "--config", config)
	a.cmd.Stderr = &a.stderr
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		a.ended <- a.cmd.Wait()
		close(a.ended)
	}()
	t.Cleanup(func() {
		_ = a.cmd.Process.Kill() // fails where it has ended already
		for range a.ended {
		}
	})
	return a
}

// stop ends the agent as a service manager does, and returns what it logged.
func (a *agent) stop() string {
	a.t.Helper()
	if err := a.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		a.t.Fatalf("the agent has ended before its time: %v: %s", err, a.stderr.String())
	}
	select {
	case err := <-a.ended:
		if err != nil {
			a.t.Fatalf("the agent, told to stop: %v: %s", err, a.stderr.String())
		}
	case <-time.After(30 * time.Second):
		a.t.Fatal("the agent did not stop in 30 s")
	}
	return a.stderr.String()
}

// kill is kill -9.
func (a *agent) kill() {
	a.t.Helper()
	if err := a.cmd.Process.Kill(); err != nil {
		a.t.Fatalf("the agent has ended before it was killed: %v: %s", err, a.stderr.String())
	}
	err := <-a.ended
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != -1 {
		a.t.Fatalf("the agent ended by itself: %v: %s", err, a.stderr.String())
	}
}

// await polls until what holds.
func await(t *testing.T, limit time.Duration, what func() bool) bool {
	t.Helper()
	end := time.After(limit)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if what() {
			return true
		}
		select {
		case <-end:
			return false
		case <-tick.C:
		}
	}
}

// output is one [[outputs.file]] of a configuration.
type output struct {
	name       string
	categories []string
	extra      string // more keys
}

// configure writes a configuration into dir and returns its path. The agent
// reads paths, and writes everything of its own below dir.
func configure(t *testing.T, dir, schemas, paths string, outputs ...output) string {
	t.Helper()
	var s strings.Builder
	fmt.Fprintf(&s, "state_dir = %q\nlog = { level = \"debug\", format = \"json\" }\n", filepath.Join(dir, "state"))
	s.WriteString(schemas)
	fmt.Fprintf(&s, "[[inputs.file]]\nname = \"events\"\npaths = [%q]\n", paths)
	for _, o := range outputs {
		fmt.Fprintf(&s, "[[outputs.file]]\nname = %q\npath = %q\npolicy = { categories = [", o.name, filepath.Join(dir, o.name+".ndjson"))
		for _, c := range o.categories {
			fmt.Fprintf(&s, "%q, ", c)
		}
		s.WriteString("] }\n" + o.extra)
	}
	fmt.Fprintf(&s, "[quarantine]\npath = %q\n", filepath.Join(dir, "quarantine"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "agent.toml")
	if err := os.WriteFile(file, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

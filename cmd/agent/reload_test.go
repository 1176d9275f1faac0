//go:build !windows

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"jupyter-events-agent/internal/control"
)

// yard is a folder with an agent that runs there.
type yard struct {
	*testing.T
	dir   string
	agent *exec.Cmd
	said  *os.File
}

// The two policies: the wide one lets a name go out, the narrow one does not.
const wide, narrow = `categories = ["user-identifier"]`, `categories = []`

func newYard(t *testing.T, extra string) *yard {
	y := &yard{T: t, dir: t.TempDir()}
	y.write("schema.json", schemaOf("1"))
	y.write("events.log", "")
	y.policy(wide, extra)
	return y
}

// schemaOf is the schema, with a remark so that its file differs.
func schemaOf(remark string) string {
	return `{"$id": "https://example.org/named", "version": "1", "type": "object", "description": "` + remark + `", "properties": {
		"n": {"type": "integer", "categories": ["unrestricted"]}, "odd": {"type": "boolean", "categories": ["unrestricted"]},
		"name": {"type": "string", "categories": ["user-identifier"]}}}`
}

// policy writes the configuration with a policy for all outputs.
func (y *yard) policy(policy, extra string) {
	y.Helper()
	y.write("agent.toml", fmt.Sprintf(`state_dir = "state"
grace = "5s"
retry = { first = "5ms", max = "20ms" }
schemas = { paths = ["schema.json"], catalog = false }
[[inputs.file]]
name = "log"
paths = ["events.log"]
[[outputs.file]]
name = "audit"
path = "audit"
policy = { %[1]s }
[[outputs.standin]]
name = "lake"
to = %[2]q
gate = %[3]q
reject = '"odd":true'
batch = { events = 50, age = "5ms" }
policy = { %[1]s }
%[4]s`, policy, y.path("lake"), y.path("gate"), extra))
}

func (y *yard) path(name string) string { return filepath.Join(y.dir, name) }

// write replaces a file in one step, as who changes what an agent reads should.
func (y *yard) write(name, text string) {
	y.Helper()
	if err := os.WriteFile(y.path(name+".new"), []byte(text), 0o600); err != nil {
		y.Fatal(err)
	}
	if err := os.Rename(y.path(name+".new"), y.path(name)); err != nil {
		y.Fatal(err)
	}
}

// append adds events number from to before to to the log.
func (y *yard) append(from, to int) {
	y.Helper()
	var lines strings.Builder
	for n := from; n < to; n++ {
		fmt.Fprintf(&lines, `{"__schema__": "https://example.org/named", "__schema_version__": "1", "__timestamp__": "2026-11-22T10:00:00Z", "n": %d, "odd": %v, "name": "alice"}`+"\n", n, n%2 == 1)
	}
	f, err := os.OpenFile(y.path("events.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		y.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(lines.String()); err != nil {
		y.Fatal(err)
	}
}

func (y *yard) start() {
	y.Helper()
	y.agent = agentWithStandIn(y.T, y.dir, "run")
	said, err := os.OpenFile(y.path("said"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		y.Fatal(err)
	}
	y.said, y.agent.Stderr = said, said
	if err := y.agent.Start(); err != nil {
		y.Fatal(err)
	}
	y.Cleanup(func() {
		if y.agent.ProcessState == nil {
			_ = y.agent.Process.Kill()
			_ = y.agent.Wait()
		}
		_ = said.Close()
		if y.Failed() {
			text, _ := os.ReadFile(y.path("said"))
			y.Logf("the agent said:\n%.20000s", text)
		}
	})
	y.until("it has started", func() bool { return strings.Contains(y.text("said"), `"started"`) })
}

// stop ends the agent as a service is ended.
func (y *yard) stop() {
	y.Helper()
	if err := y.agent.Process.Signal(syscall.SIGTERM); err != nil {
		y.Fatal(err)
	}
	if err := y.agent.Wait(); err != nil {
		y.Errorf("the agent ended: %v", err)
	}
}

// reload is the command, and what it printed.
func (y *yard) reload() (string, error) {
	y.Helper()
	out, err := agentWithStandIn(y.T, y.dir, "reload").CombinedOutput()
	return string(out), err
}

func (y *yard) text(name string) string {
	text, err := os.ReadFile(y.path(name))
	if err != nil && !os.IsNotExist(err) {
		y.Error(err)
	}
	return string(text)
}

func (y *yard) until(what string, ok func() bool) {
	y.Helper()
	for deadline := time.Now().Add(60 * time.Second); !ok(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			y.Fatalf("waited in vain until %s", what)
		}
	}
}

const kept = "state/rejected/lake/rejected.ndjson"

// TestReloadsUnderLoad reloads ten times a second, by the control socket and by
// SIGHUP, with one policy, then the other, while lines are written and their
// file is rotated away: nothing is lost, no line is doubled in the file, and what
// goes out while the narrow policy is in force is narrow.
func TestReloadsUnderLoad(t *testing.T) {
	const reloads, burst = 12, 100
	y := newYard(t, "")
	y.start()
	var writer sync.WaitGroup
	enough := make(chan struct{})
	written := 0
	writer.Go(func() {
		for generation := 0; ; generation++ {
			y.append(written, written+burst)
			last := fmt.Sprintf(`"n":%d,`, written)
			written += burst
			y.until("the agent reads the new file", func() bool { return strings.Contains(y.text("audit"), last) })
			// It is open there: what comes now is there for who holds it open only.
			y.append(written, written+burst)
			written += burst
			if err := os.Remove(y.path("events.log")); err != nil {
				t.Error(err)
			}
			select {
			case <-enough:
				return
			default:
			}
		}
	})
	outs := []string{"audit", "lake", kept}
	sizes := func() (all []int) {
		for _, out := range outs {
			all = append(all, len(y.text(out)))
		}
		return all
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := range reloads {
		y.write("schema.json", schemaOf(fmt.Sprint(n)))
		y.policy(narrow, "")
		if err := control.Call(t.Context(), y.path("state"), "reload", nil, nil); err != nil {
			t.Fatalf("reload %d: %v", n, err)
		}
		from := sizes()
		<-tick.C
		if n%3 == 0 { // at the same time as the command: they are one, or two
			if err := y.agent.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
		}
		<-tick.C
		to := sizes()
		for i, out := range outs {
			if strings.Contains(y.text(out)[from[i]:to[i]], "alice") {
				t.Fatalf("reload %d: a name is in %s while the policy does not let it out", n, out)
			}
		}
		y.policy(wide, "")
		if err := control.Call(t.Context(), y.path("state"), "reload", nil, nil); err != nil {
			t.Fatalf("reload %d: %v", n, err)
		}
	}
	close(enough)
	writer.Wait()
	y.until("everything is delivered", func() bool {
		return strings.Count(y.text("audit"), "\n") >= written && strings.Count(y.text("lake"), "\n")+strings.Count(y.text(kept), "\n") >= written
	})
	y.stop()
	if all, again := numbers(t, y.path("audit")); len(all) != written || again != 0 {
		t.Errorf("the file has %d of %d events, %d of them again", len(all), written, again)
	}
	delivered, doubled := numbers(t, y.path("lake"))
	rejected, keptTwice := numbers(t, y.path(kept))
	for n := range written {
		if !delivered[n] && !rejected[n] {
			t.Fatalf("event %d is neither delivered nor kept", n)
		}
	}
	t.Logf("%d reloads, %d events: %d delivered again, %d kept again", 2*reloads, written, doubled, keptTwice)
	if said := y.text("said"); strings.Contains(said, "lost before they could be read") {
		t.Error("lines were lost")
	}
}

// TestANarrowingReload: what waits for a destination that is away goes out by
// the policy in force when it comes back, and is kept aside by it.
func TestANarrowingReload(t *testing.T) {
	const count = 500
	y := newYard(t, "")
	y.write("gate", "")
	y.start()
	y.append(0, count)
	y.until("the destination is tried", func() bool { return strings.Contains(y.text("said"), "cannot deliver") })
	y.policy(narrow, "")
	began := time.Now()
	if said, err := y.reload(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
	if err := os.Remove(y.path("gate")); err != nil {
		t.Fatal(err)
	}
	y.until("everything is delivered", func() bool {
		return strings.Count(y.text("lake"), "\n")+strings.Count(y.text(kept), "\n") == count
	})
	y.stop()
	if strings.Contains(y.text("lake"), "alice") || strings.Contains(y.text(kept), "alice") {
		t.Error("a name went out after the reload that forbade it")
	}
}

// TestAWrongReload: whatever is wrong, the old stays in force and it is said what.
func TestAWrongReload(t *testing.T) {
	const elsewhere = `
[[outputs.elasticsearch]]
name = "elk"
urls = ["https://127.0.0.1:1"]
policy = { categories = [] }
`
	const cluster = `
[[%s.kafka]]
name = "bus"
brokers = ["127.0.0.1:1"]
tls = {}
sasl = { %s }
%s
`
	for name, c := range map[string]struct {
		spoil func(y *yard)
		want  string
	}{
		"syntax":      {func(y *yard) { y.write("agent.toml", "state_dir = ") }, "agent.toml"},
		"key":         {func(y *yard) { y.policy(narrow, "[telemetri]") }, "telemetri"},
		"schema":      {func(y *yard) { y.write("schema.json", "{") }, "schema.json"},
		"state":       {func(y *yard) { y.write("agent.toml", strings.Replace(y.text("agent.toml"), `"state"`, `"other"`, 1)) }, "state"},
		"id key":      {func(y *yard) { y.write("agent.toml", "id_key_file = 'x'\n"+y.text("agent.toml")) }, "id_key_file: cannot change while the agent runs"},
		"half a key":  {func(y *yard) { y.write("state/id.key", "half") }, "does not hold exactly 32 bytes"},
		"certificate": {func(y *yard) { y.write("ca.pem", "none"); y.policy(narrow, elsewhere+`tls = { ca_file = "ca.pem" }`) }, "ca.pem"},
		"no secret":   {func(y *yard) { y.policy(narrow, elsewhere+`api_key_file = "missing"`) }, "missing"},
		"no password": {func(y *yard) {
			y.policy(narrow, fmt.Sprintf(cluster, "outputs", `mechanism = "plain", username = "agent", password_file = "missing"`, `topic = "t"
policy = { categories = [] }`))
		}, "missing"},
		"no token": {func(y *yard) {
			y.write("bare", "")
			y.policy(narrow, fmt.Sprintf(cluster, "inputs", `mechanism = "oauthbearer", token_file = "bare"`, `topics = ["t"]`))
		}, "bare: is empty"},
		"no folder": {func(y *yard) {
			y.write("agent.toml", strings.Replace(y.text("agent.toml"), `"audit"`+"\npolicy", `"no/folder/audit"`+"\npolicy", 1))
		}, "no/folder"},
		"file is used": {func(y *yard) {
			y.write("agent.toml", strings.Replace(y.text("agent.toml"), `path = "audit"`, `path = "schema.json/x"`, 1))
		}, "schema.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := newYard(t, "")
			y.start()
			c.spoil(y)
			said, err := y.reload()
			if exit := new(exec.ExitError); err == nil || y.agent.ProcessState != nil || !asExit(err, &exit) || exit.ExitCode() != exitFailure {
				t.Errorf("the command ended with %v", err)
			}
			if !strings.Contains(said, c.want) {
				t.Errorf("it said %q; want %q", said, c.want)
			}
			if err := y.agent.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			y.until("the log says so", func() bool {
				return strings.Contains(y.text("said"), "not reloaded") && strings.Contains(y.text("said"), c.want)
			})
			y.append(0, 10)
			y.until("the old goes on", func() bool { return strings.Count(y.text("audit"), "alice") == 10 })
			y.stop()
		})
	}
}

func asExit(err error, to **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*to = e
	return ok
}

// TestOutputsComeAndGo: what a reload adds, takes away and adds again is as
// after a restart.
func TestOutputsComeAndGo(t *testing.T) {
	const more = `
[[outputs.file]]
name = "more"
path = "more"
policy = { categories = [] }
`
	y := newYard(t, "")
	y.start()
	reload := func(extra string) {
		t.Helper()
		y.policy(wide, extra)
		if said, err := y.reload(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	}
	all := func(n int) func() bool {
		return func() bool { return strings.Count(y.text("audit"), "\n") == n }
	}
	y.append(0, 10)
	y.until("ten are there", all(10))
	reload(more)
	y.until("the new output has what there was", func() bool { return strings.Count(y.text("more"), "\n") == 10 })
	reload("")
	y.append(10, 20)
	y.until("twenty are there", all(20))
	if n := strings.Count(y.text("more"), "\n"); n != 10 {
		t.Errorf("an output that was taken away has %d records", n)
	}
	reload(more)
	y.until("it is back and has everything", func() bool { return strings.Count(y.text("more"), "\n") == 20 })
	y.stop()
	if _, again := numbers(t, y.path("more")); again > 0 {
		t.Errorf("%d records are there again", again)
	}
	var last struct{ N int }
	lines := bytes.Split(bytes.TrimSpace([]byte(y.text("more"))), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil || last.N != 19 {
		t.Errorf("the last is %d, %v", last.N, err)
	}
}

//go:build real

package realtest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/servers"
)

// packages are what pip installs into the cached virtual environment.
var packages = []string{"jupyter-server>=2.14,<3", "ipykernel"}

const rounds = 8 // of a person's work

// TestRealJupyter runs a real Jupyter Server with each kind of log handler and
// the agent following live, and then the agent once more over what is left.
func TestRealJupyter(t *testing.T) {
	python := servers.Python(t, packages...)
	for _, kind := range []string{"rotating", "timed", "watched", "plain"} {
		t.Run(kind, func(t *testing.T) { followServer(t, python, kind) })
	}
}

func TestRealKills(t *testing.T) { killed(t, 30) }

func TestRealKillsAudited(t *testing.T) { killedAudited(t, 60) }

func TestRealDirtyMillion(t *testing.T) { dirtyCorpus(t, 1_000_000) }

func followServer(t *testing.T, python, kind string) {
	dir := t.TempDir()
	server := filepath.Join(dir, "server")
	if err := os.MkdirAll(filepath.Join(server, "log"), 0o755); err != nil {
		t.Fatal(err)
	}
	schemas, permitted := "", []string{"unrestricted"} // the catalog alone
	if kind == "timed" || kind == "watched" {
		// With the installed schemas, which say personal-data at their root.
		permitted = append(permitted, "personal-data")
		site := filepath.Join(filepath.Dir(filepath.Dir(python)), "lib", "python3*", "site-packages", "*", "event*schemas", "**", "*.yaml")
		schemas = fmt.Sprintf("[schemas]\npaths = [%q]\n", site)
	}
	outputs := []output{{name: "raw", categories: []string{"*"}}, {name: "analytics", categories: permitted}}
	log := filepath.Join(server, "log", "events.log*")
	live := filepath.Join(dir, "live")
	a := start(t, configure(t, live, schemas, log, outputs...))
	drive(t, python, server, kind)

	truth := lines(t, filepath.Join(server, "all", "all.log"))
	await(t, 15*time.Second, func() bool {
		return count(filepath.Join(live, "raw.ndjson"))+len(faults(t, live)) >= len(truth) &&
			count(filepath.Join(live, "analytics.ndjson")) >= count(filepath.Join(live, "raw.ndjson"))
	})
	said := a.stop()
	compare(t, live, truth)
	checkSaid(t, said, truth)

	var left []string // what an agent that comes later still finds, oldest first
	generations, err := filepath.Glob(log)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(generations, func(a, b string) int { return modified(t, a).Compare(modified(t, b)) })
	left = lines(t, generations...)
	if !slices.Equal(left, truth[len(truth)-len(left):]) {
		t.Fatal("what is left of the log is not the end of all.log")
	}
	late := filepath.Join(dir, "late")
	said = once(t, configure(t, late, schemas, log, outputs...))
	compare(t, late, left)
	checkSaid(t, said, truth)
	t.Logf("%d events live; once more the %d that are left in %d files", len(truth), len(left), len(generations))
}

func modified(t *testing.T, file string) time.Time {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}

// compare holds the two outputs and the quarantine beside what the server
// logged: every event is there, in order and whole, but for the forged ones.
func compare(t *testing.T, dir string, truth []string) {
	t.Helper()
	raw, analytics := lines(t, filepath.Join(dir, "raw.ndjson")), lines(t, filepath.Join(dir, "analytics.ndjson"))
	held := map[string]int{}
	for _, f := range faults(t, dir) {
		held[f.Line]++
	}
	seen := map[string]bool{} // event ids
	next, forged := 0, 0
	for i, line := range truth {
		event := parse(t, line)
		lies := strings.Contains(line, `"path": "forged-`)
		if lies {
			forged++
		}
		if held[line] > 0 {
			held[line]--
			if !lies {
				t.Errorf("event %d is in the quarantine: %s", i, line)
			}
			continue
		}
		if next >= len(raw) || next >= len(analytics) {
			t.Fatalf("event %d of %d has no record: raw has %d, analytics %d, forged so far %d: %s", i, len(truth), len(raw), len(analytics), forged, line)
		}
		whole, part := parse(t, raw[next]), parse(t, analytics[next])
		if whole.own != event.own {
			t.Fatalf("record %d of raw is not event %d:\n%s\n%s", next, i, raw[next], line)
		}
		for _, r := range []record{whole, part} {
			checkReserved(t, event, r)
			id := text(t, r.reserved["__event_id__"])
			if seen[id] || len(id) != 32 {
				t.Errorf("the event id %q is not new, or not one", id)
			}
			seen[id] = true
		}
		checkAnalytics(t, event, part, analytics[next])
		next++
	}
	if next != len(raw) || next != len(analytics) {
		t.Errorf("raw has %d records and analytics %d, want %d", len(raw), len(analytics), next)
	}
	for line, n := range held {
		if n > 0 {
			t.Errorf("the quarantine holds a line that the server did not log: %s", line)
		}
	}
	if forged == 0 {
		t.Error("no forged event was logged: nothing was tried")
	}
}

// checkReserved: the envelope is the event's, normalised, and what else there
// is comes from the agent.
func checkReserved(t *testing.T, event, r record) {
	t.Helper()
	for name := range r.reserved {
		if !slices.Contains([]string{"__schema__", "__schema_version__", "__timestamp__", "__event_id__", "__categories__", "__redacted__"}, name) {
			t.Errorf("a record has %s", name)
		}
	}
	for _, name := range []string{"__schema__", "__schema_version__"} {
		if string(r.reserved[name]) != string(event.reserved[name]) {
			t.Errorf("%s is %s, want %s", name, r.reserved[name], event.reserved[name])
		}
	}
	at, err := time.Parse("2006-01-02T15:04:05.999999Z07:00", strings.TrimSuffix(text(t, event.reserved["__timestamp__"]), "Z"))
	if err != nil {
		t.Errorf("a record was made of an event with the time %s", event.reserved["__timestamp__"])
		return
	}
	if got, want := text(t, r.reserved["__timestamp__"]), at.UTC().Format("2006-01-02T15:04:05.000000Z"); got != want {
		t.Errorf("__timestamp__ is %s, want %s", got, want)
	}
	if string(r.reserved["__event_id__"]) == string(event.reserved["__event_id__"]) {
		t.Error("an event chose its own id")
	}
}

// What the catalog calls unrestricted in the schemas of jupyter_server that
// the server logs here.
var unrestricted = []string{"action", "kernel_name", "status", "status_code"}

// checkAnalytics: what is permitted is there as it was, nothing else is, and
// no path, no id and no free text can be found in the record's bytes.
func checkAnalytics(t *testing.T, event, r record, line string) {
	t.Helper()
	for _, name := range event.names {
		value := event.members[name]
		if slices.Contains(unrestricted, name) {
			if string(r.members[name]) != string(value) {
				t.Errorf("%s is %s in analytics, want %s", name, r.members[name], value)
			}
			continue
		}
		var s string
		if json.Unmarshal(value, &s) != nil || s == "" || s == "/" {
			continue
		}
		if strings.Contains(line, s) || strings.Contains(line, strings.Trim(string(value), `"`)) {
			t.Errorf("analytics holds the value of %s: %s", name, line)
		}
	}
	for _, name := range r.names {
		if !slices.Contains(unrestricted, name) {
			t.Errorf("analytics has %s", name)
		}
	}
}

// checkSaid: the agent's own log has none of the values.
func checkSaid(t *testing.T, said string, truth []string) {
	t.Helper()
	for _, line := range truth {
		event := parse(t, line)
		for _, name := range []string{"path", "source_path", "kernel_id", "msg"} {
			var s string
			if json.Unmarshal(event.members[name], &s) == nil && len(s) > 4 && strings.Contains(said, s) {
				t.Errorf("the agent's log has a value of %s", name)
			}
		}
	}
}

// drive runs testdata/drive.py to its end.
func drive(t *testing.T, python, dir, kind string) {
	t.Helper()
	c := exec.Command(python, filepath.Join("testdata", "drive.py"), dir, kind, fmt.Sprint(rounds))
	said, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(said), "done") {
		server, _ := os.ReadFile(filepath.Join(dir, "server.out"))
		t.Fatalf("driving the server: %v: %s\n%s", err, said, tail(string(server), 30))
	}
}

func tail(s string, n int) string {
	all := strings.Split(s, "\n")
	return strings.Join(all[max(0, len(all)-n):], "\n")
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRejectedRecordsSurviveKills kills the agent with -9 again and again while
// its destination rejects every second record: in the end each record is
// delivered or kept, none is both, and few are there twice.
func TestRejectedRecordsSurviveKills(t *testing.T) {
	const count, kills = 4000, 4
	folder := t.TempDir()
	var log strings.Builder
	for n := range count {
		fmt.Fprintf(&log, `{"__schema__": "https://example.org/numbered", "__schema_version__": "1", "__timestamp__": "2026-11-22T10:00:00Z", "n": %d, "odd": %v}`+"\n", n, n%2 == 1)
	}
	for file, content := range map[string]string{
		"events.log": log.String(),
		"schema.json": `{"$id": "https://example.org/numbered", "version": "1", "type": "object", "properties": {
			"n": {"type": "integer", "categories": ["unrestricted"]}, "odd": {"type": "boolean", "categories": ["unrestricted"]}}}`,
		"agent.toml": `state_dir = "state"
schemas = { paths = ["schema.json"], catalog = false }
[[inputs.file]]
name = "log"
paths = ["events.log"]
[[outputs.standin]]
name = "lake"
to = "` + filepath.Join(folder, "lake") + `"
reject = '"odd":true'
batch = { events = 10 }
policy = { categories = [] }
`,
	} {
		if err := os.WriteFile(filepath.Join(folder, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept := filepath.Join(folder, "state", "rejected", "lake", "rejected.ndjson")
	for kill := range kills {
		agent := agentWithStandIn(t, folder, "run")
		if err := agent.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(20 * time.Second); linesIn(kept) < (kill+1)*300; <-time.After(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("after %d kills %d records are kept, and no more come", kill, linesIn(kept))
				break
			}
		}
		if err := agent.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if agent.Wait() == nil {
			t.Fatal("the agent ended before it was killed")
		}
	}
	if out, err := agentWithStandIn(t, folder, "run", "--once").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	delivered, again := numbers(t, filepath.Join(folder, "lake"))
	rejected, againKept := numbers(t, kept)
	for n := range count {
		if delivered[n] == (n%2 == 1) || rejected[n] != (n%2 == 1) {
			t.Fatalf("record %d: delivered %v, kept %v", n, delivered[n], rejected[n])
		}
	}
	t.Logf("%d kills: %d records were delivered twice, %d kept twice", kills, again, againKept)
	if againKept > count/10 {
		t.Errorf("%d records are kept twice: what is kept ought to be committed soon after", againKept)
	}
}

func agentWithStandIn(t *testing.T, folder string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"agent-with-standin"}, append(args, "-c", filepath.Join(folder, "agent.toml"))...)
	return &exec.Cmd{Path: program, Args: args}
}

func linesIn(file string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	return bytes.Count(text, []byte("\n"))
}

// numbers are those of the records in a file, and how many are there again.
func numbers(t *testing.T, file string) (there map[int]bool, again int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	there = map[int]bool{}
	for line := range bytes.Lines(text) {
		var record struct {
			N      int
			Record *struct{ N int }
		}
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		n := record.N
		if record.Record != nil {
			n = record.Record.N
		}
		if there[n] {
			again++
		}
		there[n] = true
	}
	return there, again
}

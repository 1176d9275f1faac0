package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"jupyter-events-agent": main, "agent-with-standin": withStandIn})
}

// TestScripts runs the program as a user does: testdata/script/*.txtar.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "", // writes what "cmp" compares with
		Setup: func(env *testscript.Env) error {
			env.Setenv("TMPDIR", env.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"lines": lineCount,
			"id":    eventID,
			"exits": exits,
			"term":  terminate,

			"saying": saying,
		},
	})
}

// lineCount is the command "lines N GLOB...": waits until the files have N
// lines together; "! lines" is not of use.
func lineCount(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: lines N GLOB...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := -1
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		got = 0
		for _, glob := range args[1:] {
			files, err := filepath.Glob(ts.MkAbs(glob))
			ts.Check(err)
			for _, file := range files {
				text, err := os.ReadFile(file)
				ts.Check(err)
				got += bytes.Count(text, []byte("\n"))
			}
		}
		if got == want {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
	ts.Fatalf("%v: %d lines, want %d", args[1:], got, want)
}

// saying is the command "saying TEXT FILE": waits until the file holds the text.
func saying(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: saying TEXT FILE")
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-time.After(20 * time.Millisecond) {
		text, err := os.ReadFile(ts.MkAbs(args[1]))
		if err == nil && bytes.Contains(text, []byte(args[0])) {
			return
		}
	}
	ts.Fatalf("%s does not say %q", args[1], args[0])
}

// exits is the command "exits CODE PROGRAM ARG...": runs it and compares its
// exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		code = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// terminate is the command "term": sends SIGTERM to what runs in the background.
func terminate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: term")
	}
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	}
}

// eventID is the command "id NAME FILE N [MEMBER]": puts the event id of the N-th
// record of a file, or another member, into the variable NAME.
func eventID(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: id NAME FILE N [MEMBER]")
	}
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	lines := bytes.Split([]byte(ts.ReadFile(args[1])), []byte("\n"))
	if n < 1 || n > len(lines) {
		ts.Fatalf("%s has no line %d", args[1], n)
	}
	var record map[string]any
	ts.Check(json.Unmarshal(lines[n-1], &record))
	ts.Setenv(args[0], fmt.Sprint(record[append(args, "__event_id__")[3]]))
}

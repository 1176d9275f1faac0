package file

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"jupyter-events-agent/inputs"
)

// TestNamesDoNotFillTheLog: who may make files cannot have the agent remember,
// nor log, as many names as they like.
func TestNamesDoNotFillTheLog(t *testing.T) {
	var log bytes.Buffer
	in := &Input{}
	in.env = inputs.Env{Source: &inputs.Source{Input: "hub"}, Log: slog.New(slog.NewTextHandler(&log, nil))}
	for i := range 3 * mostTold {
		path := fmt.Sprint("/home/ann/", i)
		in.tell(ofLink, path, "a file is not read by this name", fs.ErrPermission, path)
	}
	if len(in.told[ofLink]) > mostTold+1 {
		t.Errorf("%d names are remembered", len(in.told[ofLink]))
	}
	if n := strings.Count(log.String(), "\n"); n != mostTold+1 {
		t.Errorf("%d lines were logged", n)
	}
	if n := strings.Count(log.String(), "not named"); n != 1 {
		t.Errorf("said %d times that more are not named", n)
	}
}

// TestEachKindIsTold: what others fill the log with keeps nobody from being told of
// a link that was refused.
func TestEachKindIsTold(t *testing.T) {
	var log bytes.Buffer
	in := &Input{}
	in.env = inputs.Env{Source: &inputs.Source{Input: "hub"}, Log: slog.New(slog.NewTextHandler(&log, nil))}
	for i := range 3 * mostTold {
		in.tell(ofFolder, fmt.Sprint(i), "a folder cannot be read", fs.ErrPermission, "")
		in.tell(ofFile, fmt.Sprint(i), "a file cannot be looked at", fs.ErrPermission, "")
	}
	log.Reset()
	in.tell(ofLink, "/home/mallory/events.log", "a file is not read by this name", fs.ErrPermission, "/home/mallory/events.log")
	if !strings.Contains(log.String(), "mallory") {
		t.Errorf("logged: %q", log.String())
	}
}

// TestFoldersThatGo: a folder that a glob has found and that goes is nothing to
// warn of, and nothing to remember; one that the configuration names is.
func TestFoldersThatGo(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*/events.log", "named/events.log")
	b.folder("named")
	var want []string
	for i := range 20 {
		dir := fmt.Sprint("user", i)
		b.folder(dir)
		b.write(dir+"/events.log", dir+"\n")
		want = append(want, dir)
	}
	b.start(1)
	defer b.stop()
	b.want(want...)
	for _, dir := range want {
		b.removeAll(dir)
	}
	b.removeAll("named")
	told := func() map[string]error {
		b.run.in.mu.Lock()
		defer b.run.in.mu.Unlock()
		return maps.Clone(b.run.in.told[ofFolder])
	}
	await(t, "the folder that is named to be told of", func() bool { return told()[b.path("named")] != nil })
	pause(3 * b.tune.scan)
	if got := told(); len(got) != 1 {
		t.Errorf("told of %v", got)
	}
}

// TestDirectoriesNamedLikeLogs: what a pattern means by name and is none is told of,
// and read once it is one.
func TestDirectoriesNamedLikeLogs(t *testing.T) {
	t.Parallel()
	b := newBench(t, "events.log*", "any/*")
	b.folder("events.log")
	b.folder("any")
	b.folder("any/folder")
	b.write("any/hub.log", "hub\n")
	if warnings := b.cfg.Warnings(); len(warnings) != 1 || !strings.Contains(warnings[0], "paths[0]: "+b.path("events.log")+" is a directory") {
		t.Errorf("warnings: %q", warnings)
	}
	b.start(1)
	defer b.stop()
	b.want("hub")
	told := func() map[string]error {
		b.run.in.mu.Lock()
		defer b.run.in.mu.Unlock()
		return maps.Clone(b.run.in.told[ofName])
	}
	if got := told(); len(got) != 1 || got[b.path("events.log")] != errFolder {
		t.Errorf("told of %v", got)
	}
	b.removeAll("events.log")
	b.write("events.log", "there now\n")
	b.want("hub", "there now")
	if got := told(); len(got) > 0 {
		t.Errorf("told of %v", got)
	}
}

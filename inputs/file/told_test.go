package file

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"

	"jupyter-events-agent/inputs"
)

// TestNamesDoNotFillTheLog: who may make files cannot have the agent remember,
// nor log, as many names as they like.
func TestNamesDoNotFillTheLog(t *testing.T) {
	var log bytes.Buffer
	in := &Input{told: map[string]error{}}
	in.env = inputs.Env{Source: &inputs.Source{Input: "hub"}, Log: slog.New(slog.NewTextHandler(&log, nil))}
	for i := range 3 * mostTold {
		path := fmt.Sprint("/home/ann/", i)
		in.tell("link "+path, "a file is not read by this name", fs.ErrPermission, path)
	}
	if len(in.told) > mostTold+1 {
		t.Errorf("%d names are remembered", len(in.told))
	}
	if n := strings.Count(log.String(), "\n"); n != mostTold+1 {
		t.Errorf("%d lines were logged", n)
	}
	if n := strings.Count(log.String(), "not named"); n != 1 {
		t.Errorf("said %d times that more are not named", n)
	}
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"jupyter-events-agent/internal/config"
)

func TestSecondSignalExitsAtOnce(t *testing.T) {
	signals, stopped, code := make(chan os.Signal), make(chan bool), make(chan int)
	go obey(signals, func() { close(stopped) }, func(c int) { code <- c })
	signals <- syscall.SIGTERM
	<-stopped
	signals <- syscall.SIGTERM
	if got := <-code; got != exitFailure {
		t.Errorf("exit code %d, want %d", got, exitFailure)
	}
}

func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		said string
	}{
		{nil, 0, ""},
		{failure{errors.New("no\x1b[2J")}, 1, "jupyter-events-agent: no\\x1b[2J\n"},
		{failure{errors.Join(errors.New("full"), fmt.Errorf("a: %w", errors.New("other")), errors.New("full"))}, 1, "jupyter-events-agent: full\na: other\n"},
		{usage{errors.New("--x: no")}, 2, "jupyter-events-agent: --x: no\n"},
		{config.Mistakes{"f: a"}, 2, "f: a\n"},
		{config.Mistakes{"f: a", "f: b"}, 2, "f: a\nf: b\n2 mistakes\n"},
		{errors.New("unknown flag"), 2, "jupyter-events-agent: unknown flag\nsee jupyter-events-agent --help\n"},
	} {
		var said bytes.Buffer
		if code := exitCode(c.err, &said); code != c.code || said.String() != c.said {
			t.Errorf("%v: %d %q, want %d %q", c.err, code, said.String(), c.code, c.said)
		}
	}
}

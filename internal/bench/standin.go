package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// standIn is a process that stands in for a destination.
type standIn struct {
	address string
	cmd     *exec.Cmd
	in      io.Closer
	out     *bufio.Reader
}

func startStandIn(ctx context.Context, binary, kind string) (*standIn, error) {
	s := &standIn{cmd: exec.CommandContext(ctx, binary, kind)}
	s.cmd.Stderr = os.Stderr
	in, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.in, s.out = in, bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if s.address, err = s.line(); err != nil {
		return nil, fmt.Errorf("the stand-in for %s: %w", kind, err)
	}
	return s, nil
}

func (s *standIn) line() (string, error) {
	text, err := s.out.ReadString('\n')
	return strings.TrimSpace(text), err
}

// end ends the stand-in and says how many records came.
func (s *standIn) end() (records int, err error) {
	s.in.Close()
	text, err := s.line()
	if err != nil {
		return 0, err
	}
	if records, err = strconv.Atoi(text); err != nil {
		return 0, fmt.Errorf("the stand-in says %q", text)
	}
	return records, s.cmd.Wait()
}

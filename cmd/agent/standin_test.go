package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
	outputkinds "jupyter-events-agent/outputs/all"
)

// standIn is a kind of output for the scripts: what a destination over a
// network is to the agent, with a file in the place of the destination.
type standIn struct {
	To     string `toml:"to"`     // each record, then a tab and each member beside it
	Answer string `toml:"answer"` // "" takes records | "refuses" | "hangs"
	Reject string `toml:"reject"` // a record with this text is never taken
	Apart  bool   `toml:"apart"`
	Gate   string `toml:"gate"` // a file: while it is there the destination is away
}

// withStandIn is the program with that kind.
func withStandIn() {
	outputkinds.Kinds["standin"] = func() outputs.Config { return &standIn{} }
	main()
}

func (s *standIn) Validate() []error             { return nil }
func (s *standIn) Templates() []filters.Template { return nil }
func (s *standIn) Files() []string               { return nil }
func (s *standIn) Traits() outputs.Traits        { return outputs.Traits{Apart: s.Apart} }
func (s *standIn) Close() error                  { return nil }

func (s *standIn) Open(context.Context, outputs.Env) (outputs.Output, error) { return s, nil }

var errRefused = errors.New("the destination refuses the password: see password_file")

func (s *standIn) Probe(ctx context.Context) error {
	if _, err := os.Stat(s.Gate); err == nil {
		return errors.New("the destination is away")
	}
	switch s.Answer {
	case "refuses":
		return errRefused
	case "hangs":
		<-ctx.Done()
		return fmt.Errorf("connect: %w", ctx.Err())
	}
	return nil
}

func (s *standIn) Write(ctx context.Context, batch []filters.Record) error {
	if err := s.Probe(ctx); err != nil {
		return err
	}
	to, err := os.OpenFile(s.To, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer to.Close()
	var lines bytes.Buffer // so that a kill tears none
	partial := &outputs.PartialError{}
	for i := range batch {
		if s.Reject != "" && bytes.Contains(batch[i].JSON(), []byte(s.Reject)) {
			partial.Rejected = append(partial.Rejected, outputs.Rejection{Index: i, Class: "mapping"})
			continue
		}
		lines.Write(batch[i].JSON())
		for _, m := range batch[i].Beside() {
			fmt.Fprintf(&lines, "\t%s=%s", m.Name, m.Value)
		}
		lines.WriteByte('\n')
	}
	if _, err := to.Write(lines.Bytes()); err != nil {
		return err
	}
	if len(partial.Rejected) > 0 {
		return partial
	}
	return nil
}

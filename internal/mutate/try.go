package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// stages are how a change is tried: those tests that notice most soonest, then all
// in their short form, then all as they are.
func (w *work) stages() [][]string {
	stages := [][]string{
		{"-test.short", "-test.timeout", "60s", "-test.run", w.first},
		{"-test.short", "-test.timeout", "150s", "-test.skip", w.first},
	}
	if w.long {
		stages = append(stages, []string{"-test.timeout", "600s"})
	}
	return stages
}

// unchanged fails where the tests do without any change.
func (w *work) unchanged(ctx context.Context) error {
	for _, stage := range w.stages() {
		var said bytes.Buffer
		if err := w.command(ctx, w.tests(), 0, stage, &said).Run(); err != nil {
			return fmt.Errorf("the tests fail before anything is changed: %w\n%s", err, said.Bytes())
		}
	}
	return nil
}

func (w *work) command(ctx context.Context, program string, number int, stage []string, said *bytes.Buffer) *exec.Cmd {
	c := exec.CommandContext(ctx, program, append([]string{"-test.failfast"}, stage...)...)
	c.Dir = filepath.Join(w.tree(), w.folder)
	c.Env = append(os.Environ(), fmt.Sprintf("MUTANT=%d", number), "TMPDIR="+w.scratch())
	c.Stdout, c.Stderr = said, said
	c.WaitDelay = 10 * time.Second
	return c
}

// try finds out what becomes of the changes, several at a time.
func (w *work) try(ctx context.Context, changes []*change) error {
	for _, stage := range w.stages() {
		type running struct {
			*change
			command *exec.Cmd
			said    *bytes.Buffer
		}
		var runs []running
		wait := func() error {
			r := runs[0]
			runs = runs[1:]
			var failed *exec.ExitError
			switch err := r.command.Wait(); {
			case err == nil:
				r.fate = survived
			case !errors.As(err, &failed) || ctx.Err() != nil:
				return fmt.Errorf("running the tests: %w", errors.Join(err, ctx.Err()))
			case strings.Contains(r.said.String(), "panic: test timed out"):
				r.fate = endless
			default:
				r.fate = noticed
			}
			return nil
		}
		for _, c := range changes {
			if c.fate != untried && c.fate != survived {
				continue
			}
			program := w.tests()
			if c.to == 0 {
				program = filepath.Join(w.dir, fmt.Sprintf("alone-%d", c.number))
				if _, err := os.Stat(program); err != nil {
					if ok, err := w.alone(ctx, c, program); err != nil {
						return err
					} else if !ok {
						c.fate = unviable
						continue
					}
				}
			}
			if len(runs) >= w.workers {
				if err := wait(); err != nil {
					return err
				}
			}
			r := running{change: c, said: new(bytes.Buffer)}
			r.command = w.command(ctx, program, c.number, stage, r.said)
			if err := r.command.Start(); err != nil {
				return fmt.Errorf("starting the tests: %w", err)
			}
			runs = append(runs, r)
		}
		for len(runs) > 0 {
			if err := wait(); err != nil {
				return err
			}
		}
	}
	return nil
}

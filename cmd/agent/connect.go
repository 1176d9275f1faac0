package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/fileerr"
	"jupyter-events-agent/outputs"
)

// connect opens every output that goes over a network as run would, but for the
// state, asks whether its destination would take records now, all at the same
// time, and prints a line for each. The error says how many would not.
func connect(ctx context.Context, outs []config.Output, timeout time.Duration, log *slog.Logger, to io.Writer) error {
	answers := make([]error, len(outs))
	var all sync.WaitGroup
	asked := 0
	for i := range outs {
		if outs[i].Config.Traits().Local {
			continue
		}
		asked++
		all.Go(func() { answers[i] = probe(ctx, &outs[i], timeout, log) })
	}
	all.Wait()
	away, unseen := 0, 0
	for i := range outs {
		at := outs[i].Where() + ": "
		switch {
		case outs[i].Config.Traits().Local:
			at += "not over a network, nothing to ask"
		case answers[i] == nil:
			at += "ready"
		case errors.Is(answers[i], fileerr.ErrCredential):
			unseen++
			at += "cannot be asked from here: " + answers[i].Error()
		default:
			away++
			at += "not ready: " + answers[i].Error()
		}
		fmt.Fprintln(to, visible(at))
	}
	var notAsked error
	if unseen > 0 {
		notAsked = fmt.Errorf("%d of %s not asked: run would not start without that file; where systemd starts the agent it is there", unseen, count(asked, "destination"))
	}
	if away > 0 {
		return errors.Join(fmt.Errorf("%d of %s not ready: run would wait for %s and lose nothing", away, count(asked, "destination"), itOrThem(away)), notAsked)
	}
	return notAsked
}

func itOrThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// probe asks one output's destination.
func probe(ctx context.Context, o *config.Output, timeout time.Duration, log *slog.Logger) (err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, err := o.Config.Open(ctx, outputs.Env{Name: o.Name, Log: log.With("output", o.Name), Stdout: &outputs.Stdout{To: io.Discard}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	prober, ok := out.(outputs.Prober)
	if !ok {
		return nil
	}
	err = prober.Probe(ctx)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
		return fmt.Errorf("no answer within %v: %w: see that it is up and its address right, or allow more with --timeout", timeout, err)
	}
	return err
}

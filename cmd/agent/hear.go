package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"jupyter-events-agent/internal/backoff"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/control"
)

// hear has a run listen to SIGHUP and say to systemd that it lives; the
// returned context ends with what it returns beside, which waits for all of it.
// A run with --once does neither: it ends by itself.
func (w *wiring) hear(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	if w.once {
		return ctx, cancel
	}
	w.asks = make(chan *ask)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			select {
			case <-hangups:
				_, _ = w.reload(ctx) // the log says what became of it
			case <-ctx.Done():
				return
			}
		}
	})
	all.Go(func() { w.watchdog(ctx) })
	return ctx, func() {
		signal.Stop(hangups)
		cancel()
		all.Wait()
	}
}

// listen takes commands over the control socket until the returned function is
// called. Without one the agent runs as well, so its failing is only said.
func (w *wiring) listen(ctx context.Context) (stop func(), err error) {
	if w.asks == nil || runtime.GOOS == "windows" {
		return func() {}, nil
	}
	log := w.log // the one of now: another may come into force while a peer is served
	l, err := control.Listen(w.store.Dir())
	if err != nil {
		log.Warn("commands such as reload do not reach this agent; SIGHUP does", "error", err)
		return func() {}, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() {
		accept(ctx, log, l.Accept, func(c *control.Conn) {
			all.Go(func() {
				if err := c.Serve(ctx, w.commands()); err != nil {
					log.Warn("a command went wrong", "error", err)
				}
			})
		})
	})
	return func() {
		cancel()
		if err := l.Close(); err != nil {
			log.Warn("the control socket did not close", "error", err)
		}
		all.Wait()
	}, nil
}

// accept takes peers until ctx is done or the listener is closed. Where it cannot,
// as where too many files are open, it waits longer and longer.
func accept(ctx context.Context, log *slog.Logger, next func() (*control.Conn, error), serve func(*control.Conn)) {
	pause := backoff.Backoff{First: 50 * time.Millisecond, Max: 10 * time.Second}
	for ctx.Err() == nil {
		c, err := next()
		switch {
		case err == nil:
			pause.Reset()
			serve(c)
			continue
		case errors.Is(err, net.ErrClosed) || ctx.Err() != nil:
			return
		}
		log.Warn("no command can be heard now, and it is tried again: see that enough files may be open (LimitNOFILE)", "error", err)
		if pause.Wait(ctx) != nil {
			return
		}
	}
}

// commands are what a running agent does for another process.
func (w *wiring) commands() map[string]control.Command {
	return map[string]control.Command{
		"reload": func(ctx context.Context, _ json.RawMessage, reply func(any) error) error {
			l, err := w.reload(ctx)
			if err != nil {
				return control.Refusal(reasons(err))
			}
			return reply(reloaded{File: l.config.File, Inputs: len(l.config.Inputs), Outputs: len(l.config.Outputs), Warnings: l.warnings})
		},
		"health": func(context.Context, json.RawMessage, func(any) error) error {
			return errors.Join(w.started(), w.alive())
		},
		"status": func(_ context.Context, _ json.RawMessage, reply func(any) error) error {
			if w.shown.Load() == nil {
				return w.started()
			}
			return reply(w.report.Status(true))
		},
		"tap": w.tapCommand,
	}
}

// reloaded is the answer to the command reload.
type reloaded struct {
	File     string   `json:"file"` // the configuration's
	Inputs   int      `json:"inputs"`
	Outputs  int      `json:"outputs"`
	Warnings []string `json:"warnings,omitempty"`
}

func reloadCommand(file *string) *cobra.Command {
	return &cobra.Command{
		Use:   "reload",
		Short: "Have the agent that runs read its configuration again",
		Long: `Has the agent that runs read its configuration, schemas, overlays, certificates
and keys again, as SIGHUP does. If anything is wrong it goes on with what it had;
the mistakes are printed here and stand in its log, and the exit code is 1.

The agent is found by the state_dir of the configuration; only its own user and
root are heard. state_dir, id_key_file and telemetry.listen cannot change while it
runs: restart it for these.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load(*file, kinds())
			if c == nil || c.StateDir == "" {
				return refusal(reasons(err))
			}
			var done reloaded
			err = control.Call(cmd.Context(), c.StateDir, "reload", nil, func(text json.RawMessage) error {
				return json.Unmarshal(text, &done)
			})
			if refused := (control.Refusal)(nil); errors.As(err, &refused) {
				return refusal(refused)
			}
			if errors.Is(err, control.ErrNobody) {
				err = fmt.Errorf("%w; where state_dir is new only a restart changes it", err)
			}
			if err != nil {
				return failure{fmt.Errorf("%s: %w", c.StateDir, err)}
			}
			for _, warning := range done.Warnings {
				fmt.Fprintln(cmd.ErrOrStderr(), "warning:", visible(warning))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "reloaded %s: %s, %s\n", visible(done.File), count(done.Inputs, "input"), count(done.Outputs, "output"))
			return nil
		},
	}
}

// refusal says why nothing was reloaded.
func refusal(why []string) error {
	return failure{fmt.Errorf("not reloaded, what was read before stays in force:\n%w", control.Refusal(why))}
}

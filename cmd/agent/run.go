package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/aside"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/quarantine"
	"jupyter-events-agent/internal/rejected"
	"jupyter-events-agent/internal/telemetry"
	"jupyter-events-agent/internal/tokens"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/pipeline"
)

func runCommand(file *string) *cobra.Command {
	var w wiring
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Follow the inputs and deliver to the outputs, until stopped",
		Long: `Follows the inputs and delivers to the outputs what each may have. SIGINT or
SIGTERM stops it within the grace period, a second one at once. What was not
delivered is delivered after the next start. SIGHUP, or the command reload, has
it read its configuration again.

With --once it delivers everything that is there, then exits: with 0, or with 1
where a file or folder that is there could not be read.`,
		Args: noArguments,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			if w.timeout < 0 || w.timeout > 0 && !w.once {
				return usage{errors.New("--timeout: is a duration for --once: how long a destination may stay away")}
			}
			screen := newProgress(cmd.ErrOrStderr())
			w.stdout.To = cmd.OutOrStdout()
			w.load = func() (*loaded, error) { return runnable(*file, false) }
			undo := func() {}
			defer func() { undo() }()
			w.use = func(l *loaded) {
				undo()
				undo = limitProcs(len(l.config.Outputs))
				w.log = newLog(screen, screen.terminal, l.config.Log)
				for _, warning := range l.warnings {
					w.log.Warn(warning)
				}
			}
			ctx, deaf := w.hear(cmd.Context()) // from the first: a reload that is asked for early must not end it
			defer deaf()
			l, err := w.load()
			if err != nil {
				return err
			}
			begun := time.Now()
			stop := screen.begin(ctx, &w.stats)
			err = w.run(ctx, l)
			stop()
			if snap := w.stats.Snapshot(); w.once && len(snap.Outputs) > 0 {
				fmt.Fprintln(cmd.ErrOrStderr(), summary(snap, time.Since(begun)))
			}
			return err
		}),
	}
	cmd.Flags().BoolVar(&w.once, "once", false, "deliver everything that is there, then exit")
	cmd.Flags().DurationVar(&w.timeout, "timeout", 0, "with --once: exit with 1 where a destination stays away for this `TIME` (default for ever)")
	return cmd
}

// wiring is one run: what the configuration describes, opened and joined.
type wiring struct {
	once    bool
	timeout time.Duration
	log     *slog.Logger
	stdout  outputs.Stdout
	stats   pipeline.Stats
	pulse   pipeline.Pulse
	load    func() (*loaded, error) // for a reload; nil: there is none
	use     func(*loaded)           // what the process takes of a configuration; nil for nothing
	asks    chan *ask               // for a reload; nil: nobody asks
	turning turning

	// What others may look at.
	report *telemetry.Reporter
	shown  atomic.Pointer[shown] // nil before the start
	up     atomic.Bool           // it follows its inputs
	taps   taps

	// The state stays for the whole run.
	store  *checkpoint.Store
	secret []byte
	held   []*held

	// The rest is one configuration's.
	tokens  *tokens.Table // nil: no output needs it
	closers []io.Closer   // in the order in which they were opened
}

// run opens everything, moves lines until ctx is done or, with once, all is
// delivered, and closes everything.
func (w *wiring) run(ctx context.Context, l *loaded) (err error) {
	defer func() { err = errors.Join(err, w.shut(), w.letGo(), w.closeState()) }()
	if w.use != nil {
		w.use(l)
	}
	if err := w.openState(l.config); err != nil {
		return err
	}
	w.report, w.stats.ByAction = w.reporter(), l.config.Telemetry != nil
	listening, err := w.listen(ctx)
	if err != nil {
		return err
	}
	defer listening()
	answering, err := w.telemetry(l.config.Telemetry)
	if err != nil {
		return err
	}
	defer answering()
	spec, err := w.open(ctx, l)
	if err != nil {
		return err
	}
	w.log.Info("started", "version", versionText(), "inputs", len(spec.Inputs), "outputs", len(spec.Outputs),
		"schemas", len(l.registry.Schemas()), "once", w.once)
	w.show(l)
	w.up.Store(true)
	defer w.up.Store(false)
	w.ready(wired(spec))
	for {
		turn, err := w.serve(ctx, l, spec)
		if err != nil {
			return err
		}
		if turn == nil {
			w.log.Info("stopped")
			if w.once && ctx.Err() == nil {
				return w.unread()
			}
			return nil
		}
		if l, spec, err = w.turn(ctx, l, turn); err != nil {
			return err
		}
	}
}

// openState takes the state folder and the instance's secret.
func (w *wiring) openState(c *config.Config) (err error) {
	if w.store, err = checkpoint.Open(c.StateDir); errors.Is(err, checkpoint.ErrInUse) {
		return fmt.Errorf("%w: stop it, or give this one its own state_dir", err)
	} else if err != nil {
		return err
	}
	for _, warning := range w.store.Warnings() {
		w.log.Warn(warning)
	}
	w.secret, err = w.store.Secret(c.IDKeyFile)
	return err
}

func (w *wiring) closeState() error {
	if w.store == nil {
		return nil
	}
	return w.store.Close()
}

// shut closes what open opened, but for the inputs.
func (w *wiring) shut() (err error) {
	for i := len(w.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, w.closers[i].Close())
	}
	w.closers, w.tokens = nil, nil
	return err
}

// open opens all that a configuration describes.
func (w *wiring) open(ctx context.Context, l *loaded) (*pipeline.Spec, error) {
	c := l.config
	store, secret := w.store, w.secret
	spec := &pipeline.Spec{
		Store: store, Retry: c.Retry, Grace: c.Grace, Timeout: w.timeout, Log: w.log, Stats: &w.stats, Pulse: &w.pulse,
	}
	for _, h := range w.held {
		h.used = false
	}
	for i := range c.Inputs {
		in, err := w.input(l, i)
		if err != nil {
			return nil, err
		}
		spec.Inputs = append(spec.Inputs, in)
	}
	if err := w.signing(c); err != nil {
		return nil, err
	}
	if err := w.openTokens(l); err != nil {
		return nil, err
	}
	compiler := filters.NewCompiler(l.registry)
	for i := range c.Outputs {
		out, err := w.output(ctx, l, i, store, secret, compiler)
		if err != nil {
			return nil, err
		}
		spec.Outputs = append(spec.Outputs, out)
	}
	if c.Quarantine == nil {
		return spec, nil
	}
	return spec, w.quarantine(spec, c.Quarantine, store)
}

// output opens one output. Its policy is compiled again, with the key of its
// event ids: that the policy is right was known before any state was made.
func (w *wiring) output(ctx context.Context, l *loaded, i int, store *checkpoint.Store, secret []byte, compiler *filters.Compiler) (pipeline.Output, error) {
	c := &l.config.Outputs[i]
	failed := func(err error) (pipeline.Output, error) {
		return pipeline.Output{}, fmt.Errorf("%s: %w", c.Where(), err)
	}
	policy := c.Policy
	policy.Key = filters.OutputKey(secret, c.Name)
	if w.tokens != nil {
		policy.Tokens = w.tokens.Scope
	}
	filter, _, err := compiler.Compile(policy)
	if err != nil {
		return failed(err)
	}
	cursor, err := store.Cursor(c.Name)
	if err != nil {
		return failed(err)
	}
	out, err := c.Config.Open(ctx, outputs.Env{
		Name: c.Name, State: cursor.State(), Log: w.log.With("output", c.Name), Stdout: &w.stdout,
	})
	if err != nil {
		return failed(err)
	}
	w.closers = append(w.closers, out)
	made := pipeline.Output{Name: c.Name, Output: out, Filter: filter, Cursor: cursor, Batch: c.Batch, Look: w.taps.look(c.Name, c.Config)}
	if filter.Asks() {
		made.Consent = l.consents[i]
	}
	if filter.Tokenizes() {
		made.Tokens = w.tokens
	}
	if c.Config.Traits().Local {
		return made, nil
	}
	kept, err := w.rejected(l.config.Rejected, c.Name, store)
	if err != nil {
		return failed(err)
	}
	made.Rejected = kept
	return made, nil
}

// rejected opens the store of the records that an output's destination will
// never take.
func (w *wiring) rejected(c aside.Config, output string, store *checkpoint.Store) (*rejected.Store, error) {
	cursor, err := store.Cursor(pipeline.RejectedCursor(output))
	if err != nil {
		return nil, fmt.Errorf("rejected: %w", err)
	}
	kept, err := rejected.Open(c, output, cursor.State(), w.log)
	if err != nil {
		return nil, fmt.Errorf("rejected: %w", err)
	}
	w.closers = append(w.closers, kept)
	return kept, nil
}

// gap says that lines were lost, or may be, before they could be read.
func (w *wiring) gap(g inputs.Gap) {
	w.stats.Gap(g)
	w.log.Error("lines were lost, or may be, before they could be read: have what is old kept for longer, and files renamed instead of truncated",
		"input", g.Input, "file", g.Path, "from", g.From, "to", g.To, "reason", g.Reason)
}

// quarantine opens the store of the lines that are not events, a consumer
// with a cursor of its own.
func (w *wiring) quarantine(spec *pipeline.Spec, c *aside.Config, store *checkpoint.Store) error {
	cursor, err := store.Cursor(pipeline.QuarantineCursor)
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	q, err := quarantine.Open(*c, cursor.State(), w.log)
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	w.closers = append(w.closers, q)
	spec.Quarantine = q
	return nil
}

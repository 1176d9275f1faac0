// Package pipeline moves lines to their destinations.
//
// In come opened inputs, outputs and compiled filters; out go batches, and
// positions to the cursors. It owns every goroutine, timer and counter of the
// data path, and looks at no byte of an event, at no TOML and at no kind by
// name.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/schema"
)

// Spec is everything that runs. Run closes none of it: who opened it does.
type Spec struct {
	Store      *checkpoint.Store
	Inputs     []Input
	Outputs    []Output
	Quarantine Quarantine // nil: faults are only counted
	Retry      Retry
	Grace      time.Duration // how long a stop may take
	Timeout    time.Duration // once mode: how long a destination may stay away; 0 for ever
	// Leave, closed, ends the run where it is, so that another can go on at once:
	// what is being written has a moment to end, and what was read and is not
	// being written is made again by that run, under its policies. nil: never.
	Leave <-chan struct{}
	Pulse *Pulse // nil: nobody asks whether the run moves
	Log   *slog.Logger
	Stats *Stats
}

// Input is one opened input with the checker of its lines.
type Input struct {
	Name    string
	Input   inputs.Input
	Checker *schema.Checker
}

// Output is one opened output with what is its own.
type Output struct {
	Name   string
	Output outputs.Output
	Filter *filters.Filter
	Cursor *checkpoint.Cursor
	Batch  Batch
	// Rejected keeps what the destination will never take; nil: it is only counted.
	Rejected Rejected
	Consent  Consent // whom the Filter asks; nil: nobody
	Tokens   Tokens  // what gives the Filter its tokens; nil: it needs none
	// Look sees each record when it is sent for the first time; nil: nobody looks.
	// It must neither wait nor keep them.
	Look func([]filters.Record)
}

// Batch says when a batch goes: at the first of its limits.
type Batch struct {
	Events int           // 0: 1000
	Bytes  int64         // of redacted records; 0: 5 MiB. A larger record goes alone
	Age    time.Duration // since the batch's first record; 0: as soon as nothing more is ready
}

// Retry is the backoff between attempts: First, doubled with jitter up to Max, for ever.
type Retry struct{ First, Max time.Duration }

// Quarantine takes the lines that are not events. A consumer of its own, with
// the rules of an output: Put may buffer, Sync makes durable and returns a state.
type Quarantine interface {
	Put(block *inputs.Block, line *inputs.Line, fault *schema.Fault) error
	Sync() (state []byte, err error)
}

// Run moves lines until ctx is done (nil), in once mode until everything is
// delivered (nil), or until something fails that only a restart can mend: the
// state folder, an input's own work, a Sync; in once mode also a destination
// that stays away longer than Timeout, after the other outputs are done. A stop
// leaves undelivered what the grace does not suffice for: nothing is lost, the
// next run delivers it. A full disk below the state folder is waited for.
func Run(ctx context.Context, s Spec) error {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Stats == nil {
		s.Stats = &Stats{}
	}
	if s.Pulse == nil {
		s.Pulse = &Pulse{}
	}
	s.Pulse.clear()
	r := &run{
		Spec:   s,
		window: newWindow(windowBytes),
		saver: &saver{
			sync: s.Store.Sync, wake: make(chan struct{}, 1),
			health: health{log: s.Log, what: "cannot write the checkpoint"},
		},
	}
	return r.run(ctx)
}

// run is a Spec while it runs.
type run struct {
	Spec
	window  *window
	saver   *saver
	sources []*source
	readers []inputs.Reader
	flows   []*flow
	left    atomic.Bool // it ends by Leave

	mu   sync.Mutex
	errs []error
}

// flow is one consumer: an output or the quarantine.
type flow struct {
	work    func() error // the ship's or the quarantine's way out
	follows []*follow
}

func (r *run) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	hard, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	beside, still := context.WithCancel(context.WithoutCancel(ctx))
	defer still()

	if err := r.open(ctx, hard); err != nil {
		return errors.Join(err, r.close())
	}
	var background, delivery sync.WaitGroup
	fatal := func(err error) {
		r.fail(err)
		stop()
	}
	for _, in := range r.Inputs {
		background.Go(func() {
			if err := in.Input.Background(beside); err != nil && beside.Err() == nil {
				fatal(fmt.Errorf("input %s: %w", in.Name, err))
			}
		})
	}
	for _, b := range r.backgrounds() {
		background.Go(func() { r.beside(beside, b) })
	}
	background.Go(func() {
		if err := r.saver.run(beside, r.Retry); err != nil {
			fatal(err)
		}
	})
	background.Go(func() { r.leave(beside, stop) })
	background.Go(func() { // the grace
		if wait(ctx, beside.Done(), 0) != nil && wait(beside, nil, r.grace()) == nil {
			kill()
		}
	})
	for _, f := range r.flows {
		ctx, leave := context.WithCancel(ctx)
		for _, follow := range f.follows {
			delivery.Go(func() { follow.run(ctx) })
		}
		delivery.Go(func() {
			defer leave()
			if err := f.work(); err != nil {
				r.ended(f, err, stop)
			}
		})
	}
	delivery.Wait()
	still()
	background.Wait()
	if err := r.saver.save(r.saver.ask()); err != nil {
		r.fail(err)
	}
	r.fail(r.close())
	r.Log.Debug("the window of checked chunks", "checked", r.window.reads, "shared", r.window.hits)
	return errors.Join(r.errs...)
}

// ended notes that a consumer cannot go on. One whose destination stayed away
// ends alone: the others go on to their end.
func (r *run) ended(f *flow, err error, stop func()) {
	r.fail(err)
	if !errors.Is(err, errAway) {
		stop()
	}
}

func (r *run) fail(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

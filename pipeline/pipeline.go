// Package pipeline moves lines to their destinations.
//
// In come opened inputs, outputs and compiled filters; out go batches, and
// positions to the cursors. It owns every goroutine, timer and counter of the
// data path, and looks at no byte of an event, at no TOML and at no kind by
// name.
package pipeline

import (
	"context"
	"log/slog"
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
	Log        *slog.Logger
	Stats      *Stats
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
}

// Batch says when a batch goes: at the first of its limits.
type Batch struct {
	Events int
	Bytes  int64         // of redacted records
	Age    time.Duration // since the batch's first record
}

// Retry is the backoff between attempts: First, doubled with jitter up to Max, for ever.
type Retry struct{ First, Max time.Duration }

// Quarantine takes the lines that are not events. A consumer of its own, with
// the rules of an output: Put may buffer, Sync makes durable and returns a state.
type Quarantine interface {
	Put(block *inputs.Block, line *inputs.Line, fault *schema.Fault) error
	Sync() (state []byte, err error)
}

// Stats are the counters of a run.
type Stats struct{}

// Run moves lines until ctx is done (nil), in once mode until everything is
// delivered (nil), or until something fails that only a restart can mend.
func Run(ctx context.Context, s Spec) error { return nil }

// Package outputs holds the contract of an output: where records go.
//
// In come batches of Records, each redacted for this output; out goes what
// its destination takes. An output touches its own destination only: no raw
// lines, no source paths, no state folder, no retry loop, and no goroutine
// that outlives a call.
package outputs

import (
	"context"
	"log/slog"
	"time"

	"jupyter-events-agent/filters"
)

// Output is one open destination.
type Output interface {
	// Write returns nil when the destination has taken every record;
	// *PartialError when it has taken all but those it names; ErrTooLarge
	// when the batch should come in halves; Permanent(err) when it will never
	// take this batch; Refused(err) when it takes nothing before somebody acts;
	// any other error when trying again may help, Unclear(err) with other records
	// beside these. Calls never overlap. It must not keep batch or what its records point to.
	Write(ctx context.Context, batch []filters.Record) error
	// Close releases the destination. Not while Write or Sync run.
	Close() error
}

// Syncer is an Output that can say what is durable. Its caller keeps two
// rules, on which exactly-once rests:
//
//  1. Sync is called once after Open, and its state made durable (Cursor.Seal,
//     Store.Sync), before the first Write, unless Open got that very state.
//  2. Sync is not called again before the state of the last one is durable.
//
// Write need not wait for either.
type Syncer interface {
	// Sync makes everything written durable and returns a state that,
	// handed to Env.State after a restart, lets the output go back to exactly
	// this point. Never while Write runs. After an error only a restart helps:
	// what was written since the last Sync may be lost.
	Sync() (state []byte, err error)
}

// Rotating is a Syncer whose file can begin anew only by a Sync: Due says after
// a Write that it should, and the caller then syncs as soon as its rules allow.
type Rotating interface {
	Due() bool
}

// Signing is a Syncer that signs what it has written, at times of its own.
type Signing interface {
	// Next is when Sync should be called at the latest, also where nothing was
	// written. Not while Write or Sync run.
	Next() time.Time
	// Last says that the next Sync is the last one before Close.
	Last()
}

// Background is an Output or Input that has work to do beside Write, such as
// compressing an old generation. Run by pipeline until ctx is done, beside
// Write and Sync.
type Background interface {
	Background(ctx context.Context) error
}

// Config is one output's part of the configuration: the config is the
// constructor.
type Config interface {
	// Validate returns every mistake, each beginning with its key.
	Validate() []error
	// Templates are the templates over permitted fields, in the order in
	// which Record.Field numbers them.
	Templates() []filters.Template
	// Files are the paths that this output writes, for the check that no
	// input reads them; nil where none.
	Files() []string
	// Traits are what the kind asks of its surroundings.
	Traits() Traits
	// Open opens the output. That a destination over a network is away or
	// refuses the agent is for Write to say, and for Probe: no error here.
	Open(context.Context, Env) (Output, error)
}

// Traits are what a kind of output asks of its surroundings.
type Traits struct {
	BatchAge time.Duration // default of batch.age
	Apart    bool          // metadata travels beside the record (Record.Beside, ID), not in it
	Numbered bool          // the destination gets the event id whatever the metadata says
	// Local: the destination is a file or pipe of this machine. It never rejects
	// a record, so none has to be kept aside, and Open changes it, so
	// `check --connect` leaves it alone.
	Local bool
}

// Shaper is a Config whose destination receives records in another shape than
// Record.JSON has: Shape changes the JSON Schema of records, an object with
// properties and required, to that of what the output makes of them.
type Shaper interface {
	Shape(record map[string]any)
}

// Auditing is a Config whose output can chain and sign its records.
type Auditing interface {
	Audited() bool       // it does
	SigningKey() *string // path of the file of its keys, to be filled in where it is ""
}

// Movable is a Config that can be pointed elsewhere, for a test of the agent's
// own: At is the same with its destination at to, a file or host:port of this
// machine, without TLS, login or signature.
type Movable interface {
	At(to string) Config
}

// Prober is an Output that can find out whether its destination would take
// records now, for `check --connect`. No record is sent. The error says what to
// do. Not while Write runs.
type Prober interface {
	Probe(ctx context.Context) error
}

// Env is what an Output gets from its surroundings.
type Env struct {
	Name   string // the output's name in the configuration
	State  []byte // of the last Sync that the checkpoint holds; nil for none
	Log    *slog.Logger
	Stdout *Stdout          // for outputs that write there; the output does not close it
	Now    func() time.Time // the time that an output writes into records that have none; nil: time.Now
}

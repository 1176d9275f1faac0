// Package outputtest is the contract that every kind of output keeps, as a
// test that the kind's own tests run, on stand-ins and on real servers.
//
// In comes a Destination, a place that the kind writes to and that can be told
// to misbehave; out go failures of the test. It makes its records the way the
// agent does, from lines through a schema and a policy.
package outputtest

import (
	"context"
	"fmt"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// Destination is what an output writes to, made anew for each test. It may
// also be Traited, Partitioned and Translating.
type Destination interface {
	// Open opens an output on the destination. Called again after Close, with
	// the same destination, as after a restart.
	Open(context.Context, outputs.Env) (outputs.Output, error)
	// Templates are those of the output's Config.
	Templates() []filters.Template
	// Behave sets how the destination behaves from now on; false where this
	// kind of destination cannot behave so.
	Behave(Behaviour) bool
	// Received are the bodies that have arrived, each a record's JSON, in the
	// order in which readers of the destination find them. Not called where it
	// is Partitioned.
	Received(testing.TB) []string
}

// Traited is a Destination that says the Traits of the output's Config. Of one
// that does not, metadata is not Apart.
type Traited interface{ Traits() outputs.Traits }

// Partitioned is a Destination that keeps order only within each partition, in
// the place of Received. One that keeps no order at all gives every record a
// partition of its own.
type Partitioned interface {
	Partitions(testing.TB) [][]string
}

// Translating is a Destination that has another form of a record than its JSON
// as what arrives, such as one with its key and headers: Received and Partitions
// then are of this form. It must tell every record from every other.
type Translating interface {
	Arrives(*filters.Record) string
}

// Behaviour is a way in which a destination may answer.
type Behaviour string

// The behaviours. Poison is in the text of the records that a destination
// singles out.
const (
	Accepts     Behaviour = "accepts"      // takes everything; so do all at first
	Fails       Behaviour = "fails"        // takes nothing now
	Refuses     Behaviour = "refuses"      // takes nothing until somebody acts: a wrong password, a missing topic
	Breaks      Behaviour = "breaks"       // goes away in the middle of a batch
	TakesSome   Behaviour = "takes some"   // takes some records of a batch now, and the others when it accepts
	RejectsSome Behaviour = "rejects some" // never takes a record with Poison, and takes the others
	RejectsAll  Behaviour = "rejects all"  // never takes the batch
	TooLarge    Behaviour = "too large"    // takes no more than one record at a time
	Slow        Behaviour = "slow"         // takes everything, after a while
	Hangs       Behaviour = "hangs"        // does not answer
)

// What an output can or cannot, for Never; no destination is told so.
const (
	Asked Behaviour = "can be asked"         // the output is an outputs.Prober
	Syncs Behaviour = "says what is durable" // the output is an outputs.Syncer
)

// Never is what a destination or its output never does, each with why not, or
// with the test that has it.
type Never map[Behaviour]string

// plan is why the part of the contract that needs b is left out, "" where it is
// run. It is an error where that is not as n says.
func (n Never) plan(b Behaviour, can bool) (skip string, err error) {
	switch why, planned := n[b]; {
	case can && planned:
		return "", fmt.Errorf("this destination %q: take that out of what it never does", b)
	case planned:
		return fmt.Sprintf("by plan: never %q: %s", b, why), nil
	case !can:
		return "", fmt.Errorf("this destination never %q: let it, or say in Never why not", b)
	}
	return "", nil
}

// Poison marks the records that RejectsSome singles out. Their texts are also
// longer than PoisonBytes, more than a third of it where they are compressed,
// for destinations that know no other fault; the others' are a few bytes.
const (
	Poison      = "poison"
	PoisonBytes = 40_000
)

package schema

import (
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/jsonscan"
)

// StampLen is the length of a normalised timestamp in bytes:
// 2006-01-02T15:04:05.000000Z.
const StampLen = 27

// Event is a line that is valid and tagged: its schema is known, it has been
// validated, and every token of its tape carries its place. Only Check makes
// one. It points into the block and the Arena that it was checked with and is
// valid as long as they are.
type Event struct {
	raw    []byte
	tape   []jsonscan.Token
	schema *Schema
	source *inputs.Source
	at     checkpoint.Position
	micros int64
	timed  bool
	stamp  [StampLen]byte

	// With envelope = "agent":
	id      uint32 // token of the id that it was given; 0 for none
	derived *Derived
}

// Raw is the line.
func (e *Event) Raw() []byte { return e.raw }

// Tape is the line's tokens, each with its place.
func (e *Event) Tape() []jsonscan.Token { return e.tape }

// Schema is what the event was validated against.
func (e *Event) Schema() *Schema { return e.schema }

// Source is the input that the line came from.
func (e *Event) Source() *inputs.Source { return e.source }

// At is the position of the line's first byte.
func (e *Event) At() checkpoint.Position { return e.at }

// Stamp is the event's time as RFC 3339 in UTC with six decimals; empty where
// the line has none, which only envelopes other than Jupyter's allow.
func (e *Event) Stamp() []byte {
	if !e.timed {
		return nil
	}
	return e.stamp[:]
}

// Micros is the event's time in microseconds since 1970; 0 where it has none.
func (e *Event) Micros() int64 { return e.micros }

// Time is the event's time; 1970 where it has none.
func (e *Event) Time() time.Time { return timeOf(e.micros) }

func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

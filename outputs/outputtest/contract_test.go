package outputtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// TestContractOfMemory: an output that keeps the contract passes every part.
func TestContractOfMemory(t *testing.T) {
	Contract(t, func(*testing.T) Destination { return &memory{} })
}

// memory is a destination that can behave in every way, and its output.
type memory struct {
	got       []string
	durable   int
	behaviour Behaviour
	closed    bool
}

var (
	errBusy   = errors.New("the destination is busy")
	errClosed = errors.New("the output is closed")
)

func (m *memory) Open(_ context.Context, env outputs.Env) (outputs.Output, error) {
	m.closed = false
	if env.State != nil {
		if err := json.Unmarshal(env.State, &m.durable); err != nil {
			return nil, err
		}
		m.got = m.got[:m.durable]
	}
	return m, nil
}

func (m *memory) Templates() []filters.Template {
	return []filters.Template{{Use: "label", Text: "{action|none}"}}
}
func (m *memory) Behave(b Behaviour) bool      { m.behaviour = b; return true }
func (m *memory) Received(testing.TB) []string { return slices.Clone(m.got) }
func (m *memory) Close() error                 { m.closed = true; return nil }
func (m *memory) Sync() ([]byte, error)        { return json.Marshal(len(m.got)) }

func (m *memory) take(batch []filters.Record) {
	for i := range batch {
		if label, ok := batch[i].Field(0); !ok || string(label) != "start" {
			panic("the record has not the label of its template")
		}
		m.got = append(m.got, string(batch[i].JSON()))
	}
}

func (m *memory) Write(ctx context.Context, batch []filters.Record) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if m.closed {
		return errClosed
	}
	switch m.behaviour {
	case Fails:
		return errBusy
	case Breaks: // and nobody knows how much it has taken
		m.take(batch[:len(batch)/2])
		return errBusy
	case TakesSome:
		m.take(batch[:1])
		again := &outputs.PartialError{Err: errBusy}
		for i := range batch[1:] {
			again.Retry = append(again.Retry, i+1)
		}
		return again
	case RejectsSome:
		partial := &outputs.PartialError{}
		for i := range batch {
			if bytes.Contains(batch[i].JSON(), []byte(Poison)) {
				partial.Rejected = append(partial.Rejected, outputs.Rejection{Index: i, Class: "mapping"})
				continue
			}
			m.take(batch[i : i+1])
		}
		return partial
	case RejectsAll:
		return outputs.Permanent(errors.New("the destination does not know the index"))
	case TooLarge:
		if len(batch) > 1 {
			return outputs.ErrTooLarge
		}
	case Slow:
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	case Hangs:
		<-ctx.Done()
		return ctx.Err()
	}
	m.take(batch)
	return nil
}

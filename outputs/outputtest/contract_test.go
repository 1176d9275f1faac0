package outputtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// TestContractOfMemory: an output that keeps the contract passes every part.
func TestContractOfMemory(t *testing.T) {
	Contract(t, nil, func(*testing.T) Destination { return &memory{} })
}

// TestContractOfPartitions: so does one whose destination has partitions, and
// metadata apart.
func TestContractOfPartitions(t *testing.T) {
	Contract(t, nil, func(*testing.T) Destination { return &partitions{} })
}

// TestNever: a part is left out only by plan, and the plan is no longer than it
// must be.
func TestNever(t *testing.T) {
	n := Never{Hangs: "TestOther"}
	for _, c := range []struct {
		b     Behaviour
		can   bool
		skip  string
		fails bool
	}{
		{"", true, "", false},
		{Slow, true, "", false},
		{Slow, false, "", true},
		{Hangs, false, `by plan: never "hangs": TestOther`, false},
		{Hangs, true, "", true},
	} {
		if skip, err := n.plan(c.b, c.can); skip != c.skip || (err != nil) != c.fails {
			t.Errorf("%s, can: %v: %q, %v", c.b, c.can, skip, err)
		}
	}
}

// partitions is a memory that readers find in three parts, with the members
// beside each record.
type partitions struct{ memory }

func (p *partitions) Open(ctx context.Context, env outputs.Env) (outputs.Output, error) {
	_, err := p.memory.Open(ctx, env)
	return p, err
}

func (p *partitions) Traits() outputs.Traits { return outputs.Traits{Apart: true} }

func (p *partitions) Arrives(r *filters.Record) string {
	form := fmt.Sprintf("%s %s", r.ID(), r.JSON())
	for _, m := range r.Beside() {
		form += fmt.Sprintf(" %s=%s", m.Name, m.Value)
	}
	return form
}

func (p *partitions) Write(ctx context.Context, batch []filters.Record) error {
	p.form = p.Arrives
	return p.memory.Write(ctx, batch)
}

func (p *partitions) Partitions(tb testing.TB) [][]string {
	parts := make([][]string, 3)
	for _, form := range p.got {
		if !strings.Contains(form, "__source__=") || strings.Contains(form, `"__source__"`) {
			tb.Errorf("the metadata is not apart: %s", form)
		}
		at := int(form[0]) % 3
		parts[at] = append(parts[at], form)
	}
	return parts
}

func (p *partitions) Received(tb testing.TB) []string {
	tb.Error("there is no order over all partitions")
	return nil
}

// memory is a destination that can behave in every way, and its output.
type memory struct {
	got       []string
	durable   int
	behaviour Behaviour
	closed    bool
	form      func(*filters.Record) string // of what is kept; nil: the body
}

var (
	errBusy   = errors.New("the destination is busy")
	errWrong  = outputs.Refused(errors.New("wrong password: see password_file"))
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
		if m.form != nil {
			m.got = append(m.got, m.form(&batch[i]))
		} else {
			m.got = append(m.got, string(batch[i].JSON()))
		}
	}
}

func (m *memory) Probe(ctx context.Context) error {
	switch m.behaviour {
	case Fails:
		return errBusy
	case Refuses:
		return errWrong
	case Hangs:
		<-ctx.Done()
	}
	return ctx.Err()
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
	case Refuses:
		return errWrong
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
		if len(partial.Rejected) == 0 {
			return nil
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

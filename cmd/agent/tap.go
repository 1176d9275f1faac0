package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// taps are who looks at what outputs send. Nobody waits for them: who does not
// keep up misses records, and is told how many.
type taps struct {
	open atomic.Int32

	mu  sync.Mutex
	all []*tap
}

// tap is one who looks.
type tap struct {
	output string
	lines  chan tapped // closed by nobody
	missed int64       // under taps.mu
}

// tapped is one record as its output sends it.
type tapped struct {
	Parts  []tappedPart `json:"parts"`
	Missed int64        `json:"missed,omitempty"` // records before this one that there was no time for
}

// tappedPart is a part of it, as text: what is no UTF-8 shows as such.
type tappedPart struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// tapStill is how often who looks is told that nothing came: that he has gone is
// only found out by telling.
const tapStill = 10 * time.Second

// tapBacklog is how many records wait for who looks.
const tapBacklog = 256

// look is what an output's ship calls with what it sends.
func (t *taps) look(output string, c outputs.Config) func([]filters.Record) {
	return func(records []filters.Record) {
		if t.open.Load() == 0 {
			return
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, one := range t.all {
			if one.output != output {
				continue
			}
			for i := range records {
				if len(one.lines) == cap(one.lines) {
					one.missed += int64(len(records) - i)
					break
				}
				one.lines <- tapped{Parts: partsOf(c, &records[i]), Missed: one.missed}
				one.missed = 0
			}
		}
	}
}

func partsOf(c outputs.Config, r *filters.Record) (parts []tappedPart) {
	for _, p := range outputs.Parts(c, r) {
		parts = append(parts, tappedPart{p.Name, string(p.Value)})
	}
	return parts
}

// listen adds one who looks, until the returned function is called.
func (t *taps) listen(output string) (*tap, func()) {
	one := &tap{output: output, lines: make(chan tapped, tapBacklog)}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, one)
	t.open.Add(1)
	return one, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.all = slices.DeleteFunc(t.all, func(o *tap) bool { return o == one })
		t.open.Add(-1)
	}
}

// tapArgs are the arguments of the command tap.
type tapArgs struct {
	Output string `json:"output"`
}

// tapCommand is the running agent's side of tap.
func (w *wiring) tapCommand(ctx context.Context, args json.RawMessage, reply func(any) error) error {
	var a tapArgs
	if err := json.Unmarshal(args, &a); err != nil {
		return errors.New("tap: the arguments are not understood: is the agent that runs of the same version?")
	}
	s := w.shown.Load()
	if s == nil {
		return w.started()
	}
	if !slices.Contains(s.matrix.Outputs, a.Output) {
		return fmt.Errorf("there is no output %q in the configuration that the agent has read, only %s: reload it, or name one of those", a.Output, strings.Join(s.matrix.Outputs, ", "))
	}
	one, done := w.taps.listen(a.Output)
	defer done()
	still := time.NewTicker(tapStill)
	defer still.Stop()
	for {
		select {
		case <-still.C:
			if err := reply(tapped{}); err != nil {
				return nil // who looked has gone
			}
		case line := <-one.lines:
			if err := reply(line); err != nil {
				return nil
			}
		case <-ctx.Done():
			return nil
		}
	}
}

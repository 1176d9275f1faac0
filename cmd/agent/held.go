package main

import (
	"errors"
	"fmt"
	"slices"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/pipeline"
)

// held is an open input. It goes on over reloads, with the files that it holds
// open, also those that have been deleted and are not delivered yet.
type held struct {
	kind, name string
	globs      []string
	input      inputs.Input
	used       bool // by the configuration that is being opened
}

// input is an input as the configuration has it: one that is open already, or
// a new one.
func (w *wiring) input(l *loaded, i int) (pipeline.Input, error) {
	c := &l.config.Inputs[i]
	env := inputs.Env{Source: c.Rules.Source, Store: w.store, Log: w.log, Once: w.once, Gap: w.gap}
	made := pipeline.Input{Name: c.Name, Checker: l.checkers[i]}
	if h := w.heldFor(c); h != nil {
		if keeper, ok := c.Config.(inputs.Keeper); ok && keeper.Keep(h.input, env) {
			h.name, h.globs, h.used = c.Name, c.Config.Globs(), true
			made.Input = h.input
			return made, nil
		}
		if err := w.drop(h); err != nil {
			w.log.Warn("an input did not close", "input", h.name, "error", err)
		}
	}
	in, err := c.Config.Open(env)
	if err != nil {
		return made, fmt.Errorf("%s: %w", c.Where(), err)
	}
	w.held = append(w.held, &held{kind: c.Kind, name: c.Name, globs: c.Config.Globs(), input: in, used: true})
	made.Input = in
	return made, nil
}

// heldFor is the input that may go on as this one: it reads the same files, or
// has the same name. nil where there is none.
func (w *wiring) heldFor(c *config.Input) *held {
	free := func(same func(*held) bool) *held {
		i := slices.IndexFunc(w.held, func(h *held) bool { return !h.used && h.kind == c.Kind && same(h) })
		if i < 0 {
			return nil
		}
		return w.held[i]
	}
	if globs := c.Config.Globs(); len(globs) > 0 {
		if h := free(func(h *held) bool { return slices.Equal(h.globs, globs) }); h != nil {
			return h
		}
	}
	return free(func(h *held) bool { return h.name == c.Name })
}

func (w *wiring) drop(h *held) error {
	w.held = slices.DeleteFunc(w.held, func(o *held) bool { return o == h })
	return h.input.Close()
}

// letGoUnused closes the inputs that the configuration has no more; letGo all.
func (w *wiring) letGoUnused() (err error) {
	for _, h := range slices.Clone(w.held) {
		if !h.used {
			err = errors.Join(err, w.drop(h))
		}
	}
	return err
}

func (w *wiring) letGo() error {
	for _, h := range w.held {
		h.used = false
	}
	return w.letGoUnused()
}

// unread is the mistake of a run that was to read all there is and could not.
// What it is was logged, with what to do.
func (w *wiring) unread() error {
	n := 0
	for _, h := range w.held {
		if failing, ok := h.input.(inputs.Failing); ok {
			n += failing.Failed()
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("not everything was read (files or folders that could not be: %d): see the warnings above, then run it again, which goes on where this ended", n)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/pipeline"
)

// ask is somebody who wants a reload.
type ask struct{ answer chan answer } // capacity 1

// answer is what became of it: what is in force now, or why nothing changed.
type answer struct {
	loaded *loaded
	err    error
}

// turn is a reload that was found right: what comes into force, and who asked.
type turn struct {
	next *loaded
	asks []*ask
}

func (t *turn) answer(a answer) {
	for _, one := range t.asks {
		one.answer <- a
	}
}

var errStopping = errors.New("the agent is being stopped")

// reload asks for one and waits for what becomes of it.
func (w *wiring) reload(ctx context.Context) (*loaded, error) {
	a := &ask{answer: make(chan answer, 1)}
	select {
	case w.asks <- a:
	case <-ctx.Done():
		return nil, errStopping
	}
	select {
	case became := <-a.answer:
		return became.loaded, became.err
	case <-ctx.Done():
		return nil, errStopping
	}
}

// serve moves lines until it is over, then the turn is nil, or until a reload
// is to be made: the lines then stand still. Until everything new is read and
// found right the old goes on.
func (w *wiring) serve(ctx context.Context, l *loaded, spec *pipeline.Spec) (*turn, error) {
	leave, ended := make(chan struct{}), make(chan error, 1)
	spec.Leave = leave
	go func() { ended <- pipeline.Run(ctx, *spec) }()
	for {
		select {
		case err := <-ended:
			return nil, err
		case first := <-w.asks:
			w.turning.begin()
			w.reloading()
			t := &turn{asks: w.others(first)}
			var err error
			if t.next, err = w.reread(l); err != nil {
				w.refused(err)
				w.turning.end()
				t.answer(answer{err: err})
				continue
			}
			close(leave)
			if err := <-ended; err != nil || ctx.Err() != nil {
				t.answer(answer{err: errStopping})
				return nil, err
			}
			return t, nil
		}
	}
}

// others are all that wait: what is read now is what each of them wants.
func (w *wiring) others(first *ask) []*ask {
	all := []*ask{first}
	for {
		select {
		case a := <-w.asks:
			all = append(all, a)
		default:
			return all
		}
	}
}

// reread reads everything anew, with the certificates and secrets that are
// named, and finds out whether it is right.
func (w *wiring) reread(l *loaded) (*loaded, error) {
	next, err := w.load()
	if err != nil {
		return nil, err
	}
	var mistakes config.Mistakes
	fixed := func(key, was, is string) {
		if was != is {
			mistakes = append(mistakes, fmt.Sprintf("%s: %s: cannot change while the agent runs: restart it, or take the change back", next.config.File, key))
		}
	}
	fixed("state_dir", l.config.StateDir, next.config.StateDir)
	fixed("id_key_file", l.config.IDKeyFile, next.config.IDKeyFile)
	fixed("telemetry.listen", listenText(l.config.Telemetry), listenText(next.config.Telemetry))
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	if err := w.store.Sync(); err != nil { // else the stop that comes would end the agent
		return nil, err
	}
	return next, nil
}

// refused says that nothing has changed.
func (w *wiring) refused(err error) {
	for _, line := range reasons(err) {
		w.log.Error("not reloaded, what was read before stays in force: mend this and reload again", "mistake", line)
	}
	w.ready("not reloaded: see the log; what was read before stays in force")
}

// reasons are the mistakes of an error, a line each.
func reasons(err error) []string {
	var mistakes config.Mistakes
	if errors.As(err, &mistakes) {
		return mistakes
	}
	return []string{err.Error()}
}

// turn puts into force what a reload has read. Where that cannot be opened the
// old is opened again. The error is one that ends the agent.
func (w *wiring) turn(ctx context.Context, old *loaded, t *turn) (*loaded, *pipeline.Spec, error) {
	began := time.Now()
	defer w.turning.end()
	into := func(l *loaded) (*pipeline.Spec, error) {
		if err := w.shut(); err != nil {
			return nil, err
		}
		if w.use != nil {
			w.use(l)
		}
		return w.open(ctx, l)
	}
	spec, err := into(t.next)
	if err != nil {
		back, failed := into(old)
		if failed != nil {
			t.answer(answer{err: err})
			return nil, nil, errors.Join(err, failed)
		}
		w.show(old)
		w.refused(err)
		t.answer(answer{err: err})
		return old, back, w.letGoUnused()
	}
	if err := w.letGoUnused(); err != nil {
		w.log.Warn("an input did not close", "error", err)
	}
	w.log.Info("reloaded", "inputs", len(spec.Inputs), "outputs", len(spec.Outputs),
		"schemas", len(t.next.registry.Schemas()), "after", time.Since(began).Round(time.Millisecond))
	w.show(t.next)
	w.ready(wired(spec))
	t.answer(answer{loaded: t.next})
	return t.next, spec, nil
}

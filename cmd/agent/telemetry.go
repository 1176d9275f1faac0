package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/telemetry"
)

// shown is what of the configuration in force others may look at: replaced
// whole by a reload.
type shown struct {
	policy string // changes with every configuration
	matrix *telemetry.Matrix
	kinds  map[string]string // of outputs
	inputs map[string]inputs.Input
}

// show has others look at what was opened.
func (w *wiring) show(l *loaded) {
	s := &shown{policy: fmt.Sprint(time.Now().UnixNano()), kinds: map[string]string{}, inputs: map[string]inputs.Input{}}
	var names []string
	for i := range l.config.Outputs {
		names = append(names, l.config.Outputs[i].Name)
		s.kinds[l.config.Outputs[i].Name] = l.config.Outputs[i].Kind
	}
	explained := make([][]filters.Row, len(names))
	for i := range explained {
		explained[i] = l.rows(i)
	}
	s.matrix = telemetry.NewMatrix(names, explained)
	for _, h := range w.held {
		s.inputs[h.name] = h.input
	}
	w.shown.Store(s)
}

// reporter says how the run is, with what is in force when it is asked.
func (w *wiring) reporter() *telemetry.Reporter {
	return &telemetry.Reporter{
		Version: versionText(), Started: time.Now(), Snapshot: w.stats.Snapshot,
		Policy: func() string { return w.shown.Load().policy },
		Kind:   func(output string) string { return w.shown.Load().kinds[output] },
		Progress: func(input string) []inputs.Progress {
			telling, ok := w.shown.Load().inputs[input].(inputs.Telling)
			if !ok {
				return nil
			}
			return telling.Progress()
		},
	}
}

// How long a piece of work may take before the agent is not well.
const (
	workWithin = 30 * time.Second
	turnWithin = 2 * time.Minute
)

// alive says that everything moves.
func (w *wiring) alive() error {
	switch {
	case !w.pulse.Moves(workWithin):
		return fmt.Errorf("one of the agent's goroutines has been at the same work for more than %v: its log may say why; restart it", workWithin)
	case w.turning.stuck(turnWithin):
		return fmt.Errorf("a reload has taken more than %v: its log may say why; restart it", turnWithin)
	}
	return nil
}

// started says that the agent follows its inputs.
func (w *wiring) started() error {
	if !w.up.Load() {
		return errors.New("the agent has not started yet, or is being stopped")
	}
	return nil
}

// telemetry answers on the listener of the configuration, until the returned
// function is called. Without [telemetry] nothing listens.
func (w *wiring) telemetry(c *telemetry.Config) (stop func(), err error) {
	if c == nil || w.once {
		return func() {}, nil
	}
	l, err := c.Open()
	if err != nil {
		return nil, err
	}
	log := w.log
	s := telemetry.New(telemetry.Health{Alive: w.alive, Ready: w.started}, log)
	s.Handle("GET /metrics", telemetry.Metrics(w.stats.Snapshot, versionText()))
	s.Handle("GET /status.json", w.whenStarted(func() http.Handler { return w.report }))
	s.Handle("GET /policy.json", w.whenStarted(func() http.Handler { return w.shown.Load().matrix }))
	s.Handle("GET /", telemetry.Page())
	var all sync.WaitGroup
	all.Go(func() {
		if err := s.Serve(l); err != nil {
			log.Error("metrics and health do not answer any more; deliveries go on", "error", err)
		}
	})
	log.Info("metrics, health and the status page answer", "listen", l.Addr().String())
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		s.Shutdown(ctx)
		all.Wait()
	}, nil
}

// whenStarted answers with what there is once the agent has started.
func (w *wiring) whenStarted(with func() http.Handler) http.Handler {
	return http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		if w.shown.Load() == nil {
			http.Error(to, "the agent has not started yet", http.StatusServiceUnavailable)
			return
		}
		with().ServeHTTP(to, r)
	})
}

// listenText is the listener as the configuration has it; "" for none.
func listenText(c *telemetry.Config) string {
	if c == nil {
		return ""
	}
	return c.Listen
}

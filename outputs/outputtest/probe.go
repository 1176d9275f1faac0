package outputtest

import (
	"context"
	"errors"
	"time"

	"jupyter-events-agent/outputs"
)

// probe asks the output. One that cannot be asked does not say yes.
func (r *rig) probe(ctx context.Context) error {
	r.t.Helper()
	prober, ok := r.out.(outputs.Prober)
	if !ok {
		return errors.New("it cannot be asked")
	}
	err := prober.Probe(ctx)
	if stack := outlives(); stack != "" {
		r.t.Errorf("a goroutine outlives Probe:\n%s", stack)
	}
	return err
}

func (r *rig) probes() {
	for range 2 { // before the first Write, and between two
		if err := r.probe(r.t.Context()); err != nil {
			r.t.Fatalf("the destination is there: %v", err)
		}
		r.arrived() // nothing is sent
		r.deliver(r.records.Plain(2))
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	cancel()
	if r.probe(ctx) == nil {
		r.t.Error("Probe asks with a context that is done")
	}
	if r.to.Behave(Fails) {
		if r.probe(r.t.Context()) == nil {
			r.t.Error("the destination fails, and Probe says that it would take records")
		}
		r.to.Behave(Accepts)
	}
	if r.to.Behave(Hangs) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(r.t.Context(), 50*time.Millisecond)
		defer cancel()
		if r.probe(ctx) == nil {
			r.t.Error("the destination hangs, and Probe says that it would take records")
		}
		if took := time.Since(began); took > soon {
			r.t.Errorf("Probe returned %v after its context was done", took)
		}
		r.to.Behave(Accepts)
	}
	r.deliver(r.records.Plain(1))
	r.arrived()
}

package outputtest

import (
	"context"
	"time"
)

func (r *rig) slow() {
	r.to.Behave(r.needs)
	r.deliver(r.records.Plain(10))
	r.arrived()
}

func (r *rig) hangs() {
	r.deliver(r.records.Plain(1))
	r.to.Behave(r.needs)
	b := r.records.Plain(3)
	ctx, cancel := context.WithTimeout(r.t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	r.mayHelp(r.write(ctx, b.Records))
	if took := time.Since(began); took > soon {
		r.t.Errorf("Write returned %v after its context was done", took)
	}
	r.to.Behave(Accepts)
	r.deliver(b)
	r.arrivedAnyhow()
}

// closedWhileWriting is a stop whose grace is over: the context of a Write that
// hangs is done, and Close follows at once. Both return soon, and the next
// start, which knows nothing of this one, delivers.
func (r *rig) closedWhileWriting() {
	r.deliver(r.records.Plain(1))
	r.to.Behave(r.needs)
	b := r.records.Plain(3)
	ctx, cancel := context.WithCancel(r.t.Context())
	written := make(chan error, 1)
	go func() { written <- r.out.Write(ctx, b.Records) }()
	select {
	case err := <-written:
		r.t.Fatalf("%v: the destination hangs, and Write did not wait", err)
	case <-time.After(50 * time.Millisecond):
	}
	cancel()
	began := time.Now()
	r.mayHelp(<-written)
	if err := r.out.Close(); err != nil {
		r.t.Errorf("Close: %v", err)
	}
	if took := time.Since(began); took > soon {
		r.t.Errorf("Write and Close took %v after the context was done", took)
	}
	if stack := outlives(); stack != "" {
		r.t.Errorf("a goroutine outlives Close:\n%s", stack)
	}
	r.to.Behave(Accepts)
	r.open(nil)
	r.deliver(b)
	r.arrivedAnyhow()
}

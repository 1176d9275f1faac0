package outputtest

import (
	"context"
	"errors"
	"strings"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

func (r *rig) delivers() {
	for _, n := range []int{1, 3, 1000, 1} {
		r.deliver(r.records.Plain(n))
	}
	r.deliver(r.records.Batch("\u00e4\u2028\U0001F600", "", strings.Repeat("long ", 20_000)))
	r.arrived()
}

func (r *rig) empty() {
	if err := r.write(r.t.Context(), nil); err != nil {
		r.t.Errorf("a batch of nothing: %v", err)
	}
	r.deliver(r.records.Plain(1))
	r.arrived()
}

func (r *rig) keepsNothing() {
	for range 3 {
		b := r.records.Plain(20)
		r.deliver(b)
		b.spoil()
	}
	if err := r.out.Close(); err != nil {
		r.t.Fatal(err)
	}
	r.arrived()
}

func (r *rig) cancelled() {
	r.deliver(r.records.Plain(2))
	b := r.records.Plain(2)
	ctx, cancel := context.WithCancel(r.t.Context())
	cancel()
	r.mayHelp(r.write(ctx, b.Records))
	r.deliver(b)
	r.arrived()
}

func (r *rig) closes() {
	r.deliver(r.records.Plain(2))
	if err := r.out.Close(); err != nil {
		r.t.Fatal(err)
	}
	r.arrived()
	b := r.records.Plain(1)
	r.mayHelp(r.write(r.t.Context(), b.Records))
	if err := r.out.Close(); err != nil {
		r.t.Errorf("a second Close: %v", err)
	}
}

func (r *rig) restarts() {
	syncer, ok := r.out.(outputs.Syncer)
	if !ok {
		return
	}
	if _, err := syncer.Sync(); err != nil {
		r.t.Fatal(err)
	}
	r.deliver(r.records.Plain(3))
	state, err := syncer.Sync()
	if err != nil {
		r.t.Fatal(err)
	}
	lost := r.records.Plain(3)
	if err := r.write(r.t.Context(), lost.Records); err != nil {
		r.t.Fatal(err)
	}
	r.out.Close()
	r.open(state)
	r.arrived()
	r.deliver(lost) // sent again after the restart, and there once
	r.arrived()
}

func (r *rig) retries() {
	r.deliver(r.records.Plain(3))
	b := r.records.Plain(40)
	r.to.Behave(r.needs)
	rest := b.Records
	for range 3 {
		err := r.write(r.t.Context(), rest)
		r.mayHelp(err)
		rest = again(rest, err)
	}
	r.to.Behave(Accepts)
	if err := r.write(r.t.Context(), rest); err != nil {
		r.t.Fatal(err)
	}
	r.want = append(r.want, b.Bodies...)
	r.deliver(r.records.Plain(3))
	r.arrivedAnyhow()
}

// again are the records to send again after an error.
func again(records []filters.Record, err error) []filters.Record {
	var partial *outputs.PartialError
	if !errors.As(err, &partial) {
		return records
	}
	rest := make([]filters.Record, 0, len(partial.Retry))
	for _, i := range partial.Retry {
		rest = append(rest, records[i])
	}
	return rest
}

func (r *rig) partly() {
	b := r.records.Plain(40)
	r.to.Behave(r.needs)
	err := r.write(r.t.Context(), b.Records)
	r.mayHelp(err)
	if partial := (*outputs.PartialError)(nil); !errors.As(err, &partial) {
		r.t.Fatalf("%v: want a partial answer", err)
	}
	r.to.Behave(Accepts)
	if err := r.write(r.t.Context(), again(b.Records, err)); err != nil {
		r.t.Fatal(err)
	}
	got := map[string]int{}
	for _, body := range r.to.Received(r.t) {
		got[body]++
	}
	for i, body := range b.Bodies {
		if got[body] != 1 {
			r.t.Errorf("record %d has arrived %d times", i, got[body])
		}
	}
}

func (r *rig) rejectsSome() {
	b := r.records.Batch("a", Poison, "b", "c", Poison)
	r.to.Behave(r.needs)
	err := r.write(r.t.Context(), b.Records)
	var partial *outputs.PartialError
	if !errors.As(err, &partial) || len(partial.Retry) > 0 || len(partial.Rejected) != 2 {
		r.t.Fatalf("%v: want the second and the last rejected and nothing to try again", err)
	}
	for _, rejected := range partial.Rejected {
		if i := rejected.Index; i != 1 && i != 4 {
			r.t.Errorf("record %d is rejected", i)
		}
		if strings.Contains(rejected.Class, canary) {
			r.t.Errorf("the class %q holds a value of an event", rejected.Class)
		}
	}
	r.want = append(r.want, b.Bodies[0], b.Bodies[2], b.Bodies[3])
	r.arrived()
}

func (r *rig) rejectsAll() {
	r.to.Behave(r.needs)
	b := r.records.Plain(4)
	err := r.write(r.t.Context(), b.Records)
	var partial *outputs.PartialError
	if !outputs.IsPermanent(err) && !(errors.As(err, &partial) && len(partial.Rejected) == 4) {
		r.t.Fatalf("%v: want a permanent error, or all four rejected", err)
	}
	r.to.Behave(Accepts)
	r.deliver(r.records.Plain(2))
	r.arrived()
}

func (r *rig) halves() {
	r.to.Behave(r.needs)
	b := r.records.Plain(2)
	if err := r.write(r.t.Context(), b.Records); !errors.Is(err, outputs.ErrTooLarge) {
		r.t.Fatalf("%v: want ErrTooLarge", err)
	}
	r.want = b.Bodies
	for i := range b.Records {
		if err := r.write(r.t.Context(), b.Records[i:i+1]); err != nil {
			r.t.Fatal(err)
		}
	}
	r.arrived()
}

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

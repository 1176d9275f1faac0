package outputtest

import (
	"context"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"

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
	syncer := r.out.(outputs.Syncer)
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
	r.want = append(r.want, r.bodies(b)...)
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
	got := r.counts()
	for i, body := range r.bodies(b) {
		if got[body] != 1 {
			r.t.Errorf("record %d has arrived %d times", i, got[body])
		}
	}
}

func (r *rig) rejectsSome() {
	b := r.records.Batch("a", poisoned(), "b", "c", poisoned())
	r.to.Behave(r.needs)
	rejected, again := r.settle(b)
	if !slices.Equal(rejected, []int{1, 4}) {
		r.t.Fatalf("%v are rejected; want the second and the last", rejected)
	}
	for i, body := range r.bodies(b) {
		if i != 1 && i != 4 {
			r.want = append(r.want, body)
		}
	}
	if again {
		r.arrivedAnyhow()
	} else {
		r.arrived()
	}
	r.deliver(r.records.Plain(2)) // and it goes on
}

// poisoned is a text with Poison that stays long where it is compressed.
func poisoned() string {
	random := make([]byte, PoisonBytes/2)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	return Poison + hex.EncodeToString(random)
}

func (r *rig) rejectsAll() {
	r.to.Behave(r.needs)
	if rejected, _ := r.settle(r.records.Plain(4)); len(rejected) != 4 {
		r.t.Fatalf("%v are rejected; want all four", rejected)
	}
	r.to.Behave(Accepts)
	r.deliver(r.records.Plain(2))
	r.arrived()
}

func (r *rig) halves() {
	r.to.Behave(r.needs)
	b := r.records.Plain(5)
	if rejected, again := r.settle(b); len(rejected) > 0 || again {
		r.t.Fatalf("%v are rejected, others are to be sent again: %v; want ErrTooLarge until they are few enough, or nil", rejected, again)
	}
	r.want = r.bodies(b)
	r.arrived()
}

func (r *rig) refuses() {
	r.deliver(r.records.Plain(1))
	r.to.Behave(r.needs)
	b := r.records.Plain(3)
	for range 2 {
		err := r.write(r.t.Context(), b.Records)
		r.mayHelp(err)
		if !outputs.IsRefused(err) {
			r.t.Errorf("%v: want outputs.Refused, as waiting alone does not help", err)
		}
	}
	if err := r.probe(r.t.Context()); err == nil {
		r.t.Error("Probe says that the destination would take records")
	}
	r.to.Behave(Accepts)
	r.deliver(b)
	r.arrivedAnyhow()
}

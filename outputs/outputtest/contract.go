package outputtest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// soon is how long Write may go on when its context is done.
const soon = 10 * time.Second

// Contract runs every part of the contract, each on a new Destination. What
// never names is skipped, and said to be "by plan"; a part that cannot be run
// and is not named there fails, and so does one that is named and can be.
func Contract(t *testing.T, never Never, fresh func(t *testing.T) Destination) {
	for _, part := range []struct {
		name  string
		needs Behaviour // "": nothing special
		test  func(*rig)
	}{
		{"nil means delivered, in order", "", (*rig).delivers},
		{"a batch of nothing", "", (*rig).empty},
		{"nothing is kept after Write", "", (*rig).keepsNothing},
		{"a context that is done", "", (*rig).cancelled},
		{"Close", "", (*rig).closes},
		{"Probe", Asked, (*rig).probes},
		{"Sync is where a restart goes on", Syncs, (*rig).restarts},
		{"a failure is tried again", Fails, (*rig).retries},
		{"a destination that breaks", Breaks, (*rig).retries},
		{"a destination that refuses", Refuses, (*rig).refuses},
		{"a part is tried again", TakesSome, (*rig).partly},
		{"some are rejected", RejectsSome, (*rig).rejectsSome},
		{"all are rejected", RejectsAll, (*rig).rejectsAll},
		{"a batch that is too large", TooLarge, (*rig).halves},
		{"a slow destination", Slow, (*rig).slow},
		{"a destination that hangs", Hangs, (*rig).hangs},
		{"closed while writing", Hangs, (*rig).closedWhileWriting},
	} {
		t.Run(part.name, func(t *testing.T) {
			d := fresh(t)
			ofOutput := part.needs == "" || part.needs == Asked || part.needs == Syncs
			can := ofOutput || d.Behave(part.needs)
			d.Behave(Accepts)
			r := &rig{t: t, to: d, needs: part.needs}
			traited, ok := d.(Traited)
			r.records = newRecords(t, ok && traited.Traits().Apart, d.Templates())
			r.open(nil)
			if ofOutput {
				can = r.is(part.needs)
			}
			if skip, err := never.plan(part.needs, can); err != nil {
				t.Fatal(err)
			} else if skip != "" {
				t.Skip(skip)
			}
			part.test(r)
		})
	}
}

// rig is one output on its destination.
type rig struct {
	t       *testing.T
	to      Destination
	needs   Behaviour
	records *Records
	out     outputs.Output
	log     bytes.Buffer
	want    []string
}

// is says whether the output is one that can be asked, or that syncs.
func (r *rig) is(b Behaviour) (can bool) {
	switch b {
	case Asked:
		_, can = r.out.(outputs.Prober)
	case Syncs:
		_, can = r.out.(outputs.Syncer)
	default:
		can = true
	}
	return can
}

func (r *rig) open(state []byte) {
	r.t.Helper()
	log := slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	out, err := r.to.Open(r.t.Context(), outputs.Env{Name: "test", State: state, Log: log})
	if err != nil {
		r.t.Fatal(err)
	}
	r.out = out
	r.t.Cleanup(func() {
		out.Close()
		if stack := outlives(); stack != "" {
			r.t.Errorf("a goroutine outlives Close:\n%s", stack)
		}
		if strings.Contains(r.log.String(), canary) {
			r.t.Errorf("the log holds a value of an event:\n%s", &r.log)
		}
	})
}

// write writes and checks what holds for every answer.
func (r *rig) write(ctx context.Context, batch []filters.Record) error {
	r.t.Helper()
	err := r.out.Write(ctx, batch)
	if stack := outlives(); stack != "" {
		r.t.Errorf("a goroutine outlives Write:\n%s", stack)
	}
	if err == nil {
		return nil
	}
	if strings.Contains(err.Error(), canary) {
		r.t.Errorf("an error holds a value of an event: %v", err)
	}
	var partial *outputs.PartialError
	if !errors.As(err, &partial) {
		return err
	}
	if !slices.IsSorted(partial.Retry) || len(partial.Retry) > 0 && partial.Err == nil || len(partial.Retry)+len(partial.Rejected) == 0 {
		r.t.Errorf("the partial answer %+v: want Retry ascending, with its error, and not nothing at all", partial)
	}
	seen := map[int]bool{}
	for _, i := range partial.Retry {
		seen[i] = true
	}
	for _, rejected := range partial.Rejected {
		seen[rejected.Index] = true
		if rejected.Class == "" {
			r.t.Errorf("record %d is rejected without a class", rejected.Index)
		}
	}
	if len(seen) != len(partial.Retry)+len(partial.Rejected) {
		r.t.Errorf("the partial answer %+v names a record twice", partial)
	}
	for i := range seen {
		if i < 0 || i >= len(batch) {
			r.t.Fatalf("the partial answer names record %d of %d", i, len(batch))
		}
	}
	return err
}

// deliver writes a batch that is to be taken.
func (r *rig) deliver(b *Batch) {
	r.t.Helper()
	if err := r.write(r.t.Context(), b.Records); err != nil {
		r.t.Fatal(err)
	}
	r.want = append(r.want, r.bodies(b)...)
}

// settle writes a batch as the pipeline does, until every record is taken or
// rejected, and returns the indices of those that were rejected, ascending.
// again: something was written more than once.
func (r *rig) settle(b *Batch) (rejected []int, again bool) {
	r.t.Helper()
	type part struct{ indices []int }
	whole := part{}
	for i := range b.Records {
		whole.indices = append(whole.indices, i)
	}
	rounds := 0
	for todo := []part{whole}; len(todo) > 0; rounds++ {
		if rounds > 20*len(b.Records) {
			r.t.Fatal("this does not come to an end")
		}
		now := todo[0]
		todo = todo[1:]
		var batch []filters.Record
		for _, i := range now.indices {
			batch = append(batch, b.Records[i])
		}
		err := r.write(r.t.Context(), batch)
		var partial *outputs.PartialError
		switch half := len(batch) / 2; {
		case err == nil:
		case outputs.IsPermanent(err), errors.Is(err, outputs.ErrTooLarge) && half == 0:
			rejected = append(rejected, now.indices...)
		case errors.Is(err, outputs.ErrTooLarge):
			todo = append([]part{{now.indices[:half]}, {now.indices[half:]}}, todo...)
		case errors.As(err, &partial):
			rest := part{}
			for _, i := range partial.Retry {
				rest.indices = append(rest.indices, now.indices[i])
			}
			for _, one := range partial.Rejected {
				rejected = append(rejected, now.indices[one.Index])
			}
			if len(rest.indices) > 0 {
				again = true
				todo = append([]part{rest}, todo...)
			}
		default:
			r.t.Fatalf("%v: nothing fails here", err)
		}
	}
	slices.Sort(rejected)
	return rejected, again
}

// mayHelp sees that an error is one after which the batch is tried again.
func (r *rig) mayHelp(err error) {
	r.t.Helper()
	var partial *outputs.PartialError
	switch {
	case err == nil:
		r.t.Fatal("Write says that everything was taken")
	case outputs.IsPermanent(err), errors.Is(err, outputs.ErrTooLarge):
		r.t.Fatalf("%v: trying again helps here", err)
	case errors.As(err, &partial) && len(partial.Rejected) > 0:
		r.t.Fatalf("%v: nothing was rejected here", err)
	}
}

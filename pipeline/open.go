package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/backoff"
	"jupyter-events-agent/outputs"
)

// open makes every consumer with its readers; close closes those.
func (r *run) open(stop, hard context.Context) error {
	var cursors []*checkpoint.Cursor
	for i, in := range r.Inputs {
		stats := r.Stats.input(in.Name)
		stats.counts(in.Input)
		r.sources = append(r.sources, &source{index: i, checker: in.Checker, stats: stats})
	}
	for _, out := range r.Outputs {
		if err := r.openOutput(out, stop, hard); err != nil {
			return err
		}
		cursors = append(cursors, out.Cursor)
	}
	if r.Quarantine != nil {
		cursor, err := r.Store.Cursor(QuarantineCursor)
		if err != nil {
			return fmt.Errorf("quarantine: %w", err)
		}
		if err := r.openQuarantine(cursor, stop, hard); err != nil {
			return err
		}
		cursors = append(cursors, cursor)
	}
	var in, out []string
	known := func(stream uint64) bool { _, there := r.Store.Find(stream); return there }
	for i, src := range r.sources {
		src.stats.start(cursors, known)
		in = append(in, r.Inputs[i].Name)
	}
	for _, c := range cursors {
		out = append(out, c.Name())
	}
	r.Stats.arrange(in, out)
	return nil
}

func (r *run) openOutput(out Output, stop, hard context.Context) error {
	readers, err := r.openReaders(out.Name, out.Cursor)
	if err != nil {
		return err
	}
	stats := r.Stats.output(out.Name, len(r.Inputs))
	lane := newLane(out.Filter, out.Batch, len(r.Inputs))
	stats.on(&lane.pending)
	lane.owed, stats.owed = owe(stats.owed), time.Time{}
	reach := &reach{}
	lane.asking = newAsking(out.Consent, r.Log.With("output", out.Name))
	s := &ship{
		name: out.Name, out: out.Output, lane: lane, cursor: out.Cursor, readers: readers,
		saver: r.saver, stats: stats, log: r.Log, reach: reach, look: out.Look, asking: lane.asking, tokens: out.Tokens,
		begins:   r.attempts("output "+out.Name, noBegin, "output", out.Name, stop, hard),
		attempts: r.attempts("output "+out.Name, "cannot deliver", "output", out.Name, stop, hard),
		seal:     seal{name: "output " + out.Name, cursor: out.Cursor, saver: r.saver},
	}
	s.syncer, _ = out.Output.(outputs.Syncer)
	s.seal.signs, _ = out.Output.(outputs.Signing)
	s.rotating, _ = out.Output.(outputs.Rotating)
	if out.Rejected != nil {
		cursor, err := r.Store.Cursor(RejectedCursor(out.Name))
		if err != nil {
			return fmt.Errorf("rejected records of output %s: %w", out.Name, err)
		}
		name := "the rejected records of output " + out.Name
		s.rejects = &rejects{
			store:    out.Rejected,
			attempts: r.attempts(name, "cannot keep a rejected record, so the output waits", "output", out.Name, stop, hard),
			seal:     seal{name: name, cursor: cursor, saver: r.saver},
		}
	}
	r.add(out.Name, s.run, lane, readers, stats, reach)
	return nil
}

func (r *run) openQuarantine(cursor *checkpoint.Cursor, stop, hard context.Context) error {
	readers, err := r.openReaders(QuarantineCursor, cursor)
	if err != nil {
		return err
	}
	stats := r.Stats.output(QuarantineCursor, len(r.Inputs))
	h := &hold{
		store: r.Quarantine, readers: readers, stats: stats,
		wake: make(chan struct{}, 1), turn: make(chan struct{}, 1), open: len(r.Inputs),
		begins:   r.attempts("quarantine", noBegin, "store", "quarantine", stop, hard),
		attempts: r.attempts("quarantine", "cannot write to the quarantine", "store", "quarantine", stop, hard),
		seal:     seal{name: "quarantine", cursor: cursor, saver: r.saver},
	}
	h.rotating, _ = r.Quarantine.(outputs.Rotating)
	h.lock() // until run has begun: nobody puts anything before the first state is durable
	r.add(QuarantineCursor, h.run, h, readers, stats, &h.reach)
	return nil
}

// add makes the consumer's follows, in step with the others from the start.
func (r *run) add(name string, work func() error, to sink, readers []inputs.Reader, stats *outputStats, reach *reach) {
	f := &flow{work: work}
	for i, reader := range readers {
		f.follows = append(f.follows, &follow{
			walker: r.sources[i].walker(reach, r.Pulse.work()), reader: reader, window: r.window, sink: to,
			retry: r.Retry, stats: stats,
			log: r.Log.With("input", r.Inputs[i].Name, "output", name),
		})
	}
	r.flows = append(r.flows, f)
}

func (r *run) openReaders(name string, cursor *checkpoint.Cursor) ([]inputs.Reader, error) {
	var all []inputs.Reader
	for _, in := range r.Inputs {
		reader, err := in.Input.Open(inputs.Resume{Output: name, Cursor: cursor})
		if err != nil {
			return nil, fmt.Errorf("input %s for output %s: %w", in.Name, name, err)
		}
		all = append(all, reader)
		r.readers = append(r.readers, reader)
	}
	return all, nil
}

// noBegin is what the log says of a consumer that waits for its first state to be durable.
const noBegin = "cannot begin before there is room for its state in the state folder"

func (r *run) attempts(name, what, key, value string, stop, hard context.Context) attempts {
	return attempts{
		name:    name,
		backoff: backoff.Backoff{First: r.Retry.First, Max: r.Retry.Max},
		health:  health{log: r.Log.With(key, value), what: what},
		limit:   r.Timeout,
		stop:    stop, hard: hard, left: &r.left,
	}
}

// close closes what open opened.
func (r *run) close() error {
	var errs []error
	for _, reader := range r.readers {
		errs = append(errs, reader.Close())
	}
	return errors.Join(errs...)
}

// besides is an output, or the quarantine, with work beside its own.
type besides struct {
	outputs.Background
	name string
}

func (r *run) backgrounds() (all []besides) {
	for _, out := range r.Outputs {
		if b, ok := out.Output.(outputs.Background); ok {
			all = append(all, besides{b, out.Name})
		}
		if b, ok := out.Rejected.(outputs.Background); ok {
			all = append(all, besides{b, RejectedCursor(out.Name)})
		}
	}
	if b, ok := r.Quarantine.(outputs.Background); ok {
		all = append(all, besides{b, QuarantineCursor})
	}
	return all
}

// How long an output's work beside its own is left alone after it failed.
const besidesFirst, besidesMax = time.Second, 5 * time.Minute

// beside does that work until ctx is done. That it fails keeps nobody from
// delivering, so it is said and begun again later.
func (r *run) beside(ctx context.Context, b besides) {
	pause := backoff.Backoff{First: besidesFirst, Max: besidesMax}
	health := health{log: r.Log.With("output", b.name), what: "the output's background work failed"}
	for {
		began := time.Now()
		err := b.Background.Background(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		health.failed(began, err)
		if pause.Wait(ctx) != nil {
			return
		}
	}
}

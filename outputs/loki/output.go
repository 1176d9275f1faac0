package loki

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/httpsend"
	"jupyter-events-agent/outputs"
)

// output is an open Loki.
type output struct {
	sender  *httpsend.Sender
	server  string // URL
	url     string // of pushes
	address string // host:port, for messages
	tenant  string // for a request without records
	timeout time.Duration
	closed  bool

	streams streams
	most    int // bytes of a push
	room    int // bytes of the next push: less than most after a 429

	// Of the Write at hand, kept for use again:
	entries  []entry
	states   []state // by index in the batch
	rejected []outputs.Rejection
	by       string // the last answer that was about a record's fault
	taken    bool   // some record was
	number   int    // of the push
	present  []*stream
	packer   packer
}

// state is what became of a record in the Write at hand.
type state uint8

const (
	open state = iota
	taken
	rejected
)

// reach is the event time that one push covers at most. Of what a push brought
// a part may come again; were it more than half of Loki's max_chunk_age (one
// hour, as it is delivered) behind the newest line of its stream, Loki would
// refuse it as too far behind, although it has it.
const reach = int64(10 * time.Minute / time.Microsecond)

var errClosed = errors.New("the output is closed")

// Write pushes the records, in the order of their time, in as many pushes as
// tenants, burst and reach ask for. Where one fails, what was pushed before
// it is delivered.
func (o *output) Write(ctx context.Context, batch []filters.Record) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case o.closed:
		return errClosed
	case len(batch) == 0:
		return nil
	}
	o.read(batch)
	err := o.send(ctx)
	clear(o.entries) // nothing of the batch is kept
	return o.result(err)
}

// read makes entries of the records.
func (o *output) read(batch []filters.Record) {
	o.streams.forget()
	o.entries, o.rejected, o.by, o.taken = slices.Grow(o.entries[:0], len(batch)), nil, "", false
	o.states = slices.Grow(o.states[:0], len(batch))[:len(batch)]
	clear(o.states)
	sorted, single := true, true
	for i := range batch {
		r := &batch[i]
		e := entry{record: r, stream: o.streams.of(r), metadata: o.streams.metadata(r), micros: r.Micros(), index: i}
		if e.stream.class != "" {
			o.reject(i, e.stream.class)
			continue
		}
		e.measure()
		if n := len(o.entries); n > 0 {
			sorted = sorted && e.micros >= o.entries[n-1].micros
			single = single && e.stream.tenant == o.entries[0].stream.tenant
		}
		o.entries = append(o.entries, e)
	}
	if !sorted || !single {
		slices.SortFunc(o.entries, func(a, b entry) int {
			return cmp.Or(cmp.Compare(a.stream.tenant, b.stream.tenant), cmp.Compare(a.micros, b.micros), a.index-b.index)
		})
	}
}

// send pushes the entries. Its error is why those that are still open are to
// be sent again.
func (o *output) send(ctx context.Context) error {
	for from := 0; from < len(o.entries); {
		to := o.cut(from)
		part := o.undecided(o.entries[from:to])
		if len(part) > 0 {
			a := o.push(ctx, part)
			if a.large && len(part) > 1 {
				o.most = max(sizeOf(part)/2, 1)
				o.room = min(o.room, o.most)
				continue
			}
			if err := o.judge(ctx, part, a); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

// cut is where the push that begins with an entry ends.
func (o *output) cut(from int) int {
	first, size := &o.entries[from], 0
	for to := from; to < len(o.entries); to++ {
		e := &o.entries[to]
		size += e.size
		if to > from && (size > o.room || e.micros-first.micros > reach || e.stream.tenant != first.stream.tenant) {
			return to
		}
	}
	return len(o.entries)
}

func sizeOf(entries []entry) (n int) {
	for i := range entries {
		n += entries[i].size
	}
	return n
}

// undecided are the entries that are still open: mostly all of them.
func (o *output) undecided(entries []entry) []entry {
	decided := func(e entry) bool { return o.states[e.index] != open }
	if !slices.ContainsFunc(entries, decided) {
		return entries
	}
	return slices.DeleteFunc(slices.Clone(entries), decided)
}

// push sends entries in one push. They are of one tenant, sorted by time.
func (o *output) push(ctx context.Context, entries []entry) answer {
	a := o.post(ctx, entries[0].stream.tenant, o.encode(entries), entries)
	switch {
	case a.err == nil && a.class == "":
		for i := range entries {
			o.states[entries[i].index] = taken
		}
		o.taken = true
		o.room = min(o.room+o.room/8+1, o.most)
	case a.slow:
		o.room = max(min(o.room, sizeOf(entries))/2, 1)
	}
	return a
}

func (o *output) reject(index int, class string) {
	o.states[index] = rejected
	o.rejected = append(o.rejected, outputs.Rejection{Index: index, Class: class})
}

// result is the answer to a Write.
func (o *output) result(err error) error {
	switch {
	case len(o.rejected) == 0 && (err == nil || !o.taken):
		return err
	case err == nil:
		return &outputs.PartialError{Rejected: o.rejected, By: o.by}
	}
	again := &outputs.PartialError{Rejected: o.rejected, By: o.by, Err: err}
	for i, s := range o.states {
		if s == open {
			again.Retry = append(again.Retry, i)
		}
	}
	return again
}

// Close closes the connections.
func (o *output) Close() error {
	o.closed = true
	o.sender.Close()
	return nil
}

package kafka

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/kafkaconn"
	"jupyter-events-agent/outputs"
)

// output is a producer of one configuration.
type output struct {
	cluster  *cluster
	log      *slog.Logger
	constant *topic            // the topic of every record; nil: by template
	named    map[string]*topic // by what the template gave
	shown    string            // what error texts call a topic of the template; "": by its name
	key      func(*filters.Record) []byte
	codec    string
	closed   bool
	flights  []*partition // whose flight is open

	// Of the Write at hand, kept for use again:
	topics   []*topic
	to       []*topic // by record, where there is a template
	held     []bool   // by record: a flight holds it; empty where there are no flights
	parts    []*partition
	stuck    []int32 // records whose topic cannot be written to
	why      error   // the first reason for which a record stays
	rejected []outputs.Rejection
	by       string // the last broker's answer that rejected one
	lanes    []*lane
	wires    [][]byte
}

var errClosed = errors.New("the output is closed")

func newOutput(c *Config, d *kafkaconn.Dialer, log *slog.Logger) *output {
	o := &output{
		cluster: newCluster(d, c.Brokers), log: log, key: c.keyOf(), codec: c.Compression,
		named: map[string]*topic{},
	}
	if c.constant() {
		o.constant = newTopic(c.Topic, c.Topic)
		o.cluster.topics[c.Topic] = o.constant
		return o
	}
	for _, p := range c.Templates()[0].Pieces() {
		if p.Place != "" && p.Place != "schema" && p.Place != "version" {
			o.shown = c.Topic
		}
	}
	return o
}

// Write produces the batch: to each partition its records in their order, one
// record batch after the other, to all partitions at the same time. What is too
// large for a topic goes in smaller batches. A record batch whose outcome stays
// unknown is sent again, as it is, by the next Write with its records, and the
// broker takes it once.
func (o *output) Write(ctx context.Context, batch []filters.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.closed {
		return errClosed
	}
	if len(batch) == 0 {
		return nil
	}
	o.find(batch)
	if err := o.cluster.refresh(ctx, o.topics); err != nil {
		return err
	}
	o.claim(batch)
	o.route(batch)
	if len(o.parts) > 0 {
		if err := o.cluster.identify(ctx); err != nil {
			o.fail(err)
		}
	}
	for o.round(ctx, batch) {
	}
	return o.result(batch)
}

// find finds the topic of every record.
func (o *output) find(batch []filters.Record) {
	for _, t := range o.topics {
		t.needed, t.keyless = false, nil
	}
	o.topics, o.to = o.topics[:0], o.to[:0]
	if o.constant != nil {
		o.constant.keyless = nil
		o.topics = append(o.topics, o.constant)
		return
	}
	for i := range batch {
		text, _ := batch[i].Field(0) // never absent: the template is Closed
		t := o.named[string(text)]
		if t == nil {
			t = o.name(text)
		}
		if !t.needed {
			t.needed = true
			o.topics = append(o.topics, t)
		}
		o.to = append(o.to, t)
	}
}

// name makes a topic of what the template gave.
func (o *output) name(text []byte) *topic {
	name := topicName(text)
	t := o.cluster.topics[name]
	if t == nil {
		shown := o.shown
		if shown == "" {
			shown = name
		}
		t = newTopic(name, shown)
		o.cluster.topics[name] = t
	}
	o.named[string(text)] = t
	return t
}

// route gives every record that no flight holds to its partition.
func (o *output) route(batch []filters.Record) {
	t := o.constant
	for i := range batch {
		if len(o.held) > 0 && o.held[i] {
			continue
		}
		if o.constant == nil {
			t = o.to[i]
		}
		if err := t.usable(); err != nil {
			o.stuck = append(o.stuck, int32(i))
			o.because(t.say(err))
			continue
		}
		var key []byte
		if o.key != nil {
			key = o.key(&batch[i])
		}
		var p *partition
		if key != nil {
			p = t.partitions[partitionOf(key, len(t.partitions))]
		} else {
			if t.keyless == nil {
				t.keyless = t.turn()
			}
			p = t.keyless
		}
		if len(p.queue) == 0 {
			o.parts = append(o.parts, p)
		}
		p.queue = append(p.queue, int32(i))
	}
}

// because keeps the first reason for which records stay.
func (o *output) because(err error) {
	if o.why == nil {
		o.why = err
	}
}

// fail leaves what is still queued to the next Write.
func (o *output) fail(err error) {
	o.because(err)
	for _, p := range o.parts {
		if len(p.queue) > 0 && p.why == nil {
			p.why = err
		}
	}
}

// result is what Write returns, and leaves everything ready for the next one.
func (o *output) result(batch []filters.Record) error {
	var again []int
	for _, i := range o.stuck {
		again = append(again, int(i))
	}
	o.flights = o.flights[:0]
	for _, p := range o.parts {
		for _, i := range p.queue {
			again = append(again, int(i))
		}
		if p.flight.open {
			p.flight.keep(batch, p.queue)
			o.flights = append(o.flights, p)
		} else {
			o.release(p)
		}
		p.queue, p.why = p.queue[:0], nil
		p.topic.most.records = math.MaxInt32
	}
	why, rejected := o.why, slices.Clone(o.rejected)
	by := o.by
	o.parts, o.stuck, o.rejected, o.by, o.why = o.parts[:0], o.stuck[:0], o.rejected[:0], "", nil
	switch {
	case len(again)+len(rejected) == 0:
		return nil
	case len(again) == len(batch):
		return why
	case len(again) == 0:
		why = nil
	}
	slices.Sort(again)
	slices.SortFunc(rejected, func(a, b outputs.Rejection) int { return a.Index - b.Index })
	return &outputs.PartialError{Retry: again, Rejected: rejected, By: by, Err: why}
}

// release gives back the memory of a batch that is done with.
func (o *output) release(p *partition) {
	if p.flight.wire != nil {
		o.wires = append(o.wires, p.flight.wire)
		p.flight.wire = nil
	}
}

// Close ends the connections. What a flight holds is the next start's to send.
func (o *output) Close() error {
	o.closed = true
	o.cluster.close()
	return nil
}

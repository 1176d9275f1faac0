package kafka

import (
	"bytes"

	"jupyter-events-agent/filters"
)

// keep notes which records an open flight holds: the first of queue.
func (f *flight) keep(batch []filters.Record, queue []int32) {
	f.ids = f.ids[:0]
	for _, i := range queue[:f.count] {
		f.ids = append(f.ids, batch[i].ID()...)
	}
}

// claim finds the records of the open flights among those of the batch, and
// queues them where they were. The pipeline sends what was not taken until it
// is, so they are there; where they are not, or where the brokers say that the
// partition is no more, nobody will ever know whether the flight arrived: its
// partition starts anew, and its records go their way as if they never had.
func (o *output) claim(batch []filters.Record) {
	o.held = o.held[:0]
	if len(o.flights) == 0 {
		return
	}
	o.held = append(o.held, make([]bool, len(batch))...)
	for _, p := range o.flights {
		t := p.topic
		queue, all := p.flight.among(batch, o.held, p.queue[:0])
		p.queue = queue
		if int(p.id) >= len(t.partitions) || t.partitions[p.id] != p || !all { // its partition is gone, or its records
			p.queue = p.queue[:0]
			o.anew(p)
			o.release(p)
			continue
		}
		for _, i := range queue {
			o.held[i] = true
		}
		o.parts = append(o.parts, p)
		if err := t.usable(); err != nil {
			p.why = t.say(err)
			o.because(p.why)
		}
	}
	o.flights = o.flights[:0]
}

// among appends the indices of the flight's records to queue; false where not
// all are in the batch, in their order. Two records may have one id, where an
// input delivers twice: then either will do.
func (f *flight) among(batch []filters.Record, held []bool, queue []int32) ([]int32, bool) {
	ids := f.ids
	for i := range batch {
		if len(ids) == 0 {
			break
		}
		if id := batch[i].ID(); !held[i] && bytes.Equal(id, ids[:len(id)]) {
			queue, ids = append(queue, int32(i)), ids[len(id):]
		}
	}
	return queue, len(ids) == 0
}

// anew gives a partition a new identity, and none of the one it had to others.
func (o *output) anew(p *partition) {
	if p.flight.open {
		o.log.Warn("the records of one batch may be in Kafka twice, the second time with the same event id: whether the brokers had them could not be found out",
			"topic", p.topic.shown, "partition", p.id, "records", p.flight.count)
	}
	if o.cluster.producer == p.who.producer {
		o.cluster.producer = none
	}
	p.forget()
}

package kafka

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/produce"
	"github.com/segmentio/kafka-go/protocol/rawproduce"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/kafkaconn"
)

// requestBytes is how much one request holds, about: brokers close connections
// that send more than socket.request.max.bytes (100 MiB) and say nothing.
const requestBytes = 16 << 20

// ackTime is how long a broker may wait for its replicas: shorter than the
// connection waits for the broker.
const ackTime = 20 * time.Second

// lane is one round's request to one broker: a batch for each of some
// partitions.
type lane struct {
	to      *broker
	parts   []*partition
	encoder encoder
	topics  []rawproduce.RequestTopic
	answer  *produce.Response
	sent    bool
	err     error
}

// round sends a batch to every partition that has records left; false where
// there is none.
func (o *output) round(ctx context.Context, batch []filters.Record) bool {
	lanes := o.load()
	if len(lanes) == 0 {
		return false
	}
	var others sync.WaitGroup
	for _, l := range lanes[1:] {
		others.Go(func() { o.send(ctx, l, batch) })
	}
	o.send(ctx, lanes[0], batch)
	others.Wait()
	for _, l := range lanes {
		for _, p := range l.parts {
			o.settle(p, l, batch)
		}
	}
	return true
}

// load gives each partition that has records left to the lane of its leader.
func (o *output) load() []*lane {
	n := 0
	for _, p := range o.parts {
		if len(p.queue) == 0 || p.why != nil {
			continue
		}
		if p.leader == nil {
			o.cluster.stale = true
			p.why = p.topic.say(errNoLeader)
			o.because(p.why)
			continue
		}
		if p.who.producer == none {
			if o.cluster.producer == none { // this Write took it away from a partition
				p.why = errNoIdentity
				o.because(p.why)
				continue
			}
			p.who = identity{producer: o.cluster.producer, epoch: o.cluster.epoch}
		}
		i := slices.IndexFunc(o.lanes[:n], func(l *lane) bool { return l.to == p.leader })
		if i < 0 {
			if n == len(o.lanes) {
				o.lanes = append(o.lanes, &lane{encoder: encoder{key: o.key, codec: newCodec(o.codec)}})
			}
			i = n
			o.lanes[i].to, o.lanes[i].parts = p.leader, o.lanes[i].parts[:0]
			n++
		}
		l := o.lanes[i]
		if p.flight.wire == nil {
			if last := len(o.wires) - 1; last >= 0 {
				p.flight.wire, o.wires = o.wires[last], o.wires[:last]
			}
		}
		l.parts = append(l.parts, p)
	}
	return o.lanes[:n]
}

// send makes the batches of a lane, sends them and waits for the answer. It
// runs beside those of other lanes.
func (o *output) send(ctx context.Context, l *lane, batch []filters.Record) {
	l.answer, l.sent, l.err = nil, false, nil
	l.topics = l.topics[:0]
	size := 0
	for n, p := range l.parts {
		f := &p.flight
		if !f.open {
			f.wire, f.count, f.size = l.encoder.batch(f.wire, batch, p.queue, p.who, p.topic.most)
		}
		if size += len(f.wire); size > requestBytes && n > 0 {
			l.parts = l.parts[:n] // the others' turn is the next round
			break
		}
		i := slices.IndexFunc(l.topics, func(t rawproduce.RequestTopic) bool { return t.Topic == p.topic.name })
		if i < 0 {
			i = len(l.topics)
			l.topics = append(l.topics, rawproduce.RequestTopic{Topic: p.topic.name})
		}
		l.topics[i].Partitions = append(l.topics[i].Partitions, rawproduce.RequestPartition{
			Partition: p.id, RecordSet: protocol.RawRecordSet{Reader: wire(f.wire)},
		})
	}
	var m protocol.Message
	m, l.sent, l.err = o.cluster.ask(ctx, l.to, &rawproduce.Request{
		Acks: -1, Timeout: int32(ackTime.Milliseconds()), Topics: l.topics,
	})
	if l.err != nil {
		return
	}
	answer, ok := m.(*produce.Response)
	if !ok {
		l.err = kafkaconn.ErrNotKafka
		return
	}
	l.answer = answer
}

// of is what the answer says of a partition; nil where it is not in it.
func (l *lane) of(p *partition) *produce.ResponsePartition {
	for i := range l.answer.Topics {
		if t := &l.answer.Topics[i]; t.Topic == p.topic.name {
			for j := range t.Partitions {
				if t.Partitions[j].Partition == p.id {
					return &t.Partitions[j]
				}
			}
		}
	}
	return nil
}

package kafka

import (
	"fmt"
	"slices"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/produce"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// Classes of rejected records.
const (
	classTooLarge  = "message_too_large"
	classInvalid   = "invalid_record"
	classTimestamp = "invalid_timestamp"
	classNoKey     = "no_key"
)

// settle does with a partition what the answer to its batch says.
func (o *output) settle(p *partition, l *lane, batch []filters.Record) {
	if l.err != nil {
		p.flight.open = p.flight.open || l.sent
		o.leave(p, l.err)
		return
	}
	said := l.of(p)
	if said == nil {
		p.flight.open = true
		o.leave(p, p.topic.say(errNoAnswer))
		return
	}
	switch code := kafka.Error(said.ErrorCode); code {
	case 0, kafka.DuplicateSequenceNumber: // it is there, from now or from before
		o.taken(p)
	case kafka.OutOfOrderSequenceNumber, kafka.UnknownProducerId, kafka.InvalidProducerEpoch, kafka.ProducerFenced, kafka.InvalidProducerIDMapping:
		// The broker does not know what this producer wrote before: it lost
		// it, or forgot the producer.
		o.anew(p)
		o.leave(p, p.topic.say(code))
	case kafka.MessageSizeTooLarge, kafka.RecordListTooLarge:
		o.tooLarge(p, code)
	case kafka.InvalidRecord, kafka.InvalidTimestamp:
		o.refused(p, said, batch)
	default:
		// Whether it was appended is not known of any other answer: a leader
		// that loses its office while it waits for replicas answers as one
		// that never had it.
		p.flight.open = p.flight.open || !before(code)
		o.leave(p, p.topic.say(code))
	}
}

// before says that a broker answers so before it appends anything.
func before(code kafka.Error) bool {
	switch code {
	case kafka.TopicAuthorizationFailed, kafka.ClusterAuthorizationFailed, kafka.InvalidTopic, kafka.NotEnoughReplicas,
		kafka.UnsupportedForMessageFormat, kafka.UnsupportedCompressionType:
		return true
	}
	return false
}

// leave leaves what is queued for a partition to the next Write.
func (o *output) leave(p *partition, why error) {
	o.cluster.stale = true
	p.why = why
	o.because(why)
}

// taken: the partition has the batch.
func (o *output) taken(p *partition) {
	p.who.sequence = nextSequence(p.who.sequence, p.flight.count)
	p.flight.open = false
	p.queue = slices.Delete(p.queue, 0, p.flight.count)
}

// redo: the partition has not taken the batch and will not, but perhaps one of
// other records. Where it was sent before and may have arrived then, what it
// was known by counts no more.
func (o *output) redo(p *partition) {
	if p.flight.open {
		o.anew(p)
	}
}

// tooLarge cuts smaller batches from here on, or rejects a record that is too
// large by itself.
func (o *output) tooLarge(p *partition, code kafka.Error) {
	if p.flight.count == 1 {
		o.reject(p, 0, classTooLarge, code)
		return
	}
	p.topic.most.bytes = min(p.topic.most.bytes, p.flight.size/2)
	o.redo(p)
}

// refused rejects the records that the broker named. It has taken none of the
// batch; the others go in the next round.
func (o *output) refused(p *partition, said *produce.ResponsePartition, batch []filters.Record) {
	class := classInvalid
	if said.ErrorCode == int16(kafka.InvalidTimestamp) {
		class = classTimestamp
	}
	var bad []int
	for _, e := range said.RecordErrors {
		if i := int(e.BatchIndex); i >= 0 && i < p.flight.count {
			bad = append(bad, i)
		}
	}
	if len(bad) == 0 && p.flight.count == 1 {
		bad = append(bad, 0)
	}
	if len(bad) == 0 { // a broker before 2.4: halves find it
		p.topic.most.records = p.flight.count / 2
		o.redo(p)
		return
	}
	if class == classInvalid && o.key == nil {
		o.leave(p, p.topic.say(errNeedsKey))
		return
	}
	slices.Sort(bad)
	for k, i := range slices.Compact(bad) {
		why := class
		if class == classInvalid && o.key(&batch[p.queue[i-k]]) == nil { // its template came out empty
			why = classNoKey
		}
		o.reject(p, i-k, why, kafka.Error(said.ErrorCode))
	}
}

// reject takes the record at a place of the queue out of it, for good, as the
// broker said by code.
func (o *output) reject(p *partition, at int, class string, code kafka.Error) {
	o.by = fmt.Sprintf("topic %q", p.topic.shown) + named(code)
	o.rejected = append(o.rejected, outputs.Rejection{Index: int(p.queue[at]), Class: class})
	p.queue = slices.Delete(p.queue, at, at+1)
	o.redo(p)
}

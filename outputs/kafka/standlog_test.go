package kafka

import (
	"io"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/produce"
)

// produce appends what a request brings. nil: no answer comes; false: the
// connection ends.
func (s *standin) produce(n *node, r *produce.Request, size int) (protocol.Message, bool) {
	if r.Acks != -1 {
		s.t.Errorf("acks %d, want all", r.Acks)
	}
	a := &produce.Response{}
	silent, slam := false, false
	for i := range r.Topics {
		said := produce.ResponseTopic{Topic: r.Topics[i].Topic}
		for j := range r.Topics[i].Partitions {
			p := &r.Topics[i].Partitions[j]
			one := produce.ResponsePartition{Partition: p.Partition, BaseOffset: -1}
			b, err := s.arrived(said.Topic, p)
			if err != nil {
				s.t.Errorf("a batch cannot be read: %v", err)
				return nil, false
			}
			b.size = size
			var v verdict
			if s.answer != nil {
				v = s.answer(b)
			}
			if v.wait != nil {
				s.mu.Unlock()
				<-v.wait
				s.mu.Lock()
			}
			silent, slam = silent || v.silent, slam || v.slam
			one.ErrorCode = int16(v.code)
			for _, i := range v.bad {
				one.RecordErrors = append(one.RecordErrors, produce.ResponseError{BatchIndex: i, BatchIndexErrorMessage: v.message})
			}
			if usual := v.code == 0 && !v.silent && !v.slam; usual || v.after {
				code := s.append(n, b)
				if usual {
					one.ErrorCode = int16(code)
				}
			}
			said.Partitions = append(said.Partitions, one)
		}
		a.Topics = append(a.Topics, said)
	}
	if slam {
		return nil, false
	}
	if silent {
		return nil, true
	}
	return a, true
}

// arrived is a batch, read by kafka-go's decoder, which also checks its CRC.
func (s *standin) arrived(topic string, p *produce.RequestPartition) (*standBatch, error) {
	b := &standBatch{topic: topic, partition: p.Partition}
	stream, ok := p.RecordSet.Records.(*protocol.RecordStream)
	if !ok || len(stream.Records) != 1 {
		s.t.Errorf("a partition of a request has not one batch: %T", p.RecordSet.Records)
		return nil, io.ErrUnexpectedEOF
	}
	batch, ok := stream.Records[0].(*protocol.RecordBatch)
	if !ok {
		s.t.Errorf("a batch is a %T", stream.Records[0])
		return nil, io.ErrUnexpectedEOF
	}
	b.producer, b.epoch, b.sequence = batch.ProducerID, batch.ProducerEpoch, batch.BaseSequence
	var err error
	b.records, err = records(batch)
	return b, err
}

// records reads a batch to its end.
func records(batch *protocol.RecordBatch) (all []standRecord, err error) {
	for {
		r, err := batch.ReadRecord()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		one := standRecord{time: r.Time.UnixMilli(), headers: append([]protocol.Header(nil), r.Headers...)}
		if r.Key != nil {
			if one.key, err = protocol.ReadAll(r.Key); err != nil {
				return nil, err
			}
		}
		value, err := protocol.ReadAll(r.Value)
		if err != nil {
			return nil, err
		}
		one.value = string(value)
		all = append(all, one)
	}
}

// append is what a leader does (org.apache.kafka.storage.internals.log.
// UnifiedLog, ProducerAppendInfo): sizes, then the last five batches of the
// producer, then its sequence.
func (s *standin) append(n *node, b *standBatch) kafka.Error {
	t := s.topics[b.topic]
	if t == nil || int(b.partition) >= len(t.partitions) {
		return kafka.UnknownTopicOrPartition
	}
	p := t.partitions[b.partition]
	if p.leader != n.id {
		return kafka.NotLeaderForPartition
	}
	if b.size > t.maxBytes {
		return kafka.MessageSizeTooLarge
	}
	if b.producer < 0 || b.epoch < 0 || b.sequence < 0 {
		s.t.Errorf("a batch of producer %d, epoch %d, sequence %d", b.producer, b.epoch, b.sequence)
	}
	last := nextSequence(b.sequence, len(b.records)-1)
	known := p.known[b.producer]
	switch {
	case known == nil:
		known = &standProducer{epoch: b.epoch}
		p.known[b.producer] = known
	case b.epoch < known.epoch:
		return kafka.InvalidProducerEpoch
	default:
		for _, seen := range known.batches {
			if seen == [2]int32{b.sequence, last} {
				return 0
			}
		}
		if n := len(known.batches); n > 0 && b.sequence != nextSequence(known.batches[n-1][1], 1) {
			return kafka.OutOfOrderSequenceNumber
		}
	}
	known.batches = append(known.batches, [2]int32{b.sequence, last})
	known.batches = known.batches[max(0, len(known.batches)-5):]
	p.records = append(p.records, b.records...)
	return 0
}

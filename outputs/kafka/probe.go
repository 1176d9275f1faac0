package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/metadata"

	"jupyter-events-agent/internal/kafkaconn"
)

// mayWrite is Write among the operations that a broker says are allowed
// (org.apache.kafka.common.acl.AclOperation); noOperations is its answer where
// it says nothing.
const (
	mayWrite     = 1 << 4
	noOperations = math.MinInt32
)

// Probe finds out whether Kafka would take records: the connection and the
// login, the topic where there is one for all records, the right to write to
// it, and every broker that leads a part of it. It creates no topic and sends
// no record.
func (o *output) Probe(ctx context.Context) error {
	if o.closed {
		return errClosed
	}
	names := []string{} // not nil, which would mean all
	if o.constant != nil {
		names = append(names, o.constant.name)
	}
	m, err := o.cluster.any(ctx, &metadata.Request{TopicNames: names, IncludeTopicAuthorizedOperations: true})
	if err != nil {
		return err
	}
	answer, ok := m.(*metadata.Response)
	if !ok {
		return kafkaconn.ErrNotKafka
	}
	o.cluster.learn(answer)
	o.cluster.stale = true // what is wrong now may be mended when Write comes
	if o.constant != nil {
		if err := o.probeTopic(ctx, answer); err != nil {
			return err
		}
	}
	err = o.cluster.identify(ctx)
	if errors.Is(err, kafka.GroupLoadInProgress) {
		return nil // as a broker says to the first who asks; it has an id a moment later
	}
	return err
}

func (o *output) probeTopic(ctx context.Context, answer *metadata.Response) error {
	t := o.constant
	if err := t.usable(); err != nil {
		return t.say(err)
	}
	for i := range answer.Topics {
		if may := answer.Topics[i].TopicAuthorizedOperations; may != 0 && may != noOperations && may&mayWrite == 0 {
			return t.say(errMayNot)
		}
	}
	asked := map[*broker]bool{}
	for _, p := range t.partitions {
		if p.leader == nil {
			return t.say(errNoLeader)
		}
		if asked[p.leader] {
			continue
		}
		asked[p.leader] = true
		if _, _, err := o.cluster.ask(ctx, p.leader, &metadata.Request{TopicNames: []string{}}); err != nil {
			return fmt.Errorf("topic %q: the broker that leads partition %d: %w", t.shown, p.id, err)
		}
	}
	return nil
}

package kafka

import (
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/internal/dialerr"
)

// What brokers answer, in plain words. Nothing of their texts is shown.

func topicError(topic string, err kafka.Error) error {
	text := ""
	switch err {
	case kafka.UnknownTopicOrPartition:
		text = "does not exist on this cluster: create it, or correct topics"
	case kafka.TopicAuthorizationFailed:
		text = "may not be read by the agent's user: give it Read and Describe on the topic"
	case kafka.InvalidTopic:
		text = "has a name that the brokers do not take: correct topics"
	default:
		text = fmt.Sprintf("cannot be read now (Kafka's error %d): that passes, or see the brokers' log", int(err))
	}
	return fmt.Errorf("topic %s: %s: %w", topic, text, quiet{err})
}

func partitionError(s spot, err kafka.Error) error {
	text := ""
	switch err {
	case kafka.UnknownTopicOrPartition, kafka.TopicAuthorizationFailed:
		return topicError(s.topic, err)
	case kafka.LeaderNotAvailable, kafka.NotLeaderForPartition, kafka.FencedLeaderEpoch, kafka.UnknownLeaderEpoch, kafka.OffsetNotAvailable:
		text = "has no leader that answers now: that passes, or start its brokers"
	case kafka.KafkaStorageError:
		text = "its broker cannot read its disk: see the broker's log"
	default:
		text = fmt.Sprintf("cannot be read now (Kafka's error %d): that passes, or see the brokers' log", int(err))
	}
	return fmt.Errorf("partition %s: %s: %w", s, text, quiet{err})
}

func groupError(group string, err error) error {
	var code kafka.Error
	if !errors.As(err, &code) {
		return fmt.Errorf("consumer group %s: %w", group, dialerr.Explain("the brokers", err))
	}
	text := ""
	switch code {
	case kafka.GroupAuthorizationFailed:
		text = "the agent's user may not join it: give it Read on the group, for all that begin with the input's group at once"
	case kafka.TopicAuthorizationFailed:
		text = "the agent's user may not read its topics: give it Read and Describe on them"
	case kafka.SASLAuthenticationFailed:
		text = "the brokers refuse the agent's login: check the sasl table; its file is read again at each try"
	case kafka.InconsistentGroupProtocol:
		text = "others use it in another way: set group to a name that only agents use"
	case kafka.RebalanceInProgress:
		text = "its partitions are being shared out anew: that passes"
	default:
		text = fmt.Sprintf("it cannot be joined now (Kafka's error %d): that passes, or see the brokers' log", int(code))
	}
	return fmt.Errorf("consumer group %s: %s: %w", group, text, quiet{code})
}

// quiet is an error of which only errors.Is sees more than the number.
type quiet struct{ code kafka.Error }

// Error is the number alone: what goes before it says what it means.
func (q quiet) Error() string { return fmt.Sprintf("[%d]", int(q.code)) }

// Unwrap is for errors.Is and As.
func (q quiet) Unwrap() error { return q.code }

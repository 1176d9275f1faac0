package kafka

import (
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/internal/kafkaconn"
	"jupyter-events-agent/outputs"
)

// What is wrong with a partition without a broker's saying so.
var (
	errNoLeader   = errors.New("no broker leads a partition")
	errNoAnswer   = errors.New("a partition is missing in the answer")
	errNeedsKey   = errors.New("records need a key")
	errMayNot     = errors.New("no right to write")
	errNoIdentity = errors.New("kafka: the sequence of a partition begins anew: the records are sent with the next try")
)

// fault is an error in words of our own; what Kafka calls it can be asked for,
// and what a broker wrote beside it is not kept.
type fault struct {
	text  string
	cause error
}

func (f *fault) Error() string { return f.text }
func (f *fault) Unwrap() error { return f.cause }

// say says what is wrong with the topic or a partition of it, and the next
// step; marked Refused where waiting alone does not mend it.
func (t *topic) say(err error) error {
	text := steps[err]
	var code kafka.Error
	if errors.As(err, &code) {
		if text == "" {
			text = "the broker could not take records: it is tried again; if that goes on see the broker's log"
		}
		text += named(code)
	} else if text == "" {
		return err // says all by itself
	}
	said := error(&fault{text: fmt.Sprintf("topic %q: %s", t.shown, text), cause: err})
	switch err {
	case kafka.UnknownTopicOrPartition:
		if t.missing < patience {
			return said // a broker that makes topics by itself takes a moment
		}
	case kafka.InvalidTopic, kafka.TopicAuthorizationFailed, kafka.ClusterAuthorizationFailed, kafka.UnsupportedForMessageFormat,
		kafka.UnsupportedCompressionType, kafka.PolicyViolation, errMayNot, errNeedsKey:
	default:
		return said
	}
	return outputs.Refused(said)
}

// named is what Kafka calls an error.
func named(code kafka.Error) string {
	if title := code.Title(); title != "" {
		return fmt.Sprintf(" (%s, Kafka's error %d)", title, int(code))
	}
	return fmt.Sprintf(" (Kafka's error %d)", int(code))
}

// patience is how many times a topic is not there before that is said to need
// somebody: with the pipeline's waits about three seconds.
const patience = 5

// marked is an error of a connection, marked Refused where waiting alone does
// not mend it.
func marked(err error) error {
	if kafkaconn.Refuses(err) {
		return outputs.Refused(err)
	}
	return err
}

var steps = map[error]string{
	kafka.UnknownTopicOrPartition:      "the cluster does not have it: create it (kafka-topics.sh --create), or correct topic; records wait until it is there",
	kafka.UnknownTopicID:               "it was made anew: the agent looks it up again",
	kafka.InvalidTopic:                 "the cluster takes no such name, or the topic is one of its own: correct topic",
	errMayNot:                          mayNot,
	kafka.TopicAuthorizationFailed:     mayNot,
	kafka.ClusterAuthorizationFailed:   "the agent's user may not produce: give it Write on the topic and, before Kafka 3.0, IdempotentWrite on the cluster",
	kafka.LeaderNotAvailable:           noLeader,
	errNoLeader:                        noLeader,
	kafka.NotLeaderForPartition:        "another broker leads the partition now: the agent looks it up again",
	kafka.FencedLeaderEpoch:            "another broker leads the partition now: the agent looks it up again",
	kafka.UnknownLeaderEpoch:           "another broker leads the partition now: the agent looks it up again",
	kafka.NotEnoughReplicas:            fewReplicas,
	kafka.NotEnoughReplicasAfterAppend: fewReplicas,
	kafka.RequestTimedOut:              "the replicas did not acknowledge in time: see whether the brokers that hold them are well",
	kafka.KafkaStorageError:            "the broker cannot write to its disk: see its log and its disk",
	kafka.UnsupportedForMessageFormat:  "it keeps messages in the format of Kafka 0.10, which has no headers: set message.format.version, or take another topic",
	kafka.UnsupportedCompressionType:   "it does not take this compression: set another one in compression",
	kafka.PolicyViolation:              "a rule of the broker's operator refuses the records: ask which",
	kafka.InvalidMessage:               "the broker found the batch damaged on its way: see what stands between, such as a proxy",
	kafka.OutOfOrderSequenceNumber:     lostSequence,
	kafka.UnknownProducerId:            lostSequence,
	kafka.InvalidProducerEpoch:         lostSequence,
	kafka.ProducerFenced:               lostSequence,
	kafka.InvalidProducerIDMapping:     lostSequence,
	errNoAnswer:                        "the broker left a partition out of its answer: it is tried again; see the broker's log",
	errNeedsKey:                        "it takes no records without a key, as compacted topics do (cleanup.policy): set key, or take another topic",
}

const (
	mayNot       = "the agent's user may not write to it: give it Write on the topic (kafka-acls.sh --add --operation Write)"
	noLeader     = "no broker leads a partition of it now: see whether all brokers run; records wait until one does"
	fewReplicas  = "fewer replicas are in step than min.insync.replicas asks for: see whether all brokers run; records wait"
	lostSequence = "the broker has lost what it knew of this agent's records, as after losing data: they are sent anew"
)

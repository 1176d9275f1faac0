package kafka

import (
	"crypto/sha256"
	"encoding/hex"
	"math"

	"github.com/segmentio/kafka-go"
)

// longestTopic is the longest name that Kafka takes.
const longestTopic = 249

// legal says that a topic's name may hold the character.
func legal(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-'
}

// topicName is the text of a template as a name that Kafka takes: every byte
// that it does not becomes "_", and what is too long ends in a hash of all.
func topicName(text []byte) string {
	name := make([]byte, len(text))
	for i, b := range text {
		if !legal(rune(b)) {
			b = '_'
		}
		name[i] = b
	}
	if len(name) > longestTopic {
		sum := sha256.Sum256(text)
		name = append(append(name[:longestTopic-17], '-'), hex.EncodeToString(sum[:8])...)
	}
	switch string(name) {
	case "":
		return "_"
	case ".", "..":
		for i := range name {
			name[i] = '_'
		}
	}
	return string(name)
}

// topic is a topic that records go to.
type topic struct {
	name       string
	shown      string       // how error texts call it: never by a value of an event
	partitions []*partition // by id; none until they are known
	problem    error        // what the brokers said instead; nil for nothing
	missing    int          // how often in a row the brokers did not have it
	next       int          // partition of the next batch without keys
	most       cut          // what one batch may hold, as far as is known

	// Of the Write at hand:
	needed  bool
	keyless *partition // for records without key; nil where none has come
}

// batchBytes is how long a batch may be before compression: a little below
// what topics take by default (max.message.bytes, 1048588), as other clients
// have it. A longer record goes alone.
const batchBytes = 1_000_000

func newTopic(name, shown string) *topic {
	return &topic{name: name, shown: shown, most: cut{records: math.MaxInt32, bytes: batchBytes}}
}

// partition is one partition of a topic: whose it is, how far its sequence is,
// and what is on its way to it.
type partition struct {
	topic  *topic
	id     int32
	leader *broker // nil: none now
	who    identity
	flight flight

	// Of the Write at hand:
	queue []int32 // records to send, in order; the flight's first
	why   error   // the queue stays: why
}

// flight is a batch that was sent and not acknowledged: whether the partition
// has it is not known. It is sent again as it is until that is.
type flight struct {
	open  bool
	wire  []byte
	count int
	size  int    // without compression
	ids   []byte // the event ids of its records
}

func newPartition(t *topic, id int32) *partition {
	return &partition{topic: t, id: id, who: identity{producer: none}}
}

// none is no producer id.
const none = -1

// forget gives the partition a new identity for its next batch. Not one for
// all partitions: those with a flight would lose by what it is recognised
// (confluentinc/librdkafka#4953).
func (p *partition) forget() {
	p.who = identity{producer: none}
	p.flight.open = false
}

// resize fits the topic's partitions to what the brokers say. A partition that
// is gone took its flight with it, and what was known of its sequence: fewer
// says so.
func (t *topic) resize(n int) (fewer bool) {
	fewer = n < len(t.partitions)
	t.partitions = t.partitions[:min(n, len(t.partitions))]
	for len(t.partitions) < n {
		t.partitions = append(t.partitions, newPartition(t, int32(len(t.partitions))))
	}
	return fewer
}

// turn is the partition for the records of one batch that have no key: one
// after the other, those without leader left out if there are others.
func (t *topic) turn() *partition {
	n := len(t.partitions)
	for i := range n {
		if at := (t.next + i) % n; t.partitions[at].leader != nil {
			t.next = at + 1
			return t.partitions[at]
		}
	}
	return t.partitions[t.next%n]
}

// usable says why no record can go to the topic; nil when they can.
func (t *topic) usable() error {
	if t.problem != nil {
		return t.problem
	}
	if len(t.partitions) == 0 {
		return kafka.LeaderNotAvailable
	}
	return nil
}

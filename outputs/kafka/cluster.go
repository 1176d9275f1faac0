package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/initproducerid"
	"github.com/segmentio/kafka-go/protocol/metadata"

	"jupyter-events-agent/internal/kafkaconn"
	"jupyter-events-agent/outputs"
)

// refreshTime is how old what is known of the topics may get: a topic that has
// grown gets records in its new partitions after that.
const refreshTime = 5 * time.Minute

// cluster is what is known of the brokers and the topics. Not for several
// goroutines, but that each may ask another broker.
type cluster struct {
	dialer    *kafkaconn.Dialer
	first     []*broker         // those of the configuration
	brokers   map[int32]*broker // those that they name
	topics    map[string]*topic // those that records went to
	refreshed time.Time         // when topics were last asked about
	stale     bool              // an error says that something has changed
	producer  int64             // the id for partitions that have none; none at first
	epoch     int16             // of producer
	now       func() time.Time
}

// broker is one broker and the connection to it, if there is one.
type broker struct {
	address    string
	advertised bool // it is known by what another broker said
	reached    bool // there was a connection to it
	conn       *kafkaconn.Conn
}

func newCluster(d *kafkaconn.Dialer, brokers []string) *cluster {
	c := &cluster{dialer: d, brokers: map[int32]*broker{}, topics: map[string]*topic{}, producer: none, now: time.Now}
	for _, address := range brokers {
		c.first = append(c.first, &broker{address: address})
	}
	return c
}

// ask sends a request to a broker. sent says that it may have arrived although
// there is an error.
func (c *cluster) ask(ctx context.Context, b *broker, request protocol.Message) (answer protocol.Message, sent bool, err error) {
	if b.conn != nil && !b.conn.Fresh(c.now()) {
		b.close()
	}
	if b.conn == nil {
		b.conn, err = c.dialer.Dial(ctx, b.address)
		if err != nil {
			b.conn = nil
			if b.advertised && !b.reached && ctx.Err() == nil && unreachable(err) {
				err = fmt.Errorf("the brokers of the configuration answer, but one of the cluster says that it is at %s, which cannot be reached from here: check its advertised.listeners, the name and the firewall: %w", b.address, err)
			}
			return nil, false, marked(err)
		}
		b.reached = true
	}
	answer, err = b.conn.Ask(ctx, request)
	if err != nil {
		b.close()
	}
	return answer, true, marked(err)
}

// unreachable says that there was no connection at all.
func unreachable(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial"
}

func (b *broker) close() {
	if b.conn != nil {
		b.conn.Close()
		b.conn = nil
	}
}

// any asks one broker after the other until one answers, the connected ones
// first.
func (c *cluster) any(ctx context.Context, request protocol.Message) (protocol.Message, error) {
	known := c.all()
	slices.SortStableFunc(known, func(a, b *broker) int { return rank(a) - rank(b) })
	var failed error
	tried := map[string]bool{}
	for _, b := range known {
		if tried[b.address] {
			continue
		}
		tried[b.address] = true
		answer, _, err := c.ask(ctx, b, request)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if failed == nil {
			failed = err
		}
	}
	if len(tried) > 1 {
		failed = fmt.Errorf("none of %d brokers can be asked, the first since %w", len(tried), failed)
	}
	return nil, failed
}

// all are the brokers of the configuration and those they named, by their id.
func (c *cluster) all() []*broker {
	known := slices.Clone(c.first)
	ids := make([]int32, 0, len(c.brokers))
	for id := range c.brokers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		known = append(known, c.brokers[id])
	}
	return known
}

func rank(b *broker) int {
	switch {
	case b.conn != nil:
		return 0
	case !b.advertised:
		return 1
	}
	return 2
}

// refresh asks about the topics, if one of those needed now is not there,
// something has changed or it is time to.
func (c *cluster) refresh(ctx context.Context, needed []*topic) error {
	now := c.now()
	due := now.Sub(c.refreshed) >= refreshTime
	old := due || c.stale
	for _, t := range needed {
		old = old || t.usable() != nil
	}
	if !old {
		return nil
	}
	names := make([]string, 0, len(c.topics))
	for name := range c.topics {
		names = append(names, name)
	}
	slices.Sort(names)
	// As with Kafka's own producer, a broker that makes topics by itself
	// (auto.create.topics.enable) makes these.
	m, err := c.any(ctx, &metadata.Request{TopicNames: names, AllowAutoTopicCreation: true})
	if err != nil {
		return err
	}
	answer, ok := m.(*metadata.Response)
	if !ok {
		return kafkaconn.ErrNotKafka
	}
	c.learn(answer)
	c.stale = false
	if due {
		c.refreshed = now
		for _, t := range c.topics {
			t.most.bytes = batchBytes // what a topic takes may have been changed
		}
	}
	return nil
}

// learn takes over what a broker said.
func (c *cluster) learn(m *metadata.Response) {
	for id, b := range c.brokers {
		i := slices.IndexFunc(m.Brokers, func(r metadata.ResponseBroker) bool { return r.NodeID == id })
		if i < 0 || address(&m.Brokers[i]) != b.address {
			b.close()
			delete(c.brokers, id)
		}
	}
	for i := range m.Brokers {
		if r := &m.Brokers[i]; c.brokers[r.NodeID] == nil {
			c.brokers[r.NodeID] = c.named(address(r))
		}
	}
	for i := range m.Topics {
		said := &m.Topics[i]
		t := c.topics[said.Name]
		if t == nil {
			continue
		}
		if t.missing++; said.ErrorCode != int16(kafka.UnknownTopicOrPartition) {
			t.missing = 0
		}
		t.problem = nil
		if said.ErrorCode != 0 {
			t.problem = kafka.Error(said.ErrorCode)
			continue
		}
		if t.resize(len(said.Partitions)) {
			c.producer = none // should they come back, no sequence may begin anew under an id that they know
		}
		for _, p := range said.Partitions {
			if int(p.PartitionIndex) < len(t.partitions) {
				t.partitions[p.PartitionIndex].leader = c.brokers[p.LeaderID]
			}
		}
	}
}

// named is the broker at an address that a broker named: one of the
// configuration where that has it, since there may be a connection.
func (c *cluster) named(address string) *broker {
	for _, b := range c.first {
		if b.address == address {
			return b
		}
	}
	return &broker{address: address, advertised: true}
}

func address(b *metadata.ResponseBroker) string {
	return net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port)))
}

// identify gets a producer id, if there is none for new partitions.
func (c *cluster) identify(ctx context.Context) error {
	if c.producer != none {
		return nil
	}
	m, err := c.any(ctx, &initproducerid.Request{TransactionTimeoutMs: math.MaxInt32, ProducerID: none, ProducerEpoch: none})
	if err != nil {
		return err
	}
	answer, ok := m.(*initproducerid.Response)
	switch {
	case !ok:
		return kafkaconn.ErrNotKafka
	case answer.ErrorCode == int16(kafka.ClusterAuthorizationFailed):
		return outputs.Refused(&fault{"the brokers do not let the agent produce: give its user Write on the topic and, before Kafka 3.0, IdempotentWrite on the cluster", kafka.ClusterAuthorizationFailed})
	case answer.ErrorCode != 0:
		code := kafka.Error(answer.ErrorCode)
		return &fault{"the brokers give out no producer id now" + named(code) + ": it is tried again; if that goes on see their log", code}
	}
	c.producer, c.epoch = answer.ProducerID, answer.ProducerEpoch
	return nil
}

// close ends every connection.
func (c *cluster) close() {
	for _, b := range c.all() {
		b.close()
	}
}

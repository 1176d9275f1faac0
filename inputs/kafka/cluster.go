package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/findcoordinator"
	"github.com/segmentio/kafka-go/protocol/listoffsets"
	"github.com/segmentio/kafka-go/protocol/metadata"

	"jupyter-events-agent/internal/kafkaconn"
)

const (
	metadataAge = 5 * time.Minute        // how old what is known of the topics may get
	metadataGap = 250 * time.Millisecond // at most so often, where something has changed
)

// cluster is what is known of the brokers and of who leads which partition.
// Safe for use by several goroutines.
type cluster struct {
	dial   *kafkaconn.Dialer
	first  []*broker // those of the configuration
	topics []string

	asking sync.Mutex // one question for metadata at a time

	mu       sync.Mutex
	brokers  map[int32]*broker
	leaders  map[spot]*broker // nil: none now
	counts   map[string]int   // partitions by topic
	problems map[string]error // topics that the brokers do not let be read
	id       string           // the cluster's own
	asked    time.Time
	stale    bool // an error says that something has changed
}

func newCluster(d *kafkaconn.Dialer, brokers, topics []string) *cluster {
	c := &cluster{dial: d, topics: topics, brokers: map[int32]*broker{}, stale: true}
	for _, address := range brokers {
		c.first = append(c.first, &broker{address: address, dial: d})
	}
	return c
}

// all are the brokers of the configuration and those that they named.
func (c *cluster) all() []*broker {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := append([]*broker(nil), c.first...)
	for _, b := range c.brokers {
		known = append(known, b)
	}
	return known
}

// any asks one broker after the other until one answers.
func (c *cluster) any(ctx context.Context, request protocol.Message) (protocol.Message, error) {
	var failed error
	for _, b := range c.all() {
		answer, err := b.ask(ctx, request)
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
	return nil, failed
}

// refresh asks about the topics where something has changed or it is time to.
func (c *cluster) refresh(ctx context.Context) error {
	c.asking.Lock()
	defer c.asking.Unlock()
	c.mu.Lock()
	age := time.Since(c.asked)
	due := age > metadataAge || c.stale && age > metadataGap
	c.mu.Unlock()
	if !due {
		return nil
	}
	m, err := c.any(ctx, &metadata.Request{TopicNames: c.topics})
	if err != nil {
		return err
	}
	answer, ok := m.(*metadata.Response)
	if !ok {
		return kafkaconn.ErrNotKafka
	}
	c.learn(answer)
	return nil
}

func (c *cluster) learn(m *metadata.Response) {
	c.mu.Lock()
	defer c.mu.Unlock()
	brokers := make(map[int32]*broker, len(m.Brokers))
	for i := range m.Brokers {
		r := &m.Brokers[i]
		address := net.JoinHostPort(r.Host, strconv.Itoa(int(r.Port)))
		if old := c.brokers[r.NodeID]; old != nil && old.address == address {
			brokers[r.NodeID] = old
		} else {
			brokers[r.NodeID] = &broker{address: address, dial: c.dial}
		}
	}
	for id, old := range c.brokers {
		if brokers[id] != old {
			old.prune(func(*kafkaconn.Conn) bool { return false })
		}
	}
	c.brokers, c.id = brokers, m.ClusterID
	c.leaders, c.counts, c.problems = map[spot]*broker{}, map[string]int{}, map[string]error{}
	c.stale, c.asked = false, time.Now()
	for i := range m.Topics {
		t := &m.Topics[i]
		if t.ErrorCode != 0 {
			c.problems[t.Name] = topicError(t.Name, kafka.Error(t.ErrorCode))
			c.stale = true
			continue
		}
		c.counts[t.Name] = len(t.Partitions)
		for _, p := range t.Partitions {
			c.leaders[spot{t.Name, p.PartitionIndex}] = brokers[p.LeaderID]
			c.stale = c.stale || brokers[p.LeaderID] == nil
		}
	}
}

// doubt has the next refresh ask again.
func (c *cluster) doubt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stale = true
}

// name is the cluster's own id.
func (c *cluster) name() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}

// leader is who leads the partition; nil: nobody now.
func (c *cluster) leader(s spot) *broker {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leaders[s]
}

// shape says how many partitions the topics have, and what is wrong with them.
func (c *cluster) shape() (counts map[string]int, problem error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []error
	for _, t := range c.topics {
		if err := c.problems[t]; err != nil {
			all = append(all, err)
		}
	}
	return c.counts, errors.Join(all...)
}

// coordinator is the broker that looks after the group.
func (c *cluster) coordinator(ctx context.Context, group string) (*broker, error) {
	m, err := c.any(ctx, &findcoordinator.Request{Key: group})
	if err != nil {
		return nil, err
	}
	answer, ok := m.(*findcoordinator.Response)
	switch {
	case !ok:
		return nil, kafkaconn.ErrNotKafka
	case answer.ErrorCode != 0:
		return nil, groupError(group, kafka.Error(answer.ErrorCode))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := c.brokers[answer.NodeID]; b != nil {
		return b, nil
	}
	c.stale = true
	return nil, fmt.Errorf("the coordinator of the consumer group %s is a broker that the others do not name yet: it is asked again", group)
}

// bounds are the offsets of the partitions' first record and of the one to
// come, as far as transactions have ended.
func (c *cluster) bounds(ctx context.Context, spots []spot, first bool) (map[spot]int64, error) {
	timestamp := int64(kafka.LastOffset)
	if first {
		timestamp = kafka.FirstOffset
	}
	requests := map[*broker]*listoffsets.Request{}
	for _, s := range spots {
		leader := c.leader(s)
		if leader == nil {
			c.doubt()
			return nil, partitionError(s, kafka.LeaderNotAvailable)
		}
		r := requests[leader]
		if r == nil {
			r = &listoffsets.Request{ReplicaID: -1, IsolationLevel: readCommitted}
			requests[leader] = r
		}
		if n := len(r.Topics); n == 0 || r.Topics[n-1].Topic != s.topic {
			r.Topics = append(r.Topics, listoffsets.RequestTopic{Topic: s.topic})
		}
		t := &r.Topics[len(r.Topics)-1]
		t.Partitions = append(t.Partitions, listoffsets.RequestPartition{Partition: s.id, CurrentLeaderEpoch: -1, Timestamp: timestamp})
	}
	found := map[spot]int64{}
	for leader, r := range requests {
		m, err := leader.ask(ctx, r)
		if err != nil {
			c.doubt()
			return nil, err
		}
		answer, ok := m.(*listoffsets.Response)
		if !ok {
			return nil, kafkaconn.ErrNotKafka
		}
		for i := range answer.Topics {
			for _, p := range answer.Topics[i].Partitions {
				s := spot{answer.Topics[i].Topic, p.Partition}
				if p.ErrorCode != 0 {
					c.doubt()
					return nil, partitionError(s, kafka.Error(p.ErrorCode))
				}
				found[s] = p.Offset
			}
		}
	}
	return found, nil
}

func (c *cluster) prune(now time.Time) {
	for _, b := range c.all() {
		b.prune(func(conn *kafkaconn.Conn) bool { return conn.Fresh(now) })
	}
}

func (c *cluster) close() {
	for _, b := range c.all() {
		b.prune(func(*kafkaconn.Conn) bool { return false })
	}
}

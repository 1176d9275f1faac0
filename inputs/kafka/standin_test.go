package kafka

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
	fetchapi "github.com/segmentio/kafka-go/protocol/fetch"
	"github.com/segmentio/kafka-go/protocol/findcoordinator"
	"github.com/segmentio/kafka-go/protocol/heartbeat"
	"github.com/segmentio/kafka-go/protocol/joingroup"
	"github.com/segmentio/kafka-go/protocol/leavegroup"
	"github.com/segmentio/kafka-go/protocol/listoffsets"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/segmentio/kafka-go/protocol/offsetcommit"
	"github.com/segmentio/kafka-go/protocol/offsetfetch"
	"github.com/segmentio/kafka-go/protocol/syncgroup"
)

// standin is a broker that a test holds in its hands: it leads all partitions
// and looks after all groups, as far as consumers ask for it.
type standin struct {
	t    *testing.T
	l    net.Listener
	host string
	port int32

	mu     sync.Mutex
	moved  *sync.Cond // something has changed
	topics map[string][]*standlog
	groups map[string]*standgroup
	codes  map[spot]int16 // what is answered about a partition instead
	open   map[net.Conn]bool
	asked  map[protocol.ApiKey]int
	held   bool
	frozen bool // nothing is answered
	closed bool
}

// standlog is one partition.
type standlog struct {
	start   int64
	batches []batch
}

func (l *standlog) end() int64 {
	if n := len(l.batches); n > 0 {
		return l.batches[n-1].last + 1
	}
	return l.start
}

// standgroup is a consumer group.
type standgroup struct {
	generation int32
	members    map[string][]byte // metadata, by member
	joined     map[string]bool   // in the round that is being joined
	since      time.Time         // when that began; zero: there is none
	shares     map[string][]byte // of the generation; nil: the leader has not said
	leader     string
	offsets    map[spot]committedText
	next       int
}

type committedText struct {
	offset int64
	text   string
}

// joinTime is how long members have to join again: longer than one needs that
// shares the machine with others, since who is missed has told the group nothing.
const joinTime = time.Minute

func newStandin(t *testing.T) *standin {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	n, _ := strconv.Atoi(port)
	s := &standin{
		t: t, l: l, host: host, port: int32(n), topics: map[string][]*standlog{}, groups: map[string]*standgroup{},
		codes: map[spot]int16{}, open: map[net.Conn]bool{}, asked: map[protocol.ApiKey]int{},
	}
	s.moved = sync.NewCond(&s.mu)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.open[c] = true
			s.mu.Unlock()
			all.Go(func() { s.serve(c) })
		}
	})
	tick := time.NewTicker(10 * time.Millisecond) // waits end by themselves
	stop := make(chan struct{})
	all.Go(func() {
		for {
			select {
			case <-tick.C:
				s.moved.Broadcast()
			case <-stop:
				return
			}
		}
	})
	t.Cleanup(func() {
		s.mu.Lock()
		s.closed = true
		s.moved.Broadcast()
		s.mu.Unlock()
		l.Close()
		s.hangUp()
		close(stop)
		all.Wait()
		tick.Stop()
	})
	return s
}

func (s *standin) address() string { return s.l.Addr().String() }

// hangUp ends all connections.
func (s *standin) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		c.Close()
	}
}

// hold has fetches wait for something to read, however long that takes.
func (s *standin) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = true
}

// freeze has nothing answered any more, as by a broker that was stopped.
func (s *standin) freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = true
}

func (s *standin) topic(name string, partitions int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.topics[name]) < partitions {
		s.topics[name] = append(s.topics[name], &standlog{})
	}
}

// append appends one batch with the lines {"n":from}….
func (s *standin) append(topic string, partition, from, n int) {
	s.t.Helper()
	var records []protocol.Record
	for i := range n {
		records = append(records, protocol.Record{Value: protocol.NewBytes(fmt.Appendf(nil, `{"n":%d}`, from+i))})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.topics[topic][partition]
	batches, err := split(encoded(s.t, l.end(), protocol.Zstd, records...), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	l.batches = append(l.batches, batches...)
	s.moved.Broadcast()
}

// answer has a partition answered with an error; 0: no more.
func (s *standin) answer(topic string, partition int32, code kafka.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[spot{topic, partition}] = int16(code)
}

// forget removes what is before an offset.
func (s *standin) forget(topic string, partition int, before int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.topics[topic][partition]
	for l.start = before; len(l.batches) > 0 && l.batches[0].last < before; {
		l.batches = l.batches[1:]
	}
}

func (s *standin) group(name string) *standgroup {
	g := s.groups[name]
	if g == nil {
		g = &standgroup{members: map[string][]byte{}, joined: map[string]bool{}, offsets: map[spot]committedText{}}
		s.groups[name] = g
	}
	return g
}

// offset is what a group has for partition 0 of a topic.
func (s *standin) offset(group, topic string) committedText {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.group(group).offsets[spot{topic, 0}]; ok {
		return c
	}
	return committedText{offset: -1}
}

// count is how often something was asked.
func (s *standin) count(key protocol.ApiKey) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[key]
}

// versions are what the stand-in speaks.
var versions = map[protocol.ApiKey][2]int16{
	protocol.ApiVersions: {0, 2}, protocol.Metadata: {0, 6}, protocol.Fetch: {4, 11}, protocol.ListOffsets: {1, 5},
	protocol.OffsetCommit: {2, 6}, protocol.OffsetFetch: {1, 4}, protocol.FindCoordinator: {0, 2}, protocol.JoinGroup: {1, 2},
	protocol.Heartbeat: {0, 2}, protocol.LeaveGroup: {0, 2}, protocol.SyncGroup: {0, 2},
}

func (s *standin) serve(c net.Conn) {
	var group, joined string // the member that was told of its generation and has not asked for its share
	defer func() {
		s.mu.Lock()
		delete(s.open, c)
		if joined != "" { // it had given up waiting, and comes again as another
			s.group(group).remove(joined)
		}
		s.mu.Unlock()
		c.Close()
	}()
	for {
		version, id, _, request, err := protocol.ReadRequest(c)
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.frozen {
			s.mu.Unlock()
			_, _ = c.Read(make([]byte, 1)) // until the client gives up
			return
		}
		s.asked[request.ApiKey()]++
		if r, ok := request.(*fetchapi.Request); ok {
			answer := s.fetch(r, id)
			s.mu.Unlock()
			if _, err := c.Write(answer); err != nil {
				return
			}
			continue
		}
		answer := s.take(request)
		switch r := request.(type) {
		case *joingroup.Request:
			group, joined = r.GroupID, answer.(*joingroup.Response).MemberID
		case *syncgroup.Request:
			joined = ""
		}
		s.mu.Unlock()
		var b bytes.Buffer
		if err := protocol.WriteResponse(&b, version, id, answer); err != nil {
			s.t.Errorf("answering %T of version %d: %v", request, version, err)
			return
		}
		if _, err := io.Copy(c, &b); err != nil {
			return
		}
	}
}

// take answers all but fetches. Under mu.
func (s *standin) take(request protocol.Message) protocol.Message {
	switch r := request.(type) {
	case *apiversions.Request:
		answer := &apiversions.Response{}
		for key, v := range versions {
			answer.ApiKeys = append(answer.ApiKeys, apiversions.ApiKeyResponse{ApiKey: int16(key), MinVersion: v[0], MaxVersion: v[1]})
		}
		return answer
	case *metadata.Request:
		return s.metadata(r)
	case *findcoordinator.Request:
		return &findcoordinator.Response{NodeID: 1, Host: s.host, Port: s.port}
	case *listoffsets.Request:
		answer := &listoffsets.Response{}
		for _, t := range r.Topics {
			topic := listoffsets.ResponseTopic{Topic: t.Topic}
			for _, p := range t.Partitions {
				l := s.topics[t.Topic][p.Partition]
				offset := l.end()
				if p.Timestamp == kafka.FirstOffset {
					offset = l.start
				}
				topic.Partitions = append(topic.Partitions, listoffsets.ResponsePartition{Partition: p.Partition, Timestamp: -1, Offset: offset, ErrorCode: s.codes[spot{t.Topic, p.Partition}]})
			}
			answer.Topics = append(answer.Topics, topic)
		}
		return answer
	case *joingroup.Request:
		return s.join(r)
	case *syncgroup.Request:
		return s.sync(r)
	case *heartbeat.Request:
		return &heartbeat.Response{ErrorCode: int16(s.group(r.GroupID).judge(r.MemberID, r.GenerationID))}
	case *leavegroup.Request:
		s.group(r.GroupID).remove(r.MemberID)
		return &leavegroup.Response{}
	case *offsetcommit.Request:
		g := s.group(r.GroupID)
		code := g.judge(r.MemberID, r.GenerationID)
		if code == kafka.RebalanceInProgress {
			code = 0 // until all have joined the old generation counts
		}
		answer := &offsetcommit.Response{}
		for _, t := range r.Topics {
			topic := offsetcommit.ResponseTopic{Name: t.Name}
			for _, p := range t.Partitions {
				if code == 0 {
					g.offsets[spot{t.Name, p.PartitionIndex}] = committedText{p.CommittedOffset, p.CommittedMetadata}
				}
				topic.Partitions = append(topic.Partitions, offsetcommit.ResponsePartition{PartitionIndex: p.PartitionIndex, ErrorCode: int16(code)})
			}
			answer.Topics = append(answer.Topics, topic)
		}
		return answer
	case *offsetfetch.Request:
		answer := &offsetfetch.Response{}
		for _, t := range r.Topics {
			topic := offsetfetch.ResponseTopic{Name: t.Name}
			for _, p := range t.PartitionIndexes {
				c, ok := s.group(r.GroupID).offsets[spot{t.Name, p}]
				if !ok {
					c.offset = -1
				}
				topic.Partitions = append(topic.Partitions, offsetfetch.ResponsePartition{PartitionIndex: p, CommittedOffset: c.offset, Metadata: c.text})
			}
			answer.Topics = append(answer.Topics, topic)
		}
		return answer
	}
	s.t.Errorf("asked for %T", request)
	return nil
}

func (s *standin) metadata(r *metadata.Request) protocol.Message {
	answer := &metadata.Response{ClusterID: "standin", ControllerID: 1, Brokers: []metadata.ResponseBroker{{NodeID: 1, Host: s.host, Port: s.port}}}
	for _, name := range r.TopicNames {
		t := metadata.ResponseTopic{Name: name}
		logs, ok := s.topics[name]
		if !ok {
			t.ErrorCode = int16(kafka.UnknownTopicOrPartition)
		}
		for i := range logs {
			p := metadata.ResponsePartition{PartitionIndex: int32(i), LeaderID: 1, ReplicaNodes: []int32{1}, IsrNodes: []int32{1}}
			if code := s.codes[spot{name, int32(i)}]; code == int16(kafka.LeaderNotAvailable) {
				p.ErrorCode, p.LeaderID = code, -1
			}
			t.Partitions = append(t.Partitions, p)
		}
		answer.Topics = append(answer.Topics, t)
	}
	return answer
}

// judge says what is wrong with a member's generation. Under mu.
func (g *standgroup) judge(member string, generation int32) kafka.Error {
	_, known := g.members[member]
	switch {
	case !known && (member != "" || generation >= 0):
		return kafka.UnknownMemberId
	case known && generation != g.generation:
		return kafka.IllegalGeneration
	case !g.since.IsZero():
		return kafka.RebalanceInProgress
	}
	return 0
}

func (g *standgroup) rebalance() {
	if g.since.IsZero() {
		g.since, g.joined = time.Now(), map[string]bool{}
	}
}

func (g *standgroup) remove(member string) {
	if _, ok := g.members[member]; ok {
		g.rebalance()
		delete(g.members, member)
		delete(g.joined, member)
	}
}

// join waits until all members have joined, or the time is over for the others.
func (s *standin) join(r *joingroup.Request) protocol.Message {
	g := s.group(r.GroupID)
	member := r.MemberID
	if member == "" {
		g.next++
		member = fmt.Sprintf("member-%d", g.next)
	} else if _, known := g.members[member]; !known {
		return &joingroup.Response{ErrorCode: int16(kafka.UnknownMemberId)}
	}
	g.members[member] = r.Protocols[0].Metadata
	g.rebalance()
	g.joined[member] = true
	from := g.generation
	for g.generation == from && !s.closed {
		if len(g.joined) == len(g.members) && time.Since(g.since) > 100*time.Millisecond || time.Since(g.since) > joinTime {
			for m := range g.members {
				if !g.joined[m] {
					delete(g.members, m)
				}
			}
			g.generation, g.since, g.shares, g.leader = from+1, time.Time{}, nil, member
			s.moved.Broadcast()
			break
		}
		s.moved.Wait()
	}
	answer := &joingroup.Response{GenerationID: g.generation, ProtocolName: r.Protocols[0].Name, LeaderID: g.leader, MemberID: member}
	if member == g.leader {
		for m, text := range g.members {
			answer.Members = append(answer.Members, joingroup.ResponseMember{MemberID: m, Metadata: text})
		}
	}
	return answer
}

func (s *standin) sync(r *syncgroup.Request) protocol.Message {
	g := s.group(r.GroupID)
	if code := g.judge(r.MemberID, r.GenerationID); code != 0 {
		return &syncgroup.Response{ErrorCode: int16(code)}
	}
	if r.MemberID == g.leader {
		g.shares = map[string][]byte{}
		for _, a := range r.Assignments {
			g.shares[a.MemberID] = a.Assignment
		}
		s.moved.Broadcast()
	}
	for begun := time.Now(); g.shares == nil && g.generation == r.GenerationID && g.since.IsZero() && !s.closed && time.Since(begun) < joinTime; {
		s.moved.Wait()
	}
	if code := g.judge(r.MemberID, r.GenerationID); code != 0 || g.shares == nil {
		return &syncgroup.Response{ErrorCode: int16(kafka.RebalanceInProgress)}
	}
	return &syncgroup.Response{Assignments: g.shares[r.MemberID]}
}

// fetch answers version 11 by hand: kafka-go would write all batches with the
// offset 0.
func (s *standin) fetch(r *fetchapi.Request, id int32) []byte {
	for begun := time.Now(); !s.any(r) && !s.closed && (s.held || time.Since(begun) < time.Duration(r.MaxWaitTime)*time.Millisecond); {
		s.moved.Wait()
	}
	order := binary.BigEndian
	b := order.AppendUint32(nil, 0)
	b = order.AppendUint32(b, uint32(id))
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	b = order.AppendUint32(b, uint32(len(r.Topics)))
	for _, t := range r.Topics {
		b = append(order.AppendUint16(b, uint16(len(t.Topic))), t.Topic...)
		b = order.AppendUint32(b, uint32(len(t.Partitions)))
		for _, p := range t.Partitions {
			code, records := s.read(t.Topic, &p)
			l := s.topics[t.Topic][p.Partition]
			b = order.AppendUint32(b, uint32(p.Partition))
			b = order.AppendUint16(b, uint16(code))
			for _, n := range []int64{l.end(), l.end(), l.start} {
				b = order.AppendUint64(b, uint64(n))
			}
			b = order.AppendUint32(b, 0xffffffff)
			b = order.AppendUint32(b, 0xffffffff)
			b = append(order.AppendUint32(b, uint32(len(records))), records...)
		}
	}
	order.PutUint32(b, uint32(len(b)-4))
	return b
}

func (s *standin) any(r *fetchapi.Request) bool {
	for _, t := range r.Topics {
		for _, p := range t.Partitions {
			if code, records := s.read(t.Topic, &p); code != 0 || len(records) > 0 {
				return true
			}
		}
	}
	return false
}

func (s *standin) read(topic string, p *fetchapi.RequestPartition) (code int16, records []byte) {
	l := s.topics[topic][p.Partition]
	if code := s.codes[spot{topic, p.Partition}]; code != 0 {
		return code, nil
	}
	if p.FetchOffset < l.start || p.FetchOffset > l.end() {
		return int16(kafka.OffsetOutOfRange), nil
	}
	for _, batch := range l.batches {
		if batch.last < p.FetchOffset {
			continue
		}
		if len(records) > 0 && len(records)+len(batch.bytes) > int(p.PartitionMaxBytes) || p.PartitionMaxBytes == 1 {
			break
		}
		records = append(records, batch.bytes...)
	}
	return 0, records
}

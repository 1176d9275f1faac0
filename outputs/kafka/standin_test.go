package kafka

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
	"github.com/segmentio/kafka-go/protocol/initproducerid"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/segmentio/kafka-go/protocol/produce"
	"github.com/segmentio/kafka-go/protocol/saslauthenticate"
	"github.com/segmentio/kafka-go/protocol/saslhandshake"
)

// standin is a Kafka of some brokers that speaks the protocol by kafka-go's
// decoder, and keeps producers' sequences as the real one does.
type standin struct {
	t     testing.TB
	nodes []*node
	tls   *tls.Config // nil: none

	mu        sync.Mutex
	topics    map[string]*standTopic
	made      bool // topics that are asked for are made
	producers int64
	produced  int  // requests
	loading   bool // no producer ids are given out yet
	hangs     bool // nothing is answered
	headless  bool // no partition has a leader, says metadata
	// answer is asked before a partition's batch is looked at.
	answer func(*standBatch) verdict
	login  func(mechanism string, token []byte) (ok bool) // nil: no SASL
}

// node is one broker.
type node struct {
	id         int32
	listener   net.Listener
	advertised string // host:port; "": the listener's
	conns      map[net.Conn]bool
	down       bool
}

type standTopic struct {
	code       kafka.Error // for metadata
	may        int32       // allowed operations
	maxBytes   int
	shown      int // partitions that metadata has; 0: all
	partitions []*standPartition
}

type standPartition struct {
	leader  int32
	records []standRecord
	known   map[int64]*standProducer
}

type standProducer struct {
	epoch   int16
	batches [][2]int32 // first and last sequence of the last five
}

type standRecord struct {
	key     []byte // nil: none
	value   string
	time    int64 // ms
	headers []protocol.Header
}

// standBatch is a batch as it has arrived.
type standBatch struct {
	topic     string
	partition int32
	producer  int64
	epoch     int16
	sequence  int32
	size      int
	records   []standRecord
}

// verdict is what the stand-in does with a batch before the usual.
type verdict struct {
	code    kafka.Error // answered, nothing appended
	bad     []int32     // record errors beside code
	silent  bool        // no answer until the connection ends
	slam    bool        // the connection ends without an answer
	after   bool        // with slam, silent or code: the batch is appended all the same
	wait    <-chan struct{}
	message string
}

func newStandin(t testing.TB, brokers int) *standin {
	s := &standin{t: t, topics: map[string]*standTopic{}, producers: 1000}
	for i := range brokers {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		n := &node{id: int32(i + 1), listener: l, conns: map[net.Conn]bool{}}
		s.nodes = append(s.nodes, n)
		var serving sync.WaitGroup
		serving.Go(func() { s.accept(n) })
		t.Cleanup(func() { l.Close(); s.hangUp(n); serving.Wait() })
	}
	return s
}

func (n *node) address() string { return n.listener.Addr().String() }

func (s *standin) addresses() (all []string) {
	for _, n := range s.nodes {
		all = append(all, n.address())
	}
	return all
}

// topic makes a topic, or changes its number of partitions.
func (s *standin) topic(name string, partitions int) *standTopic {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.topics[name]
	if t == nil {
		t = &standTopic{maxBytes: 1 << 20}
		s.topics[name] = t
	}
	for i := len(t.partitions); i < partitions; i++ {
		t.partitions = append(t.partitions, &standPartition{leader: s.nodes[i%len(s.nodes)].id, known: map[int64]*standProducer{}})
	}
	t.partitions = t.partitions[:partitions]
	return t
}

// do does something while no request is being answered.
func (s *standin) do(what func()) { s.mu.Lock(); defer s.mu.Unlock(); what() }

// values are the bodies by partition.
func (s *standin) values(name string) (all [][]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.topics[name]
	if t == nil {
		return nil
	}
	for _, p := range t.partitions {
		var values []string
		for _, r := range p.records {
			values = append(values, r.value)
		}
		all = append(all, values)
	}
	return all
}

// hangUp ends the connections of a node.
func (s *standin) hangUp(n *node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range n.conns {
		c.Close()
	}
}

func (s *standin) accept(n *node) {
	var serving sync.WaitGroup
	defer serving.Wait()
	for {
		c, err := n.listener.Accept()
		if err != nil {
			return
		}
		if s.tls != nil {
			c = tls.Server(c, s.tls)
		}
		s.mu.Lock()
		if n.down {
			c.Close()
		}
		n.conns[c] = true
		s.mu.Unlock()
		serving.Go(func() {
			s.serve(n, c)
			s.mu.Lock()
			delete(n.conns, c)
			s.mu.Unlock()
			c.Close()
		})
	}
}

// serve answers the requests of one connection.
func (s *standin) serve(n *node, c net.Conn) {
	in := bufio.NewReader(c)
	mechanism, known := "", false
	s.do(func() { known = s.login == nil })
	for {
		frame := make([]byte, 4)
		if _, err := io.ReadFull(in, frame); err != nil {
			return
		}
		frame = slices.Concat(frame, make([]byte, binary.BigEndian.Uint32(frame)))
		if _, err := io.ReadFull(in, frame[4:]); err != nil {
			return
		}
		version, id, client, request, err := protocol.ReadRequest(bufio.NewReader(bytes.NewReader(frame)))
		if err != nil {
			s.t.Errorf("the stand-in cannot read a request: %v", err)
			return
		}
		if client != "jupyter-events-agent" {
			s.t.Errorf("the client calls itself %q", client)
		}
		var answer protocol.Message
		switch r := request.(type) {
		case *apiversions.Request:
			answer = versions()
		case *saslhandshake.Request:
			mechanism = r.Mechanism
			a := &saslhandshake.Response{Mechanisms: []string{"PLAIN", "OAUTHBEARER", "GSSAPI"}}
			if mechanism != "PLAIN" && mechanism != "OAUTHBEARER" {
				a.ErrorCode = int16(kafka.UnsupportedSASLMechanism)
			}
			answer = a
		case *saslauthenticate.Request:
			a := &saslauthenticate.Response{SessionLifetimeMs: 3_600_000}
			s.do(func() { known = s.login(mechanism, r.AuthBytes) })
			if !known {
				a.ErrorCode, a.ErrorMessage = int16(kafka.SASLAuthenticationFailed), "no: "+string(r.AuthBytes)
			}
			answer = a
		default:
			if !known {
				return
			}
			var ok bool
			if answer, ok = s.reply(n, request, len(frame)); !ok {
				return
			}
			if answer == nil { // silent
				_, _ = io.Copy(io.Discard, in)
				return
			}
		}
		if err := protocol.WriteResponse(c, version, id, answer); err != nil {
			return
		}
	}
}

func versions() *apiversions.Response {
	a := &apiversions.Response{}
	for key, most := range map[protocol.ApiKey]int16{
		protocol.Produce: 13, protocol.Fetch: 17, protocol.Metadata: 13, protocol.InitProducerId: 5,
		protocol.SaslHandshake: 1, protocol.SaslAuthenticate: 2, protocol.ApiVersions: 4,
	} {
		a.ApiKeys = append(a.ApiKeys, apiversions.ApiKeyResponse{ApiKey: int16(key), MaxVersion: most})
	}
	return a
}

func (s *standin) reply(n *node, request protocol.Message, size int) (protocol.Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hangs {
		return nil, true
	}
	switch r := request.(type) {
	case *metadata.Request:
		return s.metadata(r), true
	case *initproducerid.Request:
		if s.loading {
			return &initproducerid.Response{ErrorCode: int16(kafka.GroupLoadInProgress), ProducerID: none}, true
		}
		s.producers++
		return &initproducerid.Response{ProducerID: s.producers}, true
	case *produce.Request:
		s.produced++
		return s.produce(n, r, size)
	}
	s.t.Errorf("the stand-in does not know %T", request)
	return nil, false
}

func (s *standin) metadata(r *metadata.Request) *metadata.Response {
	if r.TopicNames == nil {
		s.t.Error("all topics of the cluster are asked for")
	}
	a := &metadata.Response{ClusterID: "standin", ControllerID: 1}
	for _, n := range s.nodes {
		host, port, err := net.SplitHostPort(cmpOr(n.advertised, n.address()))
		number, err2 := net.LookupPort("tcp", port)
		if err := errors.Join(err, err2); err != nil {
			s.t.Error(err)
		}
		a.Brokers = append(a.Brokers, metadata.ResponseBroker{NodeID: n.id, Host: host, Port: int32(number)})
	}
	for _, name := range r.TopicNames {
		t := s.topics[name]
		said := metadata.ResponseTopic{Name: name}
		switch {
		case t == nil:
			said.ErrorCode = int16(kafka.UnknownTopicOrPartition)
			if r.AllowAutoTopicCreation && s.made {
				s.mu.Unlock()
				s.topic(name, 3)
				s.mu.Lock()
			}
		case t.code != 0:
			said.ErrorCode = int16(t.code)
		default:
			said.TopicAuthorizedOperations = t.may
			partitions := t.partitions
			if t.shown > 0 {
				partitions = partitions[:t.shown]
			}
			for i, p := range partitions {
				one := metadata.ResponsePartition{PartitionIndex: int32(i), LeaderID: p.leader}
				if s.headless {
					one.LeaderID = -1
				}
				if one.LeaderID < 0 {
					one.ErrorCode = int16(kafka.LeaderNotAvailable)
				}
				said.Partitions = append(said.Partitions, one)
			}
		}
		a.Topics = append(a.Topics, said)
	}
	return a
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// contains says that a record of the batch has the text.
func (b *standBatch) contains(text string) (at []int32) {
	for i, r := range b.records {
		if strings.Contains(r.value, text) {
			at = append(at, int32(i))
		}
	}
	return at
}

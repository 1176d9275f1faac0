package noninterference

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strconv"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
	"github.com/segmentio/kafka-go/protocol/initproducerid"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/segmentio/kafka-go/protocol/produce"
)

// serveKafka stands in for a cluster of one broker, in which every topic is.
func (s *standin) serveKafka(l net.Listener) {
	open := map[net.Conn]bool{}
	s.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			open[conn] = true
			s.mu.Unlock()
			s.work.Go(func() {
				_ = s.converse(conn) // its end is an error as well
				s.mu.Lock()
				delete(open, conn)
				s.mu.Unlock()
				conn.Close()
			})
		}
	})
	s.close = func() error {
		err := l.Close()
		s.mu.Lock()
		for conn := range open {
			conn.Close()
		}
		s.mu.Unlock()
		s.work.Wait()
		return err
	}
}

// converse answers the requests of one connection until its end.
func (s *standin) converse(conn net.Conn) error {
	in := bufio.NewReader(conn)
	for {
		var length [4]byte
		if _, err := io.ReadFull(in, length[:]); err != nil {
			return err
		}
		size := binary.BigEndian.Uint32(length[:])
		if size > 64<<20 || size < 8 {
			return errors.New("not a request")
		}
		request := make([]byte, size)
		if _, err := io.ReadFull(in, request); err != nil {
			return err
		}
		key, version := protocol.ApiKey(binary.BigEndian.Uint16(request)), int16(binary.BigEndian.Uint16(request[2:]))
		correlation := int32(binary.BigEndian.Uint32(request[4:]))
		s.mu.Lock()
		s.keep("a request to Kafka ("+key.String()+"), which holds topic, partition, key, headers and records", append(request[:4:4], request[8:]...))
		answer, hangUp := s.kafka(key, request)
		s.mu.Unlock()
		if hangUp || answer == nil {
			return nil
		}
		if err := protocol.WriteResponse(conn, version, correlation, answer); err != nil {
			return err
		}
	}
}

func (s *standin) kafka(key protocol.ApiKey, request []byte) (answer protocol.Message, hangUp bool) {
	r := frame{left: request[8:]}
	r.text() // the client's name
	switch key {
	case protocol.ApiVersions:
		var keys []apiversions.ApiKeyResponse
		for _, k := range []protocol.ApiKey{protocol.Produce, protocol.Fetch, protocol.Metadata, protocol.ApiVersions, protocol.InitProducerId} {
			newest := map[protocol.ApiKey]int16{protocol.Produce: 8, protocol.Fetch: 11, protocol.Metadata: 8, protocol.ApiVersions: 2, protocol.InitProducerId: 1}[k]
			keys = append(keys, apiversions.ApiKeyResponse{ApiKey: int16(k), MaxVersion: newest})
		}
		return &apiversions.Response{ApiKeys: keys}, false
	case protocol.InitProducerId:
		return &initproducerid.Response{ProducerID: 1}, false
	case protocol.Metadata:
		host, port, _ := net.SplitHostPort(s.address)
		number, _ := strconv.Atoi(port)
		all := &metadata.Response{Brokers: []metadata.ResponseBroker{{NodeID: 1, Host: host, Port: int32(number)}}, ControllerID: 1}
		for range r.number() {
			t := metadata.ResponseTopic{Name: r.text()}
			for p := range int32(3) {
				t.Partitions = append(t.Partitions, metadata.ResponsePartition{PartitionIndex: p, LeaderID: 1, ReplicaNodes: []int32{1}, IsrNodes: []int32{1}})
			}
			all.Topics = append(all.Topics, t)
		}
		return all, false
	case protocol.Produce:
		return s.produce(&r)
	}
	return nil, true
}

// produce answers a produce request of version 3 to 8.
func (s *standin) produce(r *frame) (protocol.Message, bool) {
	how := s.answers()
	code := []kafka.Error{0, kafka.NotEnoughReplicas, kafka.MessageSizeTooLarge, kafka.NotLeaderForPartition, kafka.TopicAuthorizationFailed, kafka.InvalidRecord, kafka.OutOfOrderSequenceNumber, 0, 0}[how]
	r.text() // transactional id
	r.bytes(2 + 4)
	all := &produce.Response{}
	for range r.number() {
		t := produce.ResponseTopic{Topic: r.text()}
		for range r.number() {
			p := produce.ResponsePartition{Partition: int32(r.number()), LogAppendTime: -1, ErrorCode: int16(code), ErrorMessage: echo}
			if batch := r.bytes(r.number()); code == kafka.InvalidRecord && len(batch) > 61 {
				p.RecordErrors = []produce.ResponseError{{BatchIndex: int32(binary.BigEndian.Uint32(batch[57:])) / 2, BatchIndexErrorMessage: echo}}
			}
			t.Partitions = append(t.Partitions, p)
		}
		all.Topics = append(all.Topics, t)
	}
	return all, how == 7
}

// frame reads Kafka's numbers and texts; what is not there is empty.
type frame struct{ left []byte }

func (r *frame) bytes(n int) []byte {
	if n < 0 || n > len(r.left) {
		return nil
	}
	b := r.left[:n]
	r.left = r.left[n:]
	return b
}

func (r *frame) number() int {
	if b := r.bytes(4); b != nil {
		return int(int32(binary.BigEndian.Uint32(b)))
	}
	return 0
}

func (r *frame) text() string {
	if b := r.bytes(2); b != nil {
		return string(r.bytes(int(int16(binary.BigEndian.Uint16(b)))))
	}
	return ""
}

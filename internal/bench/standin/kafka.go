package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
	"github.com/segmentio/kafka-go/protocol/initproducerid"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/segmentio/kafka-go/protocol/produce"
)

// partitions is how many each topic has.
const partitions = 3

// broker is a cluster of one, in which every topic is.
type broker struct {
	address *net.TCPAddr

	mu  sync.Mutex
	end map[place]int64 // the offset that comes next
}

type place struct {
	topic     string
	partition int32
}

func (b *broker) serve(l net.Listener) {
	b.end = map[place]int64{}
	for {
		conn, err := l.Accept()
		if err != nil {
			fail(err)
		}
		go func() {
			defer conn.Close()
			if err := b.converse(conn); !errors.Is(err, io.EOF) {
				fmt.Fprintln(os.Stderr, "standin:", err)
			}
		}()
	}
}

// converse answers the requests of one connection until its end, which is the
// error.
func (b *broker) converse(conn net.Conn) error {
	in, out := bufio.NewReaderSize(conn, 256<<10), bufio.NewWriter(conn)
	var memory []byte
	for {
		head, err := in.Peek(8)
		if err != nil {
			return err
		}
		var version int16
		var correlation int32
		var answer protocol.Message
		if protocol.ApiKey(binary.BigEndian.Uint16(head[4:])) == protocol.Produce {
			size := int(binary.BigEndian.Uint32(head)) + 4
			if cap(memory) < size {
				memory = make([]byte, size)
			}
			if _, err := io.ReadFull(in, memory[:size]); err != nil {
				return err
			}
			r := reader{left: memory[4:size]}
			r.skip(2)
			version, correlation = int16(r.int16()), r.int32()
			r.text()
			answer = b.append(&r)
			if r.short {
				return errors.New("a produce request is cut short")
			}
		} else {
			var request protocol.Message
			version, correlation, _, request, err = protocol.ReadRequest(in)
			if err != nil {
				return err
			}
			if answer = b.answer(request); answer == nil {
				return fmt.Errorf("no answer to %v", request.ApiKey())
			}
		}
		if err := protocol.WriteResponse(out, version, correlation, answer); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

func (b *broker) answer(request protocol.Message) protocol.Message {
	switch request := request.(type) {
	case *apiversions.Request:
		var keys []apiversions.ApiKeyResponse
		for key, newest := range map[protocol.ApiKey]int16{
			protocol.Produce: 8, protocol.Fetch: 11, protocol.Metadata: 8, protocol.ApiVersions: 2, protocol.InitProducerId: 4,
		} {
			keys = append(keys, apiversions.ApiKeyResponse{ApiKey: int16(key), MaxVersion: newest})
		}
		return &apiversions.Response{ApiKeys: keys}
	case *metadata.Request:
		answer := &metadata.Response{Brokers: []metadata.ResponseBroker{{NodeID: 1, Host: b.address.IP.String(), Port: int32(b.address.Port)}}, ControllerID: 1}
		for _, name := range request.TopicNames {
			t := metadata.ResponseTopic{Name: name}
			for p := range int32(partitions) {
				t.Partitions = append(t.Partitions, metadata.ResponsePartition{PartitionIndex: p, LeaderID: 1, ReplicaNodes: []int32{1}, IsrNodes: []int32{1}})
			}
			answer.Topics = append(answer.Topics, t)
		}
		return answer
	case *initproducerid.Request:
		return &initproducerid.Response{ProducerID: 1}
	}
	return nil
}

// append reads a produce request of version 3 to 8 behind its header and
// counts the records of its batches.
func (b *broker) append(r *reader) *produce.Response {
	r.text() // transactional id
	r.skip(2 + 4)
	answer := &produce.Response{}
	for range r.int32() {
		if r.short {
			break
		}
		t := produce.ResponseTopic{Topic: r.text()}
		for range r.int32() {
			if r.short {
				break
			}
			p := produce.ResponsePartition{Partition: r.int32(), LogAppendTime: -1}
			batch := r.bytes(int(r.int32()))
			if len(batch) >= 61 {
				n := int64(binary.BigEndian.Uint32(batch[57:])) // the number of records
				records.Add(n)
				b.mu.Lock()
				at := place{t.Topic, p.Partition}
				p.BaseOffset = b.end[at]
				b.end[at] += n
				b.mu.Unlock()
			}
			t.Partitions = append(t.Partitions, p)
		}
		answer.Topics = append(answer.Topics, t)
	}
	return answer
}

// reader reads Kafka's numbers and texts.
type reader struct {
	left  []byte
	short bool
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.left) {
		r.short = r.short || n > len(r.left)
		return nil
	}
	b := r.left[:n]
	r.left = r.left[n:]
	return b
}

func (r *reader) skip(n int) { r.bytes(n) }

func (r *reader) int16() uint16 {
	if b := r.bytes(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) int32() int32 {
	if b := r.bytes(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (r *reader) text() string { return string(r.bytes(int(int16(r.int16())))) }

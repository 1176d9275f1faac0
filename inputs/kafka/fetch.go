package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/internal/kafkaconn"
)

// Fetching is done on the bytes: kafka-go's decoder makes several values for
// every record, which costs more than all the rest of reading it.

const (
	readCommitted = 1 // the isolation level: no records of transactions that were undone
	fetchKey      = 1 // of the API
	correlation   = 0x6a65_6131
	patience      = 30 * time.Second // for the answer, beyond the wait that was asked for
	largestAnswer = 64 << 20
)

// want is what is asked of one partition.
type want struct {
	partition *partition
	offset    int64
	most      int32 // bytes; a first batch above it comes all the same, if the partition is the first that has any
}

// part is what a broker answers about one partition.
type part struct {
	spot    spot
	code    kafka.Error
	end     int64 // after the last record whose transaction has ended
	start   int64 // of the first record; -1: not said
	aborted []aborted
	records []byte // whole batches, and perhaps a part of one
}

// aborted is a transaction that was undone: its producer, and where it begins.
type aborted struct{ producer, first int64 }

// fetch is one request to one broker on its way.
type fetch struct {
	broker *broker
	conn   *kafkaconn.Conn
	wants  []want
	wait   time.Duration
	err    error
}

// send asks; the answer is for receive. The broker waits for up to wait until
// one of the partitions has something.
func (f *fetch) send(ctx context.Context, most int32) {
	if f.conn, f.err = f.broker.take(ctx); f.err != nil {
		return
	}
	if f.err = f.conn.Send(ctx, f.request(most)); f.err != nil {
		f.conn.Close()
	}
}

// request is a fetch request of kafkaconn.FetchVersion.
func (f *fetch) request(most int32) []byte {
	order := binary.BigEndian
	text := func(b []byte, s string) []byte {
		return append(order.AppendUint16(b, uint16(len(s))), s...)
	}
	b := order.AppendUint32(nil, 0)
	b = order.AppendUint16(b, fetchKey)
	b = order.AppendUint16(b, kafkaconn.FetchVersion)
	b = order.AppendUint32(b, correlation)
	b = text(b, kafkaconn.ClientID)
	b = order.AppendUint32(b, 0xffffffff) // no replica
	b = order.AppendUint32(b, uint32(f.wait.Milliseconds()))
	b = order.AppendUint32(b, 1) // byte that ends the wait
	b = order.AppendUint32(b, uint32(most))
	b = append(b, readCommitted)
	b = order.AppendUint32(b, 0)          // no session,
	b = order.AppendUint32(b, 0xffffffff) // nor the beginning of one
	topics := 0
	atTopics := len(b)
	b = order.AppendUint32(b, 0)
	for i := 0; i < len(f.wants); {
		topic, n := f.wants[i].partition.spot.topic, 1
		for i+n < len(f.wants) && f.wants[i+n].partition.spot.topic == topic {
			n++
		}
		b = order.AppendUint32(text(b, topic), uint32(n))
		for _, w := range f.wants[i : i+n] {
			b = order.AppendUint32(b, uint32(w.partition.spot.id))
			b = order.AppendUint32(b, 0xffffffff) // any leader's epoch
			b = order.AppendUint64(b, uint64(w.offset))
			b = order.AppendUint64(b, 0xffffffffffffffff) // no log of ours
			b = order.AppendUint32(b, uint32(w.most))
		}
		i += n
		topics++
	}
	order.PutUint32(b[atTopics:], uint32(topics))
	b = order.AppendUint32(b, 0) // no topics to forget
	b = text(b, "")              // no rack
	order.PutUint32(b, uint32(len(b)-4))
	return b
}

// receive reads the answer to send.
func (f *fetch) receive(ctx context.Context) []part {
	if f.err != nil {
		return nil
	}
	var head [4]byte
	if f.err = f.conn.Receive(ctx, f.wait+patience, head[:]); f.err != nil {
		f.conn.Close()
		return nil
	}
	size := int32(binary.BigEndian.Uint32(head[:]))
	if size < 0 || size > largestAnswer {
		f.err = kafkaconn.ErrNotKafka
		f.conn.Close()
		return nil
	}
	body := make([]byte, size)
	if f.err = f.conn.Receive(ctx, patience, body); f.err != nil {
		f.conn.Close()
		return nil
	}
	var parts []part
	if parts, f.err = answer(body); f.err != nil {
		f.conn.Close()
		return nil
	}
	f.broker.give(f.conn)
	return parts
}

var errAnswer = errors.New("a broker's answer is not what Kafka's protocol says: see that all brokers run the same, supported version")

// answer takes an answer of kafkaconn.FetchVersion apart; the parts' records
// are parts of b.
func answer(b []byte) ([]part, error) {
	r := wire{rest: b}
	if r.int32() != correlation {
		return nil, errAnswer
	}
	r.int32() // throttled: the broker itself waits
	if code := kafka.Error(r.int16()); code != 0 {
		return nil, fmt.Errorf("a broker refuses to be read from: %w", quiet{code})
	}
	r.int32() // session
	var parts []part
	for topics := r.count(); topics > 0 && !r.failed; topics-- {
		topic := string(r.take(int64(uint16(r.int16()))))
		for n := r.count(); n > 0 && !r.failed; n-- {
			p := part{spot: spot{topic, r.int32()}, code: kafka.Error(r.int16())}
			r.int64() // the high watermark
			p.end, p.start = r.int64(), r.int64()
			for undone := r.count(); undone > 0 && !r.failed; undone-- {
				p.aborted = append(p.aborted, aborted{r.int64(), r.int64()})
			}
			r.int32() // a replica that is nearer
			p.records = r.take(max(int64(r.int32()), 0))
			parts = append(parts, p)
		}
	}
	if r.failed {
		return nil, errAnswer
	}
	return parts, nil
}

// wire reads the integers of Kafka's protocol. After the first thing that is
// not there everything is zero and failed is set.
type wire struct {
	rest   []byte
	failed bool
}

func (r *wire) take(n int64) []byte {
	if n < 0 || n > int64(len(r.rest)) {
		r.rest, r.failed = nil, true
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *wire) int16() int16 {
	if b := r.take(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *wire) int32() int32 {
	if b := r.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (r *wire) int64() int64 {
	if b := r.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

// count is a number of things of which each has at least one byte; -1 is none.
func (r *wire) count() int32 {
	n := r.int32()
	if int64(n) > int64(len(r.rest)) {
		r.take(-1)
		return 0
	}
	return max(n, 0)
}

// varint is a number as records have them.
func (r *wire) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.take(-1)
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

package kafka

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// How a member of a group shows that it is there. A crashed agent's partitions
// go to others after sessionTime.
const (
	sessionTime   = 10 * time.Second
	heartbeatTime = 2 * time.Second
	rebalanceTime = 10 * time.Second
	joinAgain     = time.Second
)

// reader is one output's way through its share of the partitions.
type reader struct {
	in     *Input
	name   string // of the group
	cursor *checkpoint.Cursor
	group  *kafka.ConsumerGroup
	conns  conns
	wake   chan struct{} // capacity 1: something may be ready

	share   *share                   // the current generation's; nil: none yet
	from    map[*partition]int64     // up to where all was delivered when the generation began
	offsets map[*partition]int64     // up to where it has read
	seen    map[*partition]committed // what the group had at the last generation
	turn    int                      // the index from which to look next
	told    string                   // what was logged of the topics and still holds

	delivered sync.Map // by stream: the offset of the last Commit of this generation

	follows atomic.Pointer[[]*partition]
	dealt   atomic.Pointer[map[string]int] // partitions by topic that this member has dealt out last
}

func newReader(in *Input, from inputs.Resume) (*reader, error) {
	r := &reader{
		in: in, name: in.groupOf(from.Output), cursor: from.Cursor, wake: make(chan struct{}, 1),
		from: map[*partition]int64{}, offsets: map[*partition]int64{}, seen: map[*partition]committed{},
	}
	r.follows.Store(&[]*partition{})
	dialer := in.cluster.dial.Library()
	dialer.DialFunc = r.conns.of(dialer.DialFunc)
	start := int64(kafka.FirstOffset)
	var err error
	r.group, err = kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: r.name, Brokers: in.set.brokers, Dialer: dialer, Topics: in.set.topics,
		GroupBalancers:    []kafka.GroupBalancer{balancer{in.identity, func(counts map[string]int) { r.dealt.Store(&counts) }}},
		HeartbeatInterval: heartbeatTime, SessionTimeout: sessionTime, RebalanceTimeout: rebalanceTime,
		JoinGroupBackoff: joinAgain, StartOffset: start,
	})
	return r, err
}

func (r *reader) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Next is inputs.Reader: the partitions in turn, in the order of their names;
// of each what one fetch brought.
func (r *reader) Next(ctx context.Context) (inputs.Place, error) {
	for {
		if r.share.ended() {
			if err := ctx.Err(); err != nil {
				return inputs.Place{}, err
			}
			if err := r.adopt(ctx); err != nil {
				return inputs.Place{}, err
			}
			continue
		}
		if p, ok := r.pick(); ok {
			return p, nil
		}
		if r.in.env().Once && r.share.read(r.offsets) {
			return inputs.Place{}, io.EOF
		}
		if err := ctx.Err(); err != nil {
			return inputs.Place{}, err
		}
		if err := r.await(ctx); err != nil {
			return inputs.Place{}, err
		}
	}
}

// pick finds the next partition that has something: the last one, while there
// is more of what was fetched of it, else the others in turn.
func (r *reader) pick() (inputs.Place, bool) {
	all := r.share.partitions
	if len(all) == 0 {
		return inputs.Place{}, false
	}
	if last := (r.turn + len(all) - 1) % len(all); r.ready(all[last]) && all[last].holds(r.offsets[all[last]]) {
		return r.place(last), true
	}
	for i := range all {
		if at := (r.turn + i) % len(all); r.ready(all[at]) {
			return r.place(at), true
		}
	}
	r.turn = 0 // readers that have read everything begin the next round together
	return inputs.Place{}, false
}

func (r *reader) place(i int) inputs.Place {
	p := r.share.partitions[i]
	r.turn = i + 1
	return inputs.Place{At: checkpoint.Position{Stream: p.stream, Offset: r.offsets[p]}, From: p}
}

// ready says that the partition has records that the reader has not read.
func (r *reader) ready(p *partition) bool {
	if begin, anew := p.restart(r.offsets[p]); anew {
		r.offsets[p] = begin
	}
	return r.offsets[p] < p.ends()
}

// await waits until something may be ready: one reader at a time asks the
// brokers for all of them.
func (r *reader) await(ctx context.Context) error {
	poll := r.in.polling
	if len(r.share.partitions) == 0 {
		poll = nil // there is nothing to ask for
	}
	select {
	case <-r.wake:
	case <-r.share.over:
	case <-ctx.Done():
	case poll <- struct{}{}:
		select {
		case <-r.wake: // by who asked before
			<-poll
			return nil
		default:
		}
		_, err := r.in.round(ctx, nil, waitForOne)
		r.in.poke()
		<-poll
		if errors.Is(err, errNobody) {
			return r.pause(ctx, restShort)
		}
		return err
	}
	return nil
}

func (r *reader) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.share.over:
	case <-ctx.Done():
	}
	return nil
}

// Advance is inputs.Reader.
func (r *reader) Advance(to checkpoint.Position) {
	if r.share == nil {
		return
	}
	i := slices.IndexFunc(r.share.partitions, func(p *partition) bool { return p.stream == to.Stream })
	if i >= 0 && to.Offset > r.offsets[r.share.partitions[i]] {
		r.offsets[r.share.partitions[i]] = to.Offset
	}
}

// Commit is inputs.Reader. The group hears of it when the cursor's position is
// durable, see share.commit.
func (r *reader) Commit(_ context.Context, ends ...checkpoint.Position) error {
	r.cursor.Commit(ends...)
	for _, end := range ends {
		r.delivered.Store(end.Stream, end.Offset)
	}
	return nil
}

// Lag is inputs.Reader: the records that are there and not read, each counted
// as long as lines of this input are on average.
func (r *reader) Lag() int64 {
	if r.share == nil {
		return 0
	}
	var records int64
	for _, p := range r.share.partitions {
		records += max(0, p.ends()-r.offsets[p])
	}
	return records * r.in.lineBytes()
}

// Close is inputs.Reader: it stays in the group until the Input is closed or
// goes on without it.
func (r *reader) Close() error {
	r.in.rest(r)
	return nil
}

// leave leaves the group, which hears before how far all is delivered. What takes
// longer than to end the group finds out by itself, after sessionTime; the
// cursor knows how far all is delivered.
func (r *reader) leave(end time.Time) {
	r.conns.endBy(end)
	if r.share.ended() {
		r.conns.close() // it may be waiting for the other members
	}
	_ = r.group.Close() // it has no error to give
}

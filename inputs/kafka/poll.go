package kafka

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/inputs"
)

// How much is fetched at once: of all partitions together about as much as the
// window of checked lines holds, twice; of one at most 1 MiB. A batch that is
// longer comes whole all the same.
const (
	fetchTogether = 16 << 20
	fetchMost     = 1 << 20
	fetchLeast    = 64 << 10
)

// How long a poll waits for the brokers. Where there are several, the one that
// has something is heard of only when the others have answered.
const (
	waitForOne    = 500 * time.Millisecond
	waitForOthers = 100 * time.Millisecond
	lookAgain     = 100 * time.Millisecond // at the other leaders, while there is something to read
	restShort     = 250 * time.Millisecond // a partition that has no leader now
	restLong      = 5 * time.Second        // one that the agent may not read
)

// round asks the leaders of all partitions that are followed how far these go,
// each with one request, and gets what is there beyond; it waits for up to
// wait until there is something. With a target only that is got, nothing is
// waited for, and the other leaders are asked only if that was not just done.
func (in *Input) round(ctx context.Context, target *want, wait time.Duration) ([]part, error) {
	if err := in.cluster.refresh(ctx); err != nil {
		return nil, err
	}
	now := time.Now()
	others := target == nil || now.Sub(time.Unix(0, in.polled.Load())) > lookAgain
	fetches := in.plan(target, others, now)
	if len(fetches) == 0 {
		return nil, errNobody
	}
	if target != nil {
		wait = 0
	} else if len(fetches) > 1 {
		wait = min(wait, waitForOthers)
	}
	if others {
		in.polled.Store(now.UnixNano())
	}
	for _, f := range fetches {
		f.wait = wait
		f.send(ctx, fetchTogether/4)
	}
	var all []part
	var failed []error
	for _, f := range fetches {
		parts := f.receive(ctx)
		if f.err != nil {
			failed = append(failed, f.err)
			in.cluster.doubt()
			continue
		}
		for i := range parts {
			in.learn(ctx, &parts[i], f.wants, target)
		}
		all = append(all, parts...)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(failed) == len(fetches) {
		return nil, failed[0]
	}
	return all, nil
}

// plan are the requests of a round, one for each leader, the target's first.
func (in *Input) plan(target *want, others bool, now time.Time) []*fetch {
	var fetches []*fetch
	byLeader := map[*broker]*fetch{}
	add := func(w want) bool {
		leader := in.cluster.leader(w.partition.spot)
		if leader == nil {
			in.cluster.doubt()
			w.partition.sick(partitionError(w.partition.spot, kafka.LeaderNotAvailable), restShort)
			return false
		}
		f := byLeader[leader]
		if f == nil {
			f = &fetch{broker: leader}
			byLeader[leader] = f
			fetches = append(fetches, f)
		}
		f.wants = append(f.wants, w)
		return true
	}
	wanted := in.wanted()
	most := int32(fetchMost)
	if n := len(wanted); n > 0 {
		most = int32(min(fetchMost, max(fetchLeast, fetchTogether/n)))
	}
	if target != nil {
		target.most = most
		if !add(*target) {
			return nil
		}
		most = 1 // only how far the others go
	}
	for _, p := range wanted {
		end := p.ends()
		if end < 0 || p.resting(now) || target != nil && (p == target.partition || !others && byLeader[in.cluster.leader(p.spot)] == nil) {
			continue
		}
		add(want{p, end, most})
	}
	return fetches
}

// learn notes what a broker said of a partition, and keeps what it sent of one
// that is not the target, which the one who asked for it keeps.
func (in *Input) learn(ctx context.Context, said *part, wants []want, target *want) {
	i := slices.IndexFunc(wants, func(w want) bool { return w.partition.spot == said.spot })
	if i < 0 {
		return
	}
	p := wants[i].partition
	mine := target != nil && target.partition == p
	switch said.code {
	case 0:
		p.learn(said)
		if !mine {
			p.offer(wants[i].offset, said)
		}
	case kafka.OffsetOutOfRange:
		if mine {
			return // who reads there settles it
		}
		if _, err := p.outside(ctx, wants[i].offset); err != nil && !errors.Is(err, inputs.ErrGone) {
			p.sick(err, restShort)
		}
	case kafka.TopicAuthorizationFailed:
		p.sick(partitionError(p.spot, said.code), restLong)
	default:
		in.cluster.doubt()
		p.sick(partitionError(p.spot, said.code), restShort)
	}
}

// learn notes how far the partition goes.
func (p *partition) learn(said *part) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = ""
	p.end = max(p.end, said.end)
	p.begin = max(p.begin, said.start)
}

// offer keeps what was sent without being asked for, unless the partition is
// being read just now or it cannot be read: who comes for it finds out.
func (p *partition) offer(from int64, said *part) {
	select {
	case p.reading <- struct{}{}:
		defer func() { <-p.reading }()
	default:
		return
	}
	if s, _ := newSet(from, said); s != nil && p.setAt(from) == nil {
		p.keep(s)
	}
}

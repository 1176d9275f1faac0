package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/offsetcommit"
	"github.com/segmentio/kafka-go/protocol/offsetfetch"

	"jupyter-events-agent/internal/kafkaconn"
)

// share is what one generation of the group gives the reader. It ends when a
// member comes or goes.
type share struct {
	r          *reader
	generation *kafka.Generation
	over       chan struct{} // closed when it ends
	ready      chan struct{} // closed when the rest is set; the group's goroutine waits for it
	adopted    bool

	partitions []*partition         // sorted
	told       map[*partition]int64 // what the group has heard, at first where the reader began
	stop       map[*partition]int64 // in once mode: where to end
	dealt      *map[string]int      // partitions by topic when this member dealt them out; nil: another did
}

// marker is the text beside each offset that an agent commits. An offset
// without it was set by somebody else, with Kafka's own tools, who means it.
const marker = "jupyter-events-agent"

// committed is what the group has for a partition; offset -1: nothing.
type committed struct {
	offset int64
	ours   bool
}

func (s *share) ended() bool {
	if s == nil || !s.adopted {
		return true
	}
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// read says that everything is read up to where once mode ends.
func (s *share) read(offsets map[*partition]int64) bool {
	for _, p := range s.partitions {
		if offsets[p] < s.stop[p] {
			return false
		}
	}
	return true
}

// adopt waits for the next generation and finds out where to go on in its
// partitions. What it could not find out it tries again at the next call.
func (r *reader) adopt(ctx context.Context) error {
	if r.share == nil || r.share.adopted || r.share.gone() {
		if r.share == nil {
			r.evict(ctx)
		}
		g, err := r.group.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			// Where no broker can be asked, that says it better.
			r.in.cluster.doubt()
			if plain := r.in.cluster.refresh(ctx); plain != nil {
				return fmt.Errorf("consumer group %s: %w", r.name, plain)
			}
			return groupError(r.name, err)
		}
		s := &share{r: r, generation: g, over: make(chan struct{}), ready: make(chan struct{}), dealt: r.dealt.Swap(nil)}
		r.share = s
		r.remember(g.MemberID)
		g.Start(s.run)
	}
	s := r.share
	ctx, cancel := context.WithTimeout(ctx, rebalanceTime)
	defer cancel()
	if err := r.in.cluster.refresh(ctx); err != nil {
		return err
	}
	_, problem := r.in.cluster.shape()
	r.complain(problem)
	if err := s.fill(ctx); err != nil {
		return err
	}
	s.adopted = true
	close(s.ready)
	r.follows.Store(&s.partitions)
	r.in.env.Log.Debug("reads its share of the partitions", "input", r.in.env.Source.Input, "group", r.name, "partitions", len(s.partitions))
	return nil
}

func (s *share) gone() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// complain says what is wrong with the topics, once until it changes.
func (r *reader) complain(problem error) {
	said := ""
	if problem != nil {
		said = problem.Error()
	}
	if said != "" && said != r.told {
		r.in.env.Log.Warn("there is nothing to read of a topic", "input", r.in.env.Source.Input, "error", problem)
	}
	r.told = said
}

// fill finds out the partitions and where to begin in each.
func (s *share) fill(ctx context.Context) error {
	r := s.r
	s.partitions = nil
	s.told, s.stop = map[*partition]int64{}, map[*partition]int64{}
	var spots []spot
	for topic, list := range s.generation.Assignments {
		for _, a := range list {
			p := r.in.partition(spot{topic, int32(a.ID)})
			s.partitions = append(s.partitions, p)
		}
	}
	slices.SortFunc(s.partitions, before)
	for _, p := range s.partitions {
		spots = append(spots, p.spot)
	}
	group, err := r.committed(ctx, s.partitions)
	if err != nil {
		return err
	}
	offsets := map[*partition]int64{}
	var unknown []spot
	for _, p := range s.partitions {
		offsets[p] = r.resume(p, group[p])
		if offsets[p] < 0 {
			unknown = append(unknown, p.spot)
		}
	}
	starts, err := r.in.cluster.bounds(ctx, unknown, !r.in.set.atEnd)
	if err != nil {
		return err
	}
	var ends map[spot]int64
	if r.in.env.Once {
		if ends, err = r.in.cluster.bounds(ctx, spots, false); err != nil {
			return err
		}
	}
	for _, p := range s.partitions {
		if offsets[p] < 0 {
			offsets[p] = starts[p.spot]
		}
		s.told[p], s.stop[p] = offsets[p], ends[p.spot]
		r.delivered.Delete(p.stream)
		p.reaches(max(offsets[p], ends[p.spot]))
	}
	maps.Copy(r.offsets, offsets)
	r.seen = group
	r.turn = 0
	return nil
}

// resume is where to go on in a partition: where this reader itself is, if it
// has followed it before; where this agent's cursor or the group is, whichever
// is further, since before either everything has been delivered; but where
// somebody has set the group's offset by hand, there. -1: nothing is known.
func (r *reader) resume(p *partition, g committed) int64 {
	if g.offset >= 0 && !g.ours && r.seen[p] != g {
		return g.offset
	}
	offset := max(g.offset, r.cursor.Offset(p.stream))
	if read, ok := r.offsets[p]; ok {
		offset = max(offset, read)
	}
	return offset
}

// committed are the offsets that the group has.
func (r *reader) committed(ctx context.Context, partitions []*partition) (map[*partition]committed, error) {
	out := map[*partition]committed{}
	if len(partitions) == 0 {
		return out, nil
	}
	request := &offsetfetch.Request{GroupID: r.name}
	bySpot := map[spot]*partition{}
	for _, p := range partitions {
		bySpot[p.spot] = p
		out[p] = committed{-1, false}
		if n := len(request.Topics); n == 0 || request.Topics[n-1].Name != p.spot.topic {
			request.Topics = append(request.Topics, offsetfetch.RequestTopic{Name: p.spot.topic})
		}
		t := &request.Topics[len(request.Topics)-1]
		t.PartitionIndexes = append(t.PartitionIndexes, p.spot.id)
	}
	coordinator, err := r.in.cluster.coordinator(ctx, r.name)
	if err != nil {
		return nil, err
	}
	m, err := coordinator.ask(ctx, request)
	if err != nil {
		return nil, err
	}
	answer, ok := m.(*offsetfetch.Response)
	switch {
	case !ok:
		return nil, kafkaconn.ErrNotKafka
	case answer.ErrorCode != 0:
		return nil, groupError(r.name, kafka.Error(answer.ErrorCode))
	}
	for i := range answer.Topics {
		for _, said := range answer.Topics[i].Partitions {
			if said.ErrorCode != 0 {
				return nil, groupError(r.name, kafka.Error(said.ErrorCode))
			}
			if p := bySpot[spot{answer.Topics[i].Name, said.PartitionIndex}]; p != nil {
				out[p] = committed{said.CommittedOffset, said.Metadata == marker}
			}
		}
	}
	return out, nil
}

// How often the group is told what is delivered, and the topics are asked
// whether they have grown.
const (
	commitEvery = time.Second
	growEvery   = 5 * time.Second
)

// run tells the group what is delivered until the generation ends, in a
// goroutine of the group. That it returns ends the generation.
func (s *share) run(ctx context.Context) {
	select {
	case <-s.ready:
	case <-ctx.Done():
		close(s.over)
		s.r.poke()
		return
	}
	tick := time.NewTicker(commitEvery)
	defer tick.Stop()
	var err error
	for looked := time.Now(); ; {
		select {
		case <-ctx.Done():
			close(s.over)
			s.r.poke()
			// What has been delivered, but for what an output is yet to make
			// durable, is not repeated by whoever comes next.
			if err := s.r.in.env.Store.Sync(); err == nil {
				_ = s.commit() // else it is repeated
			}
			return
		case now := <-tick.C:
			failed := s.commit()
			if failed != nil && (err == nil || failed.Error() != err.Error()) {
				s.r.in.env.Log.Warn("cannot tell the group what is delivered; trying again", "input", s.r.in.env.Source.Input, "error", failed)
			}
			if err = failed; fenced(err) || now.Sub(looked) > growEvery && s.grown() {
				close(s.over)
				s.r.poke()
				return
			}
			if now.Sub(looked) > growEvery {
				looked = now
			}
		}
	}
}

// commit tells the group what was delivered in this generation and is durable
// in the cursor: never more than a crash of this agent leaves, and nothing for
// partitions that are another's.
func (s *share) commit() error {
	request := &offsetcommit.Request{GroupID: s.r.name, GenerationID: s.generation.ID, MemberID: s.generation.MemberID, RetentionTimeMs: -1}
	news := map[*partition]int64{}
	for _, p := range s.partitions {
		delivered, ok := s.r.delivered.Load(p.stream)
		sealed, durable := s.r.cursor.Durable(p.stream)
		if !ok || !durable || sealed > delivered.(int64) || sealed <= s.told[p] {
			continue
		}
		news[p] = sealed
		if n := len(request.Topics); n == 0 || request.Topics[n-1].Name != p.spot.topic {
			request.Topics = append(request.Topics, offsetcommit.RequestTopic{Name: p.spot.topic})
		}
		t := &request.Topics[len(request.Topics)-1]
		t.Partitions = append(t.Partitions, offsetcommit.RequestPartition{
			PartitionIndex: p.spot.id, CommittedOffset: sealed, CommittedLeaderEpoch: -1, CommittedMetadata: marker,
		})
	}
	if len(news) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	coordinator, err := s.r.in.cluster.coordinator(ctx, s.r.name)
	if err != nil {
		return err
	}
	m, err := coordinator.ask(ctx, request)
	if err != nil {
		return err
	}
	answer, ok := m.(*offsetcommit.Response)
	if !ok {
		return kafkaconn.ErrNotKafka
	}
	for i := range answer.Topics {
		for _, said := range answer.Topics[i].Partitions {
			if said.ErrorCode != 0 {
				return groupError(s.r.name, kafka.Error(said.ErrorCode))
			}
		}
	}
	maps.Copy(s.told, news)
	return nil
}

// fenced says that the group has gone on without this member.
func fenced(err error) bool {
	return errors.Is(err, kafka.IllegalGeneration) || errors.Is(err, kafka.UnknownMemberId) || errors.Is(err, kafka.FencedInstanceID)
}

// grown says that the topics have other partitions than were dealt out: they
// are to be dealt out anew. The member that did it looks.
func (s *share) grown() bool {
	if s.dealt == nil {
		return false
	}
	s.r.in.cluster.doubt()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if s.r.in.cluster.refresh(ctx) != nil {
		return false
	}
	counts, _ := s.r.in.cluster.shape()
	return len(counts) >= len(*s.dealt) && !maps.Equal(counts, *s.dealt)
}

package kafka

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/offsetcommit"

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
	told       map[*partition]int64 // what the group has heard, at first up to where all was delivered
	fresh      map[*partition]bool  // the reader has begun at the end there, and the group has not heard of it
	stop       map[*partition]int64 // in once mode: where to end
	dealt      *map[string]int      // partitions by topic when this member dealt them out; nil: another did
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

func (s *share) gone() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
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
			if err := s.r.in.env().Store.Sync(); err == nil {
				_ = s.commit() // else it is repeated
			}
			return
		case now := <-tick.C:
			failed := s.commit()
			if failed != nil && (err == nil || failed.Error() != err.Error()) {
				s.r.in.env().Log.Warn("cannot tell the group what is delivered; trying again", "input", s.r.in.env().Source.Input, "error", failed)
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
		offset, ok := s.due(p)
		if !ok {
			continue
		}
		news[p] = offset
		if n := len(request.Topics); n == 0 || request.Topics[n-1].Name != p.spot.topic {
			request.Topics = append(request.Topics, offsetcommit.RequestTopic{Name: p.spot.topic})
		}
		t := &request.Topics[len(request.Topics)-1]
		t.Partitions = append(t.Partitions, offsetcommit.RequestPartition{
			PartitionIndex: p.spot.id, CommittedOffset: offset, CommittedLeaderEpoch: -1, CommittedMetadata: marker,
		})
	}
	if len(news) == 0 {
		return nil
	}
	ctx, cancel := s.within()
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
	for p := range news {
		delete(s.fresh, p)
	}
	return nil
}

// within is how long a question to the cluster may take.
func (s *share) within() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	ctx, sooner := s.r.conns.within(ctx)
	return ctx, func() { sooner(); cancel() }
}

// due is what the group is to hear of a partition: how far it is delivered; before
// that where the reader has begun at the end, or the next start would begin at
// another one and skip what came between.
func (s *share) due(p *partition) (offset int64, ok bool) {
	delivered, some := s.r.delivered.Load(p.stream)
	sealed, durable := s.r.cursor.Durable(p.stream)
	if some && durable && sealed <= delivered.(int64) && sealed > s.told[p] {
		return sealed, true
	}
	return s.told[p], s.fresh[p]
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
	ctx, cancel := s.within()
	defer cancel()
	if s.r.in.cluster.refresh(ctx) != nil {
		return false
	}
	counts, _ := s.r.in.cluster.shape()
	return len(counts) >= len(*s.dealt) && !maps.Equal(counts, *s.dealt)
}

package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/offsetfetch"

	"jupyter-events-agent/internal/kafkaconn"
)

// marker is the text beside each offset that an agent commits. An offset
// without it was set by somebody else, with Kafka's own tools, who means it.
const marker = "jupyter-events-agent"

// committed is what the group has for a partition; offset -1: nothing.
type committed struct {
	offset int64
	ours   bool
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
	r.in.env().Log.Debug("reads its share of the partitions", "input", r.in.env().Source.Input, "group", r.name, "partitions", len(s.partitions))
	return nil
}

// complain says what is wrong with the topics, once until it changes.
func (r *reader) complain(problem error) {
	said := ""
	if problem != nil {
		said = problem.Error()
	}
	if said != "" && said != r.told {
		r.in.env().Log.Warn("there is nothing to read of a topic", "input", r.in.env().Source.Input, "error", problem)
	}
	r.told = said
}

// fill finds out the partitions and where to begin in each.
func (s *share) fill(ctx context.Context) error {
	r := s.r
	s.partitions = nil
	s.told, s.stop, s.fresh = map[*partition]int64{}, map[*partition]int64{}, map[*partition]bool{}
	var spots []spot
	for topic, list := range s.generation.Assignments {
		for _, a := range list {
			p := r.in.partition(spot{topic, int32(a.ID)})
			r.delivered.Delete(p.stream) // before the cursor is looked at, which has what comes meanwhile
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
	from := map[*partition]int64{}
	var unknown []spot
	for _, p := range s.partitions {
		from[p] = r.resume(p, group[p])
		if from[p] < 0 {
			unknown = append(unknown, p.spot)
		}
	}
	starts, err := r.in.cluster.bounds(ctx, unknown, !r.in.set.atEnd)
	if err != nil {
		return err
	}
	var ends map[spot]int64
	if r.in.env().Once {
		if ends, err = r.in.cluster.bounds(ctx, spots, false); err != nil {
			return err
		}
	}
	for _, p := range s.partitions {
		if from[p] < 0 {
			from[p] = starts[p.spot]
		}
		s.fresh[p] = r.in.set.atEnd && group[p].offset < 0 && r.cursor.Offset(p.stream) < 0
		// Where this reader itself is, if it has followed it before.
		if read, ok := r.offsets[p]; !ok || read < from[p] || r.moved(p, group[p]) {
			r.offsets[p] = from[p]
		}
		s.told[p], s.stop[p] = from[p], ends[p.spot]
		p.reaches(max(r.offsets[p], ends[p.spot]))
	}
	maps.Copy(r.from, from)
	r.seen = group
	r.turn = 0
	return nil
}

// resume is up to where everything in a partition has been delivered: where
// this agent's cursor or the group is, whichever is further; but where somebody
// has set the group's offset by hand, there. Where neither knows, it is where
// this reader began. -1: nothing is known.
func (r *reader) resume(p *partition, g committed) int64 {
	if r.moved(p, g) {
		return g.offset
	}
	if offset := max(g.offset, r.cursor.Offset(p.stream)); offset >= 0 {
		return offset
	}
	if from, ok := r.from[p]; ok {
		return from
	}
	return -1
}

// moved says that somebody has set the group's offset by hand since this reader
// looked last.
func (r *reader) moved(p *partition, g committed) bool {
	return g.offset >= 0 && !g.ours && r.seen[p] != g
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

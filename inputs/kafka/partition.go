package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// partition is one partition of a topic, shared by all outputs. It is the
// inputs.Blocks of its places.
type partition struct {
	in      *Input
	spot    spot
	stream  uint64
	reading chan struct{} // capacity 1: held while its sets are read or one is fetched

	sets []*set // fetched and not used up, the newest last; under reading

	mu    sync.Mutex
	end   int64 // offset after the last record that is known to be there; -1: not known
	begin int64 // offset of the first record that is still there
	rest  time.Time
	told  string // what was logged of it and still holds
}

// before is the order in which partitions are read.
func before(a, b *partition) int {
	return cmp.Or(cmp.Compare(a.spot.topic, b.spot.topic), cmp.Compare(a.spot.id, b.spot.id))
}

// mostSets is how many sets a partition keeps: for outputs that are in step
// and for one that is behind.
const mostSets = 2

// ends is how far the partition is known to go.
func (p *partition) ends() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.end
}

// reaches notes that the partition has records, or its beginning, before end.
func (p *partition) reaches(end int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = max(p.end, end)
}

// holds says that there is more of what was fetched at the offset.
func (p *partition) holds(offset int64) bool {
	select {
	case p.reading <- struct{}{}:
		defer func() { <-p.reading }()
		return p.setAt(offset) != nil
	default:
		return true // it is being read
	}
}

func (p *partition) setAt(offset int64) *set {
	for _, s := range p.sets {
		if s.from <= offset && offset < s.to {
			return s
		}
	}
	return nil
}

// keep holds a set until it is read. Under reading.
func (p *partition) keep(s *set) {
	p.sets = append(p.sets, s)
	if len(p.sets) > mostSets {
		p.sets[0].free()
		p.sets = append(p.sets[:0], p.sets[1:]...)
	}
}

func (p *partition) drop(s *set) {
	for i := range p.sets {
		if p.sets[i] == s {
			s.free()
			p.sets = append(p.sets[:i], p.sets[i+1:]...)
			return
		}
	}
}

// Read is inputs.Blocks.
func (p *partition) Read(ctx context.Context, at checkpoint.Position, b *inputs.Block) error {
	select {
	case p.reading <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.reading }()
	b.Source, b.Path, b.At = p.in.env().Source, p.spot.where(), at
	s := p.setAt(at.Offset)
	if s == nil {
		lost, err := p.fetch(ctx, at.Offset)
		if err != nil {
			return err
		}
		if lost > at.Offset {
			p.in.gap(p, at.Offset, lost, "the topic's retention has removed it before it was read")
			b.End = lost
			return nil
		}
		if s = p.setAt(at.Offset); s == nil {
			return inputs.ErrNothing
		}
	}
	if err := s.fill(at.Offset, b, p.in.set.maxLine); err != nil {
		p.drop(s) // while it is held this partition would be read before all others
		return partitionFailure(p.spot, at.Offset, err)
	}
	if b.End >= s.to {
		p.drop(s)
	}
	for i := range b.Lines {
		b.Size += int64(len(b.Lines[i].Raw))
		if long := b.Lines[i].Long; long != nil {
			b.Size += long.Length - int64(len(b.Lines[i].Raw))
		}
	}
	p.in.bytes.Add(b.Size)
	p.in.lines.Add(int64(len(b.Lines)))
	return nil
}

// fetch gets a set that begins at the offset, if there is anything. Where that
// is not there any more, lost is where what is there begins.
func (p *partition) fetch(ctx context.Context, offset int64) (lost int64, err error) {
	parts, err := p.in.round(ctx, &want{partition: p, offset: offset}, 0)
	if err != nil {
		return 0, err
	}
	for i := range parts {
		if parts[i].spot != p.spot {
			continue
		}
		switch code := parts[i].code; {
		case code == kafka.OffsetOutOfRange:
			return p.outside(ctx, offset)
		case code != 0:
			return 0, partitionError(p.spot, code)
		}
		s, err := newSet(offset, &parts[i])
		if err != nil {
			return 0, partitionFailure(p.spot, offset, err)
		}
		if s != nil {
			p.keep(s)
		}
	}
	return 0, nil
}

// outside settles what is to be read where the offset is not in the log: from
// the log's beginning, if retention was faster; from there too, if the log
// ends before, for then it is another one.
func (p *partition) outside(ctx context.Context, offset int64) (lost int64, err error) {
	first, last, err := p.bounds(ctx)
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	was := p.end
	p.begin, p.end = first, max(p.end, last)
	if offset > last {
		p.end = last
	}
	p.mu.Unlock()
	switch {
	case offset < first:
		return first, nil
	case offset > last:
		if was > last {
			p.in.env().Log.Error("a partition ends before what was already read of it: its topic was made anew, or brokers lost records; it is read from its beginning",
				"input", p.in.env().Source.Input, "partition", p.spot.String(), "read", offset, "end", last)
		}
		return 0, inputs.ErrGone
	}
	return 0, nil // it has become right meanwhile
}

func (p *partition) bounds(ctx context.Context) (first, last int64, err error) {
	spots := []spot{p.spot}
	begin, err := p.in.cluster.bounds(ctx, spots, true)
	if err != nil {
		return 0, 0, err
	}
	end, err := p.in.cluster.bounds(ctx, spots, false)
	return begin[p.spot], end[p.spot], err
}

// restart is where a reader at the offset goes on, if the log ends before it.
func (p *partition) restart(offset int64) (int64, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.begin, p.end >= 0 && offset > p.end
}

// sick leaves the partition alone for a while, and says why, once until it
// changes.
func (p *partition) sick(err error, rest time.Duration) {
	p.mu.Lock()
	p.rest = time.Now().Add(rest)
	again := p.told == err.Error()
	p.told = err.Error()
	p.mu.Unlock()
	if !again {
		p.in.env().Log.Warn("a partition cannot be read and is tried again", "input", p.in.env().Source.Input, "error", err)
	}
}

func (p *partition) resting(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return now.Before(p.rest)
}

// gap declares records that are not there any more.
func (in *Input) gap(p *partition, from, to int64, why string) {
	in.env().Gap(inputs.Gap{Input: in.env().Source.Input, Path: p.spot.where(), Stream: p.stream, From: from, To: to, Reason: why})
}

func partitionFailure(s spot, offset int64, err error) error {
	return fmt.Errorf("partition %s at offset %d: %w", s, offset, err)
}

// errNobody: there is no leader to ask; each partition says why.
var errNobody = errors.New("no partition has a leader that answers now: start the brokers, or wait for them")

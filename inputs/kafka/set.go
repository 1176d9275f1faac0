package kafka

import (
	"slices"
	"sync"

	"jupyter-events-agent/inputs"
)

// blockBytes is about how many bytes of lines one block has, as with files, and
// blockLines how many lines at most.
const (
	blockBytes = 256 << 10
	blockLines = 4096
)

func full(b *inputs.Block) bool { return len(b.Buf) >= blockBytes || len(b.Lines) >= blockLines }

// set is what one fetch brought of a partition, while it is being read.
type set struct {
	from, to int64 // offsets: all that is between is in it
	batches  []batch

	// The batch that is open: a block may end within it.
	open    int // its index; -1: none
	rest    wire
	buf     *[]byte // memory of what was compressed
	cut     bool
	offset  int64 // of the next record of rest, at least
	failure error // the batch cannot be read
	sound   sound
}

// unpacked is memory for what was compressed, of sets that are used up.
var unpacked sync.Pool

// largestSpare is the most of it that is kept, in bytes.
const largestSpare = 8 << 20

// free gives the set's memory back. Lines are copies of what was in it.
func (s *set) free() {
	if s.buf != nil && cap(*s.buf) <= largestSpare {
		unpacked.Put(s.buf)
	}
	s.buf, s.rest, s.open = nil, wire{}, -1
}

// newSet is the set of what a broker sent for from; nil where there is no
// whole batch in it.
func newSet(from int64, p *part) (*set, error) {
	batches, err := split(p.records, p.aborted)
	if err != nil && len(batches) == 0 {
		return nil, err
	}
	s := &set{from: from, to: from, open: -1}
	for _, b := range batches {
		if b.last >= from {
			s.batches = append(s.batches, b)
			s.to = b.last + 1
		}
	}
	if len(s.batches) == 0 {
		return nil, err
	}
	return s, nil
}

// fill puts lines from at on into b, which lies within the set: about
// blockBytes of them, or what there is.
func (s *set) fill(at int64, b *inputs.Block, maxLine int) error {
	b.End = at
	b.Buf = slices.Grow(b.Buf, blockBytes+blockBytes/8)
	for b.End < s.to && !full(b) {
		i := s.find(b.End)
		batch := &s.batches[i]
		if batch.skip || b.End < batch.first {
			b.End = max(batch.first, b.End)
			if batch.skip {
				b.End = batch.last + 1
			}
			continue
		}
		if err := s.enter(i, b.End); err != nil {
			if b.End > at {
				return nil // what is before it first
			}
			return err
		}
		s.lines(batch, b, maxLine)
	}
	return nil
}

// find is the first batch that ends at or after the offset; there is one.
func (s *set) find(offset int64) int {
	i := 0
	if s.open >= 0 && s.batches[s.open].first <= offset {
		i = s.open
	}
	for s.batches[i].last < offset {
		i++
	}
	return i
}

// enter opens a batch so that the record at offset, or the next one, is next.
func (s *set) enter(i int, offset int64) error {
	if s.open == i && s.offset <= offset {
		return s.failure
	}
	s.open, s.offset = i, 0
	if s.buf == nil {
		s.buf, _ = unpacked.Get().(*[]byte)
	}
	if s.buf == nil {
		s.buf = new([]byte)
	}
	records, cut, err := s.batches[i].unpack(*s.buf)
	if s.batches[i].attributes()&compression != 0 && err == nil {
		*s.buf = records
	}
	s.rest, s.cut, s.failure = wire{rest: records}, cut, err
	return err
}

// lines reads on in the open batch until the block is full or the batch's end.
func (s *set) lines(in *batch, b *inputs.Block, maxLine int) {
	var r record
	for len(s.rest.rest) > 0 {
		if full(b) {
			return
		}
		if !r.next(&s.rest) {
			s.rest.rest = nil
			s.remainder(in, b)
			return
		}
		offset := in.first + r.offset
		s.offset = max(s.offset, offset+1) // offsets may go back in a bad batch
		if offset < b.End || offset > in.last {
			continue
		}
		var line inputs.Line
		start := len(b.Buf)
		b.Buf, line.Raw, line.Long = r.appendLine(b.Buf, maxLine, &s.sound)
		line.At.Stream, line.At.Offset, line.End = b.At.Stream, offset, offset+1
		line.Raw = b.Buf[start:len(b.Buf):len(b.Buf)]
		b.Lines = append(b.Lines, line)
		b.End = offset + 1
	}
	if s.cut {
		s.remainder(in, b) // the cut fell between two records
		return
	}
	b.End = in.last + 1
}

// remainder is one line for all that a batch has beyond what is unpacked, or
// beyond where its lengths are wrong. Behind the batch's last offset there is no
// place for one: no broker takes such a batch.
func (s *set) remainder(in *batch, b *inputs.Block) {
	s.offset = in.last + 1 // who is not there yet opens the batch anew, and gets the line too
	if b.End > in.last {
		return
	}
	line := inputs.Line{End: in.last + 1}
	if s.cut {
		line.Long = &inputs.Long{Length: largestBatch + 1}
	}
	line.At.Stream, line.At.Offset = b.At.Stream, b.End
	b.Lines = append(b.Lines, line)
	b.End = in.last + 1
}

package pipeline

import (
	"testing"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// unfilled is a lane whose other batch is with the ship, and a way to put chunks
// without an event into it.
func unfilled() (l *lane, put func(t *testing.T, stream uint64, end int64)) {
	l = newLane(taken(), Batch{}, 1)
	l.filling, l.other = l.other, nil
	who := &walker{source: &source{}, work: &work{}, reach: &reach{}}
	return l, func(t *testing.T, stream uint64, end int64) {
		c := &chunk{block: inputs.Block{At: checkpoint.Position{Stream: stream, Offset: end - 100}, End: end}}
		if err := l.put(t.Context(), who, c); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPositionsStayWithinTheirStreams: while a destination is away, what it does
// not get costs memory by the number of streams, not by how much comes.
func TestPositionsStayWithinTheirStreams(t *testing.T) {
	for _, streams := range []int{1, 2, 7, 300} {
		l, put := unfilled()
		turn := 0
		round := func() {
			turn++
			for i := range streams {
				put(t, uint64(1+(i+turn)%streams), int64(turn)*100)
			}
		}
		for range 1000 {
			round()
		}
		ends := l.filling.ends[0]
		if n := cap(ends); n > 4*max(streams, 16) {
			t.Errorf("%d streams: memory for %d positions", streams, n)
		}
		last := map[uint64]int64{}
		for _, end := range ends {
			last[end.Stream] = end.Offset
		}
		if len(last) != streams {
			t.Errorf("%d streams: positions of %d", streams, len(last))
		}
		for stream, offset := range last {
			if offset != int64(turn)*100 {
				t.Errorf("%d streams: number %d is at %d, want %d", streams, stream, offset, turn*100)
			}
		}
		// The chunk that put makes is the one allocation.
		if n := testing.AllocsPerRun(100, round); n > float64(streams) {
			t.Errorf("%d streams: %v allocations a round", streams, n)
		}
	}
}

// TestTheLastPositionOfAStreamCounts: also where it goes back, as after a
// partition was handed over.
func TestTheLastPositionOfAStreamCounts(t *testing.T) {
	l, put := unfilled()
	for i := range 1000 {
		put(t, uint64(1+i%3), int64(1+i)*100)
	}
	put(t, 2, 100)
	for range 1000 {
		put(t, 1, 500)
		put(t, 3, 600)
	}
	b, _, _ := l.take(time.Now().Add(time.Hour))
	last := map[uint64]int64{}
	for _, end := range b.ends[0] {
		last[end.Stream] = end.Offset
	}
	if last[1] != 500 || last[2] != 100 || last[3] != 600 {
		t.Errorf("positions %v", last)
	}
}

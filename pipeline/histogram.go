package pipeline

import (
	"slices"
	"time"
)

// Histogram counts values by size. Not for several goroutines.
type Histogram struct {
	Bounds []float64 // each the largest value of its count, rising
	Counts []int64   // one more than Bounds: the last is of what is larger
	Sum    float64
}

// The bounds: of records in a batch, and of seconds.
var (
	recordBounds = []float64{1, 10, 50, 100, 500, 1000, 5000, 10_000}
	secondBounds = []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
)

func newHistogram(bounds []float64) Histogram {
	return Histogram{Bounds: bounds, Counts: make([]int64, len(bounds)+1)}
}

func (h *Histogram) add(v float64) {
	i, _ := slices.BinarySearch(h.Bounds, v)
	h.Counts[i]++
	h.Sum += v
}

func (h *Histogram) took(d time.Duration) { h.add(d.Seconds()) }

func (h *Histogram) clone() Histogram {
	return Histogram{Bounds: h.Bounds, Counts: slices.Clone(h.Counts), Sum: h.Sum}
}

// Count is the number of values.
func (h *Histogram) Count() (n int64) {
	for _, c := range h.Counts {
		n += c
	}
	return n
}

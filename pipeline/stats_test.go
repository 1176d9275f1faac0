package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// TestHowAnOutputIs: while its destination is away an output says since when,
// how far it is behind and why; afterwards that all is well.
func TestHowAnOutputIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		x := newTest(t, in)
		x.Stats.ByAction = true
		var away atomic.Bool
		away.Store(true)
		a := &dest{answer: func(context.Context, []rec) error {
			<-time.After(20 * time.Millisecond)
			if away.Load() {
				return errors.New("connection refused")
			}
			return nil
		}}
		x.output("a", a, Batch{Events: 10})
		x.start()
		pass(time.Minute)
		now := func() OutputStats { return x.Stats.Snapshot().Outputs[0] }
		if s := now(); s.Behind != 0 || !s.Failing.IsZero() || s.Error != "" {
			t.Errorf("with nothing to do: %+v", s)
		}
		in.add(1, events(1, 0, 25))
		begin := time.Now()
		pass(time.Hour)
		s := now()
		if d := s.Behind - time.Since(begin); d < -time.Second || d > time.Second {
			t.Errorf("behind for %v after %v", s.Behind, time.Since(begin))
		}
		if s.Lag != int64(len(in.streams[0].text)) {
			t.Errorf("lag %d, want %d", s.Lag, len(in.streams[0].text))
		}
		in.add(1, events(1, 25, 5000)) // far more than waits in memory
		pass(time.Hour)
		if s := now(); s.Lag != int64(len(in.streams[0].text)) {
			t.Errorf("lag %d, want %d", s.Lag, len(in.streams[0].text))
		}
		if d := s.Failing.Sub(begin); d < 0 || d > time.Second || s.Error != "connection refused" || s.Retries == 0 {
			t.Errorf("%+v", s)
		}
		if s.Write.Count() != s.Retries && s.Write.Count() != s.Retries+1 || s.Batch.Count() != 0 {
			t.Errorf("attempts %d, retries %d, batches %d", s.Write.Count(), s.Retries, s.Batch.Count())
		}
		away.Store(false)
		pass(time.Hour)
		s = now()
		if s.Behind != 0 || s.Lag != 0 || !s.Failing.IsZero() || s.Error != "connection refused" {
			t.Errorf("afterwards: %+v", s)
		}
		if s.Batch.Count() != 503 || s.Batch.Sum != 5025 || s.Batch.Counts[1] != 503 {
			t.Errorf("batches %+v", s.Batch)
		}
		if s.Delivery.Count() != 503 || s.Delivery.Sum < 3600 {
			t.Errorf("delivery %+v", s.Delivery)
		}
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		got := x.Stats.Snapshot().Inputs[0]
		if want := []schema.Counted{{Schema: "https://example.org/taken", Version: "1", Events: 5025}}; !slices.Equal(got.Events, want) || got.Files != -1 {
			t.Errorf("%+v", got)
		}
	})
}

func TestHistogram(t *testing.T) {
	h := newHistogram([]float64{1, 10})
	for _, v := range []float64{0, 1, 1.5, 10, 11} {
		h.add(v)
	}
	if !slices.Equal(h.Counts, []int64{2, 2, 1}) || h.Sum != 23.5 || h.Count() != 5 {
		t.Errorf("%+v", h)
	}
}

func TestCountsOfEarlierRuns(t *testing.T) {
	got := sumUp([]schema.Counted{{Schema: "a", Version: "1", Action: "x", Events: 1}, {Schema: "b", Events: 5}},
		[]schema.Counted{{Schema: "a", Version: "1", Action: "y", Events: 2}, {Schema: "a", Version: "1", Action: "x", Events: 3}})
	want := []schema.Counted{{Schema: "a", Version: "1", Action: "x", Events: 4}, {Schema: "b", Events: 5}, {Schema: "a", Version: "1", Action: "y", Events: 2}}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// TestCountsOfForgottenStreamsGo: what a stream was counted to is remembered as
// long as the store has the stream, or every rotation would stay in memory.
func TestCountsOfForgottenStreamsGo(t *testing.T) {
	const all, kept = 100_000, 10
	s := &inputStats{}
	s.start(nil, func(stream uint64) bool { return stream <= kept })
	for id := range uint64(all) {
		s.count(&chunk{block: inputs.Block{At: checkpoint.Position{Stream: id + 1}, End: 10}})
	}
	if len(s.done) > 2000 {
		t.Errorf("%d streams are remembered, of which %d are there", len(s.done), kept)
	}
	for id := range uint64(kept) {
		if s.done[id+1] != 10 {
			t.Errorf("stream %d would be counted again", id+1)
		}
	}
}

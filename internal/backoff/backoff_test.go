package backoff

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

func TestNextDoublesUpToMax(t *testing.T) {
	b := Backoff{First: 200 * time.Millisecond, Max: 3 * time.Second}
	for row := range 2 {
		for i, step := range []time.Duration{200, 400, 800, 1600, 3000, 3000, 3000} {
			step *= time.Millisecond
			if d := b.Next(); d < step/2 || d > step {
				t.Errorf("row %d, wait %d: %v, want %v to %v", row, i, d, step/2, step)
			}
		}
		b.Reset()
	}
}

func TestNextHasJitter(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 20 {
		b := Backoff{First: time.Second, Max: time.Minute}
		seen[b.Next()] = true
	}
	if len(seen) < 10 {
		t.Errorf("20 first waits took only %d lengths", len(seen))
	}
}

func TestNextOutOfBounds(t *testing.T) {
	for _, b := range []Backoff{
		{},
		{First: -1, Max: -1},
		{First: time.Hour, Max: time.Second},
		{First: 1, Max: math.MaxInt64 / 4},
	} {
		first, top := max(b.First, time.Millisecond), max(b.First, b.Max, time.Millisecond)
		for range 100 {
			if d := b.Next(); d < min(first, top)/2 || d > top {
				t.Fatalf("%+v: %v, want at most %v", b, d, top)
			}
		}
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := Backoff{First: time.Second, Max: time.Second}
		start := time.Now()
		if err := b.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d < time.Second/2 || d > time.Second {
			t.Errorf("waited %v", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		start = time.Now()
		if err := b.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a wait whose context ended: %v", err)
		}
		if d := time.Since(start); d != 10*time.Millisecond {
			t.Errorf("it took %v", d)
		}
	})
}

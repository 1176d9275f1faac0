package kafka

import (
	"context"
	"testing"
)

// TestABatchThatCannotBeReadHoldsUpNoOther: another partition is read meanwhile,
// however often the bad one is tried.
func TestABatchThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	s := newStandin(t)
	s.topic("a", 2)
	s.append("a", 0, 0, 10)
	s.mu.Lock()
	bad := s.topics["a"][0].batches[0].bytes
	bad[22] |= compression // a codec that there is none of
	reseal(bad)
	s.mu.Unlock()
	s.append("a", 1, 10, 10)
	a := open(t, t.TempDir(), s.config("a"), false)
	one := a.consumer("one")
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	for _, n := range []int{10, 20} {
		for turns := 0; len(one.lines) < n; turns++ {
			if err := one.turn(ctx); err == nil {
				turns = 0
			} else if turns > 20 {
				t.Fatalf("%d lines, and then only: %v", len(one.lines), err)
			}
		}
		for failed := false; !failed; { // it is tried last
			failed = one.turn(ctx) != nil
		}
		s.append("a", 1, 10+n, 10)
	}
	if n := one.numbers(); n[0] != 10 {
		t.Errorf("got %v", n)
	}
	a.close(one)
}

// TestFromTheEndOverAStart: where it has begun at the end and nothing came, what
// comes while no agent runs is not skipped.
func TestFromTheEndOverAStart(t *testing.T) {
	for name, crash := range map[string]bool{"a stop": false, "a crash": true} {
		t.Run(name, func(t *testing.T) {
			s := newStandin(t)
			s.topic("a", 1)
			s.append("a", 0, 1000, 10)
			c := s.config("a")
			c.StartAt = "end"
			dir := t.TempDir()
			a := open(t, dir, c, false)
			one := a.consumer("one")
			short, cancel := context.WithCancel(t.Context())
			go func() {
				eventually(t, "the group knows where it begins", func() bool { return !crash || s.offset(groupOne, "a").offset == 10 })
				eventually(t, "it has its share", func() bool { return len(*one.share()) == 1 })
				cancel()
			}()
			_, _ = one.reader.Next(short)
			a.close(one)
			s.append("a", 0, 0, 10)
			a = open(t, dir, c, false)
			one = a.consumer("one")
			one.until(10)
			count(t, one.numbers(), 10)
			a.close(one)
		})
	}
}

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/outputs"
)

func TestRetryWaitsLongerAndLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.add(1, events(1, 0, 3))
		x := newTest(t, in)
		var up atomic.Bool
		a := &dest{answer: func(context.Context, []rec) error {
			if up.Load() {
				return nil
			}
			return errDown
		}}
		x.output("a", a, Batch{})
		x.start()
		pass(time.Hour)
		step, times := 200*time.Millisecond, a.wrote()
		for i := 1; i < len(times); i++ {
			if d := times[i].Sub(times[i-1]); d < step/2 || d > step {
				t.Fatalf("wait %d: %v, want %v to %v", i, d, step/2, step)
			}
			step = min(2*step, 30*time.Second)
		}
		if n := len(times); n < 3600/30 || n > 3600/15+10 {
			t.Errorf("%d attempts in an hour", n)
		}
		up.Store(true)
		pass(time.Minute)
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		want(t, "a", a.taken(), 1, 3)
		log := x.log.String()
		if n := strings.Count(log, "cannot deliver"); n < 5 || n > 9 || !strings.Contains(log, "over: cannot deliver") {
			t.Errorf("an hour of failure is said %d times; want its begin, now and then, its end:\n%s", n, log)
		}
		if out := x.Stats.Snapshot().Outputs[0]; out.Retries != int64(len(a.times)-1) || out.Records != 3 {
			t.Errorf("counted %+v", out)
		}
	})
}

// TestWhoHasToAct: that a destination refuses the agent is said once, at once,
// also where it was away before; then rarely, and when it is over.
func TestWhoHasToAct(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.add(1, events(1, 0, 3))
		x := newTest(t, in)
		var answer atomic.Value
		say := func(err error) { answer.Store(&err) }
		say(errDown)
		a := &dest{answer: func(context.Context, []rec) error { return *answer.Load().(*error) }}
		x.output("a", a, Batch{})
		x.start()
		pass(10 * time.Second)
		say(outputs.Refused(errors.New("wrong password: see password_file")))
		pass(20 * time.Second)
		say(errDown)
		pass(10 * time.Second)
		say(outputs.Refused(errors.New("wrong password: see password_file")))
		pass(30 * time.Second)
		log := x.log.String()
		if strings.Count(log, "cannot deliver") != 2 || strings.Count(log, "level=WARN") != 1 ||
			strings.Count(log, `level=ERROR msg="cannot deliver until somebody acts; nothing is lost; trying again" output=a error="wrong password: see password_file"`) != 1 {
			t.Errorf("after 70 seconds:\n%s", log)
		}
		if n := len(a.wrote()); n < 8 {
			t.Errorf("%d attempts", n)
		}
		say(nil)
		pass(time.Minute)
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		want(t, "a", a.taken(), 1, 3)
		if log := x.log.String(); strings.Count(log, "over: cannot deliver") != 1 {
			t.Errorf("the end is not said:\n%s", log)
		}
	})
}

func TestAnswers(t *testing.T) {
	partial := func(retry []int, rejected ...int) error {
		e := &outputs.PartialError{Retry: retry, Err: errDown}
		for _, i := range rejected {
			e.Rejected = append(e.Rejected, outputs.Rejection{Index: i, Class: "mapper_parsing"})
		}
		return e
	}
	for name, c := range map[string]struct {
		answers  []error // then nil
		batches  [][]int // what each Write was given
		rejected map[string]int64
		records  int64
	}{
		"all taken":     {batches: [][]int{{0, 1, 2, 3, 4}}, records: 5},
		"some again":    {answers: []error{partial([]int{1, 3})}, batches: [][]int{{0, 1, 2, 3, 4}, {1, 3}}, records: 5},
		"some rejected": {answers: []error{partial(nil, 4, 0)}, batches: [][]int{{0, 1, 2, 3, 4}}, records: 3, rejected: map[string]int64{"mapper_parsing": 2}},
		"both, twice": {
			answers: []error{partial([]int{1, 2, 4}, 0), partial([]int{0}, 2)},
			batches: [][]int{{0, 1, 2, 3, 4}, {1, 2, 4}, {1}}, records: 3, rejected: map[string]int64{"mapper_parsing": 2},
		},
		"too large": {
			answers: []error{outputs.ErrTooLarge, nil, fmt.Errorf("413: %w", outputs.ErrTooLarge)},
			batches: [][]int{{0, 1, 2, 3, 4}, {0, 1}, {2, 3, 4}, {2}, {3, 4}}, records: 5,
		},
		"one too large": {
			answers: []error{outputs.ErrTooLarge, outputs.ErrTooLarge, outputs.ErrTooLarge},
			batches: [][]int{{0, 1, 2, 3, 4}, {0, 1}, {0}, {1}, {2, 3, 4}}, records: 4, rejected: map[string]int64{classTooLarge: 1},
		},
		"a half fails": {
			answers: []error{outputs.ErrTooLarge, errDown, nil, partial([]int{2})},
			batches: [][]int{{0, 1, 2, 3, 4}, {0, 1}, {0, 1}, {2, 3, 4}, {4}}, records: 5,
		},
		"permanent":      {answers: []error{outputs.Permanent(errors.New("400"))}, batches: [][]int{{0, 1, 2, 3, 4}}, rejected: map[string]int64{classPermanent: 5}},
		"makes no sense": {answers: []error{partial([]int{3, 1}), partial([]int{5}), partial(nil, -1)}, batches: [][]int{{0, 1, 2, 3, 4}, {0, 1, 2, 3, 4}, {0, 1, 2, 3, 4}, {0, 1, 2, 3, 4}}, records: 5},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := newFeed(t, "hub")
				in.once = true
				in.add(1, events(1, 0, 5))
				x := newTest(t, in)
				var batches [][]int
				answers := c.answers
				a := &dest{answer: func(_ context.Context, batch []rec) error {
					var numbers []int
					for _, r := range batch {
						numbers = append(numbers, r.N)
					}
					batches = append(batches, numbers)
					if len(answers) == 0 {
						return nil
					}
					err := answers[0]
					answers = answers[1:]
					return err
				}}
				x.output("a", a, Batch{})
				x.start()
				if err := x.end(); err != nil {
					t.Fatal(err)
				}
				if !slices.EqualFunc(batches, c.batches, slices.Equal) {
					t.Errorf("written: %v, want %v", batches, c.batches)
				}
				out := x.Stats.Snapshot().Outputs[0]
				if fmt.Sprint(out.Rejected) != fmt.Sprint(c.rejected) || out.Records != c.records {
					t.Errorf("counted %d records, rejected %v; want %d and %v", out.Records, out.Rejected, c.records, c.rejected)
				}
				if at := x.Outputs[0].Cursor.Offset(in.streams[0].id); at != int64(len(in.streams[0].text)) {
					t.Errorf("committed %d of %d", at, len(in.streams[0].text))
				}
			})
		})
	}
}

// TestPositionsAreWhatWasDelivered has destinations answer at random and runs
// stopped at random, and checks the promise at every commit.
func TestPositionsAreWhatWasDelivered(t *testing.T) {
	for seed := range uint64(25) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { deliverAtRandom(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

func deliverAtRandom(t *testing.T, random *rand.Rand) {
	const streams, count = 3, 200
	ins := []*feed{newFeed(t, "hub"), newFeed(t, "user")}
	done := map[string]map[rec]bool{}  // by output: delivered or rejected
	ends := map[string]map[int64]int{} // by feed and stream: the number of the line that ends there
	var mu sync.Mutex                  // of what the answers and commits of several outputs share
	errs := 0
	outs := []*dest{{}, {}, {}}
	names := []string{"a", "b", "c"}
	for i, d := range outs {
		done[names[i]] = map[rec]bool{}
		d.answer = func(_ context.Context, batch []rec) error {
			mu.Lock()
			defer mu.Unlock()
			last := map[uint64]int{}
			for _, r := range batch {
				if n, ok := last[r.Stream]; ok && n >= r.N {
					t.Errorf("%s: stream %d: %d comes after %d", names[i], r.Stream, r.N, n)
				}
				last[r.Stream] = r.N
			}
			err := randomAnswer(random, len(batch))
			left := map[int]bool{}
			var p *outputs.PartialError
			switch {
			case errors.As(err, &p):
				errs++
				for _, i := range p.Retry {
					left[i] = true
				}
			case err != nil && !outputs.IsPermanent(err) && !(errors.Is(err, outputs.ErrTooLarge) && len(batch) == 1):
				errs++
				return err
			}
			for k, r := range batch {
				if !left[k] {
					done[names[i]][r] = true
				}
			}
			if random.IntN(4) == 0 {
				pause := time.Duration(random.IntN(300)) * time.Millisecond
				mu.Unlock()
				<-time.After(pause)
				mu.Lock()
			}
			return err
		}
	}
	committed := map[string]int64{}
	key := func(feed int, id uint64) string { return fmt.Sprint(feed, id) }
	for i, f := range ins {
		f.block = 200 + random.IntN(4000)
		f.commit = func(consumer string, end checkpoint.Position) {
			mu.Lock()
			defer mu.Unlock()
			k := key(i, end.Stream)
			if end.Offset < committed[consumer+k] {
				t.Errorf("%s goes back from %d to %d", consumer, committed[consumer+k], end.Offset)
			}
			committed[consumer+k] = end.Offset
			for off, n := range ends[k] {
				no := f.number(end.Stream)
				if off <= end.Offset && !done[consumer][rec{no, n}] {
					t.Errorf("%s: record %d of stream %d is committed and not delivered", consumer, n, no)
				}
			}
		}
	}
	x := newTest(t, ins...)
	written := map[int][streams]int{}
	for run := 0; ; run++ {
		last := run == 4
		for i, name := range names {
			x.output(name, outs[i], Batch{Events: 1 + random.IntN(60), Age: time.Duration(random.IntN(3)) * 50 * time.Millisecond})
		}
		for i, f := range ins {
			f.once = last
			to := written[i]
			for s := range streams {
				for n := to[s]; n < count && (last || random.IntN(60) > 0); n++ {
					no := uint64(i*10 + s + 1)
					f.add(no, event("taken", no, n, strings.Repeat("x", random.IntN(30)))+[]string{"", "", "bad\n"}[random.IntN(3)])
					tape := f.stream(no)
					k := key(i, tape.id)
					if ends[k] == nil {
						ends[k] = map[int64]int{}
					}
					ends[k][int64(strings.LastIndex(string(tape.text), "}"))+2] = n
					to[s] = n + 1
				}
			}
			written[i] = to
		}
		pause := time.Duration(random.IntN(2000)) * time.Millisecond
		x.start()
		if last {
			if err := x.end(); err != nil {
				t.Fatal(err)
			}
			break
		}
		pass(pause)
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		x.reopen(ins...)
	}
	for _, name := range names {
		if n := len(done[name]); n != len(ins)*streams*count {
			t.Errorf("%s: %d records delivered or rejected, want %d", name, n, len(ins)*streams*count)
		}
	}
	if errs == 0 {
		t.Error("nothing ever failed: the test tests nothing")
	}
}

func randomAnswer(random *rand.Rand, n int) error {
	switch random.IntN(12) {
	case 0:
		return errDown
	case 1:
		return outputs.ErrTooLarge
	case 2:
		if random.IntN(6) == 0 {
			return outputs.Permanent(errDown)
		}
		return errDown
	case 3, 4:
		p := &outputs.PartialError{Err: errDown}
		if random.IntN(2) == 0 {
			p.Err = outputs.Unclear(errDown)
		}
		for i := range n {
			switch random.IntN(8) {
			case 0:
				p.Retry = append(p.Retry, i)
			case 1:
				p.Rejected = append(p.Rejected, outputs.Rejection{Index: i, Class: "x"})
			}
		}
		return p
	case 5:
		return outputs.Unclear(errDown)
	}
	return nil
}

package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// bin is a store of rejected records in memory, whose state is how many
// it holds.
type bin struct {
	mu     sync.Mutex
	kept   []string // class and number of the record
	fail   func() error
	broken error // of Sync
}

func (b *bin) Put(r *filters.Record, class string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		if err := b.fail(); err != nil {
			return err
		}
	}
	var got rec
	if err := json.Unmarshal(r.JSON(), &got); err != nil {
		return err
	}
	b.kept = append(b.kept, fmt.Sprint(class, " ", got.N))
	return nil
}

func (b *bin) Sync() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return []byte(strconv.Itoa(len(b.kept))), b.broken
}

func (b *bin) Folder() string { return "/kept" }

func (b *bin) holds() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.kept)
}

func reject(class string, indices ...int) error {
	e := &outputs.PartialError{}
	for _, i := range indices {
		e.Rejected = append(e.Rejected, outputs.Rejection{Index: i, Class: class})
	}
	return e
}

func TestRejectedRecordsAreKept(t *testing.T) {
	for name, c := range map[string]struct {
		answers []error // then nil
		kept    []string
		records int64
	}{
		"none":                {records: 5},
		"some":                {answers: []error{reject("mapping", 1, 3)}, kept: []string{"mapping 1", "mapping 3"}, records: 3},
		"one too large":       {answers: []error{outputs.ErrTooLarge, outputs.ErrTooLarge, outputs.ErrTooLarge}, kept: []string{"too_large 0"}, records: 4},
		"the batch":           {answers: []error{outputs.Permanent(errors.New("400"))}, kept: []string{"permanent 0", "permanent 1", "permanent 2", "permanent 3", "permanent 4"}},
		"a half of the batch": {answers: []error{outputs.ErrTooLarge, outputs.Permanent(errors.New("400"))}, kept: []string{"permanent 0", "permanent 1"}, records: 3},
		"some, others again": {
			answers: []error{&outputs.PartialError{Retry: []int{1, 4}, Err: errDown, Rejected: []outputs.Rejection{{Index: 2, Class: "a"}}}, reject("b", 1)},
			kept:    []string{"a 2", "b 4"}, records: 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := newFeed(t, "hub")
				in.once = true
				in.add(1, events(1, 0, 5))
				x := newTest(t, in)
				answers := c.answers
				x.output("a", &dest{answer: func(context.Context, []rec) error {
					if len(answers) == 0 {
						return nil
					}
					err := answers[0]
					answers = answers[1:]
					return err
				}}, Batch{})
				kept := &bin{}
				x.Outputs[0].Rejected = kept
				x.start()
				if err := x.end(); err != nil {
					t.Fatal(err)
				}
				if got := kept.holds(); !slices.Equal(got, c.kept) {
					t.Errorf("kept %q, want %q", got, c.kept)
				}
				out := x.Stats.Snapshot().Outputs[0]
				if out.Records != c.records || out.RejectedSum() != int64(len(c.kept)) {
					t.Errorf("counted %+v", out)
				}
				if log := x.log.String(); (len(c.kept) > 0) != strings.Contains(log, "kept=/kept") {
					t.Errorf("the log:\n%s", log)
				}
			})
		})
	}
}

// TestARejectionIsSaidOnce: the first answer with records of a class is logged,
// with how many there are of each, and by whom.
func TestARejectionIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.once = true
		in.add(1, events(1, 0, 10))
		x := newTest(t, in)
		x.output("a", &dest{answer: func(_ context.Context, batch []rec) error {
			return &outputs.PartialError{By: "es:9200, status 400", Rejected: []outputs.Rejection{{Index: 0, Class: "old"}, {Index: 1, Class: "mapping"}, {Index: 4, Class: "old"}}}
		}}, Batch{Events: 5})
		x.start()
		if err := x.end(); err != nil {
			t.Fatal(err)
		}
		log := x.log.String()
		for _, said := range []string{"class=old records=2 ", "class=mapping records=1 "} {
			said += `error="0 records to send again, 3 rejected (1 mapping, 2 old) by es:9200, status 400"`
			if strings.Count(log, said) != 1 {
				t.Errorf("want once %q in the log:\n%s", said, log)
			}
		}
		if out := x.Stats.Snapshot().Outputs[0]; out.Rejected["old"] != 4 || out.Rejected["mapping"] != 2 {
			t.Errorf("counted %v", out.Rejected)
		}
	})
}

// TestKeptBeforeCommitted looks at every commit into the state folder as a
// crash would leave it: what is rejected before that place is durable.
func TestKeptBeforeCommitted(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { keepAtRandom(t, rand.New(rand.NewPCG(seed, 2))) })
		})
	}
}

func keepAtRandom(t *testing.T, random *rand.Rand) {
	const count = 300
	in := newFeed(t, "hub")
	in.once = true
	ends := map[int64]int{} // the number of the line that ends there
	for n := range count {
		in.add(1, event("taken", 1, n, strings.Repeat("x", random.IntN(50))))
		ends[int64(len(in.stream(1).text))] = n
	}
	x := newTest(t, in)
	refused := map[int]bool{}
	kept := &bin{}
	trouble := 0
	kept.fail = func() error {
		if random.IntN(5) == 0 {
			trouble++
			return errDown
		}
		return nil
	}
	x.output("a", &dest{answer: func(_ context.Context, batch []rec) error {
		e := &outputs.PartialError{}
		for i, r := range batch {
			if random.IntN(8) == 0 {
				e.Rejected = append(e.Rejected, outputs.Rejection{Index: i, Class: "x"})
				refused[r.N] = true
			}
		}
		if len(e.Rejected) == 0 {
			return nil
		}
		return e
	}}, Batch{Events: 1 + random.IntN(40)})
	x.Outputs[0].Rejected = kept
	in.commit = func(_ string, end checkpoint.Position) {
		crashed, err := checkpoint.Read(x.dir)
		if err != nil {
			t.Error(err)
			return
		}
		defer crashed.Close()
		cursor, err := crashed.Cursor(RejectedCursor("a"))
		if err != nil {
			t.Error(err)
			return
		}
		durable, err := strconv.Atoi(string(cursor.State()))
		if err != nil {
			t.Errorf("the state is %q", cursor.State())
		}
		there := map[string]bool{}
		for _, line := range kept.holds()[:durable] {
			there[line] = true
		}
		for n := range ends[end.Offset] + 1 {
			if refused[n] && !there[fmt.Sprint("x ", n)] {
				t.Errorf("record %d is rejected, committed and not durable", n)
			}
		}
	}
	x.start()
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	if len(refused) == 0 || trouble == 0 || len(kept.holds()) != len(refused) {
		t.Errorf("%d records refused, %d kept, %d failures to keep one", len(refused), len(kept.holds()), trouble)
	}
}

// TestAStoreThatCannotBeWritten keeps its output waiting, and nobody else.
func TestAStoreThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.add(1, events(1, 0, 5))
		x := newTest(t, in)
		full := true
		kept := &bin{fail: func() error {
			if full {
				return errors.New("no space left on device")
			}
			return nil
		}}
		first := true
		a, b := &dest{}, &dest{}
		a.answer = func(_ context.Context, batch []rec) error {
			if first {
				first = false
				return reject("x", 1)
			}
			return nil
		}
		x.output("a", a, Batch{})
		x.output("b", b, Batch{})
		x.Outputs[0].Rejected = kept
		x.start()
		pass(time.Minute)
		in.add(1, events(1, 5, 5))
		pass(time.Minute)
		if n := len(a.wrote()); n != 1 {
			t.Errorf("%d batches were written while a rejected record could not be kept", n)
		}
		if x.Outputs[0].Cursor.Offset(in.streams[0].id) != 0 {
			t.Error("a batch was committed whose rejected record is not kept")
		}
		want(t, "b", b.taken(), 1, 10)
		kept.mu.Lock()
		full = false
		kept.mu.Unlock()
		pass(time.Minute)
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		if n := len(a.taken()); n != 9 || !slices.Equal(kept.holds(), []string{"x 1"}) {
			t.Errorf("%d records delivered, kept %q", n, kept.holds())
		}
		log := x.log.String()
		if !strings.Contains(log, "cannot keep a rejected record, so the output waits") || !strings.Contains(log, "over: cannot keep") {
			t.Errorf("the log does not say so:\n%s", log)
		}
	})
}

// TestAStoreThatIsBroken: after a failed Sync only a restart helps, and that
// finds the batch not committed.
func TestAStoreThatIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newFeed(t, "hub")
		in.once = true
		in.add(1, events(1, 0, 5))
		x := newTest(t, in)
		kept := &bin{}
		x.output("a", &dest{answer: func(context.Context, []rec) error {
			kept.mu.Lock()
			kept.broken = errors.New("input/output error")
			kept.mu.Unlock()
			return reject("x", 0)
		}}, Batch{})
		x.Outputs[0].Rejected = kept
		x.start()
		if err := x.end(); err == nil || !strings.Contains(err.Error(), "the rejected records of output a: make durable") {
			t.Errorf("Run: %v", err)
		}
		if x.Outputs[0].Cursor.Offset(in.streams[0].id) != 0 {
			t.Error("committed all the same")
		}
	})
}

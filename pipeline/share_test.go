package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// rig is a window over a feed, without a run.
type rig struct {
	*window
	feed   *feed
	source *source
}

func newRig(t testing.TB, limit int64) *rig {
	f := newFeed(t, "hub")
	checker, err := registry().Checker(schema.Rules{Source: f.source()})
	if err != nil {
		t.Fatal(err)
	}
	return &rig{newWindow(limit), f, &source{checker: checker, stats: &inputStats{}}}
}

func (r *rig) walkers(n int) (all []*walker) {
	for range n {
		all = append(all, r.source.walker(&reach{}, &work{}))
	}
	return all
}

func (r *rig) add(stream uint64, text string) {
	r.feed.add(stream, text)
	r.feed.stream(stream).id = stream
}

func (r *rig) place(stream uint64, offset int64) inputs.Place {
	return inputs.Place{At: checkpoint.Position{Stream: stream, Offset: offset}, From: r.feed.stream(stream)}
}

// walk takes every chunk of a stream as one consumer does, and counts the events.
func (r *rig) walk(t testing.TB, who *walker, stream uint64, each func()) int {
	n := 0
	for off := int64(0); ; {
		c, err := r.get(t.Context(), who, r.place(stream, off))
		if errors.Is(err, inputs.ErrNothing) {
			return n
		}
		if err != nil {
			t.Error(err)
			return n
		}
		n += len(c.events)
		off = c.block.End
		if each != nil {
			each()
		}
		r.release(c)
	}
}

func TestOneReadForManyConsumers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, windowBytes)
		r.add(1, events(1, 0, 5000)+"bad\n")
		chunks := 0
		r.walk(t, r.source.walker(&reach{}, &work{}), 1, func() { chunks++ })
		before := r.feed.reads.Load()
		if before != int64(chunks)+1 {
			t.Fatalf("%d reads for %d chunks", before, chunks)
		}
		r2 := newRig(t, windowBytes)
		r2.add(1, events(1, 0, 5000)+"bad\n")
		var all sync.WaitGroup
		for consumer, who := range r2.walkers(5) {
			all.Go(func() {
				if n := r2.walk(t, who, 1, nil); n != 5000 {
					t.Errorf("consumer %d: %d events", consumer, n)
				}
			})
		}
		all.Wait()
		if n := r2.reads; n < int64(chunks) || n > int64(chunks)+5 { // each one's last finds nothing
			t.Errorf("%d reads of %d chunks by five consumers", n, chunks)
		}
		if s := r2.source.stats.snapshot(); s.Lines != 5001 || s.FaultSum() != 1 {
			t.Errorf("counted %d lines, %v", s.Lines, s.Faults)
		}
	})
}

// slowBlocks is a stream whose reads wait for a word.
type slowBlocks struct {
	inputs.Blocks
	word chan error
}

func (s *slowBlocks) Read(ctx context.Context, at checkpoint.Position, b *inputs.Block) error {
	select {
	case err := <-s.word:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.Blocks.Read(ctx, at, b)
}

func TestAReadThatFailsFailsForItsOwnOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, windowBytes)
		r.add(1, events(1, 0, 10))
		slow := &slowBlocks{r.feed.stream(1), make(chan error)}
		place := inputs.Place{At: checkpoint.Position{Stream: 1}, From: slow}
		errs := make([]error, 3)
		ctx, cancel := context.WithCancel(t.Context())
		waiting, leave := context.WithCancel(t.Context())
		defer leave()
		var all sync.WaitGroup
		walkers := r.walkers(3)
		for i, c := range []context.Context{ctx, t.Context(), waiting} {
			all.Go(func() {
				chunk, err := r.get(c, walkers[i], place)
				errs[i] = err
				if err == nil {
					r.release(chunk)
				}
			})
			synctest.Wait() // the first reads, the others wait for it
		}
		leave()
		synctest.Wait()
		if !errors.Is(errs[2], context.Canceled) {
			t.Errorf("one that left while it waited: %v", errs[2])
		}
		cancel() // the reader leaves: the other reads for itself
		synctest.Wait()
		slow.word <- nil
		all.Wait()
		if !errors.Is(errs[0], context.Canceled) || errs[1] != nil {
			t.Errorf("errors %v", errs)
		}
	})
}

func TestWindowStaysWithinItsLimit(t *testing.T) {
	r := newRig(t, 1<<20)
	r.feed.block = 64 << 10
	r.add(1, events(1, 0, 20000))
	most := int64(0)
	r.walk(t, r.source.walker(&reach{}, &work{}), 1, func() { most = max(most, r.size) })
	if most > 1<<20+1<<19 {
		t.Errorf("the window took %d bytes, limit %d", most, r.limit)
	}
	var real int64
	for _, c := range r.chunks {
		real += c.bytes()
	}
	for _, class := range r.spare {
		for _, c := range class {
			real += c.bytes()
		}
	}
	if real != r.size {
		t.Errorf("the window counts %d bytes, its chunks have %d", r.size, real)
	}
	// What fell out is read again.
	before := r.reads
	if n := r.walk(t, r.source.walker(&reach{}, &work{}), 1, nil); n != 20000 {
		t.Errorf("%d events the second time", n)
	}
	if r.reads == before {
		t.Error("nothing fell out of the window")
	}
}

func TestChunksAreUsedAgain(t *testing.T) {
	r := newRig(t, 1<<20)
	r.feed.block = 64 << 10
	for n := range 300 {
		r.add(1, event("taken", 1, n, strings.Repeat("x", 20000)))
	}
	who, chunks := r.source.walker(&reach{}, &work{}), uint64(0)
	r.walk(t, who, 1, nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r.walk(t, who, 1, func() { chunks++ })
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) / chunks; n > 4<<10 {
		t.Errorf("%d bytes allocated for a chunk of 60 KB", n)
	}
}

// TestAThousandFilesInStep: the hits of four outputs that follow 1,000 files.
func TestAThousandFilesInStep(t *testing.T) {
	// In a bubble nobody is out of step because the machine has other work.
	synctest.Test(t, thousandFiles)
}

func thousandFiles(t *testing.T) {
	const files, outputs = 1000, 4
	r := newRig(t, windowBytes)
	for f := range files {
		r.add(uint64(f+1), events(uint64(f+1), 0, 40))
	}
	r.feed.block = 700 // four events
	var all sync.WaitGroup
	for _, who := range r.walkers(outputs) {
		all.Go(func() {
			at := make([]int64, files)
			for left := files; left > 0; {
				left = 0
				for f := range files {
					if at[f] == int64(len(r.feed.streams[f].text)) {
						continue
					}
					left++
					c, err := r.get(t.Context(), who, r.place(uint64(f+1), at[f]))
					if err != nil {
						t.Error(err)
						return
					}
					at[f] = c.block.End
					r.release(c)
				}
			}
		})
	}
	all.Wait()
	chunks := int64(files * 10)
	if r.reads+r.hits != outputs*chunks {
		t.Fatalf("%d reads and %d hits for %d chunks", r.reads, r.hits, chunks)
	}
	if twice := r.reads - chunks; twice > outputs*chunks/100 {
		t.Errorf("%d of %d chunks were read more than once: less than 99 %% hits", twice, chunks)
	}
}

func TestWhoLagsIsWaitedForOnlyShortly(t *testing.T) {
	const credit = 7 * time.Millisecond
	t.Run("a slow destination", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { lag(t, true, 0, credit, credit, credit) })
	})
	t.Run("a destination that is away", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { lag(t, true, lively+1, credit, 0, 0) })
	})
	t.Run("no processor", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { lag(t, false, 0, 0, lively, lively+2*slice) })
	})
	t.Run("at its end", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, 1<<20)
			r.feed.block = 64 << 10
			r.add(1, events(1, 0, 20000))
			first, ended := r.source.walker(&reach{}, &work{}), r.source.walker(&reach{}, &work{})
			chunks, start := 0, time.Now()
			r.walk(t, first, 1, func() {
				if chunks++; chunks == 2 {
					r.quit(ended)
				}
			})
			if d := time.Since(start); d != 0 {
				t.Errorf("waited %v for one that takes nothing any more", d)
			}
		})
	})
}

func TestAChunkStaysAsItIsWhileItIsHeld(t *testing.T) {
	r := newRig(t, 1<<20)
	r.feed.block = 64 << 10
	r.add(1, events(1, 0, 20000))
	first, slow := r.source.walker(&reach{}, &work{}), r.source.walker(&reach{}, &work{})
	c, err := r.get(t.Context(), first, r.place(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	r.release(c)
	if c, err = r.get(t.Context(), slow, r.place(1, 0)); err != nil {
		t.Fatal(err)
	}
	before := string(c.events[0].Raw()) + string(c.events[len(c.events)-1].Raw())
	for range 2 {
		r.walk(t, first, 1, nil)
	}
	if len(c.events) == 0 || string(c.events[0].Raw())+string(c.events[len(c.events)-1].Raw()) != before || c.block.At.Offset != 0 {
		t.Error("a chunk changed while it was held")
	}
	r.release(c)
}

// lag has one consumer walk while another, in step with it, does not come, whose
// delivery began since ago.
func lag(t *testing.T, parked bool, since, credit, least, most time.Duration) {
	r := newRig(t, 1<<20)
	r.feed.block = 64 << 10
	r.add(1, events(1, 0, 20000))
	first, late := r.source.walker(&reach{}, &work{}), r.source.walker(&reach{}, &work{})
	late.parked.Store(parked)
	late.reach.begin()
	<-time.After(since)
	r.source.credit = credit // in a bubble checking takes no time and earns nothing
	start := time.Now()
	if n := r.walk(t, first, 1, nil); n != 20000 {
		t.Errorf("%d events", n)
	}
	if d := time.Since(start); d < least || d > most {
		t.Errorf("waited %v in all, want %v to %v", d, least, most)
	}
	if r.source.inStep.has(late.no) {
		t.Error("the one that does not come is still in step")
	}
	// Once it comes to where the other is, they are in step again.
	r.add(1, events(1, 20000, 1))
	last := int64(len(r.feed.streams[0].text) - len(events(1, 20000, 1)))
	for _, who := range []*walker{first, late} {
		c, err := r.get(t.Context(), who, r.place(1, last))
		if err != nil {
			t.Fatal(err)
		}
		r.release(c)
	}
	if !r.source.inStep.has(late.no) {
		t.Error("back, and not in step")
	}
}

func TestChunksOfAllSizes(t *testing.T) {
	r := newRig(t, windowBytes)
	var text strings.Builder
	for i, pad := range []int{10, 3000, 10, 50000, 200000, 10, 700000} {
		text.WriteString(event("taken", 1, i, strings.Repeat("x", pad)))
	}
	r.add(1, text.String())
	r.feed.block = 1
	for consumer := range 2 {
		who := r.source.walker(&reach{}, &work{})
		var got []string
		for off := int64(0); off < int64(text.Len()); {
			c, err := r.get(t.Context(), who, r.place(1, off))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(c.events[0].Raw())+"\n")
			off = c.block.End
			r.release(c)
		}
		if strings.Join(got, "") != text.String() {
			t.Errorf("consumer %d got other lines", consumer)
		}
	}
	if r.reads != 7 || r.hits != 7 {
		t.Errorf("%d reads and %d hits of 7 chunks", r.reads, r.hits)
	}
	if s := fmt.Sprint(r.source.stats.snapshot().Bytes); s != fmt.Sprint(text.Len()) {
		t.Errorf("counted %s bytes of %d", s, text.Len())
	}
}

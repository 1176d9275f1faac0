package pipeline

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// What a Batch that leaves a limit out is given, and what none may exceed: a
// Record counts its bytes with 32 bits.
const (
	defaultEvents = 1000
	defaultBytes  = 5 << 20
	maxBytes      = 1 << 30
)

func (l Batch) limits() Batch {
	if l.Events <= 0 {
		l.Events = defaultEvents
	}
	if l.Bytes <= 0 {
		l.Bytes = defaultBytes
	}
	l.Bytes = min(l.Bytes, maxBytes)
	return l
}

// batch is records on their way out, with how far each input's streams are
// once all of them are delivered.
type batch struct {
	arena   filters.Arena
	records []filters.Record
	bytes   int64
	ends    [][]checkpoint.Position // by input; a stream may come more than once, the last counts
	marked  bool                    // ends holds a position
	read    int64                   // bytes of the logs that it stands for
	since   time.Time               // when the first record came; before that the first position
	full    bool
}

func (b *batch) reset() {
	b.arena.Reset()
	b.records = b.records[:0]
	for i := range b.ends {
		b.ends[i] = b.ends[i][:0]
	}
	b.bytes, b.read, b.marked, b.full = 0, 0, false, false
}

// fill appends the records of events until the batch is full, and returns how
// many events it has dealt with.
func (b *batch) fill(f *filters.Filter, events []schema.Event, limits *Batch) int {
	i := 0
	for ; i < len(events) && !b.full; i++ {
		at := len(b.records)
		if at == cap(b.records) {
			b.records = slices.Grow(b.records, 1)
		}
		b.records = b.records[:at+1]
		record := &b.records[at] // made in its place: copying it costs as much as a member
		if !f.Make(&events[i], &b.arena, record) {
			b.records = b.records[:at]
			continue
		}
		n := int64(len(record.JSON()))
		if at > 0 && b.bytes+n > limits.Bytes {
			b.records = b.records[:at]
			b.full = true // its bytes stay behind in the arena; the next batch makes it anew
			break
		}
		b.bytes += n
		b.full = len(b.records) >= limits.Events || b.bytes >= limits.Bytes
	}
	return i
}

// mark notes that with this batch everything before end is delivered.
func (b *batch) mark(input int, end checkpoint.Position) {
	ends := b.ends[input]
	if n := len(ends); n > 0 && ends[n-1].Stream == end.Stream {
		ends[n-1] = end
		return
	}
	if len(ends) == cap(ends) {
		ends = room(ends)
	}
	b.ends[input] = append(ends, end)
	b.marked = true
}

// room makes room for another position: of each stream only the last stays, and
// there is more memory only where that leaves more than half. While a batch waits
// that no record fills, a position comes with every chunk, so the memory would
// else grow with how far a destination is behind.
func room(ends []checkpoint.Position) []checkpoint.Position {
	slices.SortStableFunc(ends, func(a, b checkpoint.Position) int { return cmp.Compare(a.Stream, b.Stream) })
	kept := 0
	for i := range ends {
		if i+1 == len(ends) || ends[i+1].Stream != ends[i].Stream {
			ends[kept] = ends[i]
			kept++
		}
	}
	if 2*kept > len(ends) {
		return slices.Grow(ends[:kept], max(kept, 16))
	}
	return ends[:kept]
}

// lane is an output's way from its follows to its ship: one batch that is
// being filled and one that is being written. A batch is cut by its limits
// only, never where a chunk ends; while both are full the follows wait, which
// is the back-pressure.
type lane struct {
	filter *filters.Filter
	asking *asking // nil: nobody is asked
	limits Batch
	room   chan struct{} // capacity 1: the batch being filled was taken
	wake   chan struct{} // capacity 1: the ship should look

	mu      sync.Mutex
	filling *batch
	other   *batch // nil while the ship has it
	open    int    // follows that have not come to their end
	busy    int    // of them those that have something to read
	owed    owed   // what the run before has left

	pending atomic.Int64 // bytes of the logs that were read and are not delivered
}

func newLane(f *filters.Filter, limits Batch, inputs int) *lane {
	l := &lane{
		filter: f, limits: limits.limits(),
		room: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		open: inputs, busy: inputs,
	}
	l.filling = &batch{ends: make([][]checkpoint.Position, inputs)}
	l.other = &batch{ends: make([][]checkpoint.Position, inputs)}
	return l
}

// parkedLook is how often a follow that waits for its destination looks how far
// it is behind by now.
const parkedLook = time.Second

// put makes the chunk's events records of the batch. It waits while there is
// no room, until ctx is done.
func (l *lane) put(ctx context.Context, who *walker, c *chunk) error {
	who.work.begin()
	defer who.work.end()
	from := c.block.At.Offset
	l.pending.Add(bytesAfter(&c.block, from))
	for events := c.events; ; {
		l.asking.look()
		l.mu.Lock()
		b := l.filling
		if b.full {
			l.mu.Unlock()
			who.work.end()
			who.parked.Store(true)
			err := wait(ctx, l.room, parkedLook)
			if who.still != nil {
				who.still()
			}
			who.parked.Store(false)
			who.work.begin()
			if err != nil {
				l.pending.Add(-bytesAfter(&c.block, from))
				return err
			}
			continue
		}
		marked, begun := b.marked, len(b.records) > 0
		events = events[b.fill(l.filter, events, &l.limits):]
		end := checkpoint.Position{Stream: c.block.At.Stream, Offset: c.block.End}
		if len(events) > 0 {
			end = events[0].At()
		}
		b.mark(who.source.index, end)
		n := bytesAfter(&c.block, from) - bytesAfter(&c.block, end.Offset)
		from, b.read = end.Offset, b.read+n
		first := !marked || !begun && len(b.records) > 0
		if first {
			b.since = time.Now()
			if len(b.records) > 0 {
				b.since = l.owed.take(b.since)
			}
		}
		full := b.full
		l.mu.Unlock()
		if first || full {
			poke(l.wake)
		}
		if !full {
			poke(l.room) // for another input's follow that waits as well
		}
		if len(events) == 0 {
			return nil
		}
	}
}

// pause and resume say that a follow has nothing to read and that it has
// again; leave that it has come to its end.
func (l *lane) pause()  { l.change(0, -1) }
func (l *lane) resume() { l.change(0, 1) }
func (l *lane) leave()  { l.change(-1, -1) }

func (l *lane) change(open, busy int) {
	l.mu.Lock()
	l.open += open
	l.busy += busy
	look := l.busy == 0
	l.mu.Unlock()
	if look {
		poke(l.wake)
	}
}

// Waits that are no part of a Batch: a batch with age 0 goes as soon as nothing
// more is ready, and that may not come for long; positions without a record
// need no write, but are to be noted.
const (
	busyAge = 100 * time.Millisecond
	markAge = time.Second
)

// take returns the batch if it is time for it, to be given back by done; else
// nil and how long until then (0: not before the lane wakes). over: nothing
// will come any more.
func (l *lane) take(now time.Time) (b *batch, after time.Duration, over bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b = l.filling
	age := l.limits.Age
	switch {
	case !b.marked:
		return nil, 0, l.open == 0
	case b.full || l.open == 0:
		age = 0
	case len(b.records) == 0:
		age = markAge
	case age <= 0 && l.busy > 0:
		age = busyAge
	}
	if after = b.since.Add(age).Sub(now); after > 0 {
		return nil, after, false
	}
	l.filling, l.other = l.other, nil
	poke(l.room)
	return b, 0, false
}

// done gives a batch back.
func (l *lane) done(b *batch) {
	l.pending.Add(-b.read)
	b.reset()
	l.mu.Lock()
	l.other = b
	l.mu.Unlock()
}

// left is since when the oldest event waits that was not delivered; zero where none
// does. undelivered: the batch that the ship could not deliver, or nil.
func (l *lane) left(undelivered *batch) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range []*batch{undelivered, l.filling} {
		if b != nil && len(b.records) > 0 {
			return b.since
		}
	}
	return l.owed.since
}

// poke leaves word in a channel of capacity 1.
func poke(ch chan<- struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

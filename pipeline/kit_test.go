package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/schema"
)

var registry = sync.OnceValue(func() *schema.Registry {
	r, err := schema.Load(schema.Config{Paths: []string{"testdata/*.yaml"}})
	if err != nil {
		panic(err)
	}
	return r
})

var taken = sync.OnceValue(func() *filters.Filter {
	f, _, err := filters.Compile(filters.Policy{
		Output: "test", Categories: []string{"unrestricted"}, Schemas: []string{"https://example.org/taken"}, Metadata: []string{},
	}, registry())
	if err != nil {
		panic(err)
	}
	return f
})

func event(schema string, stream uint64, n int, pad string) string {
	return fmt.Sprintf(`{"__schema__": "https://example.org/%s", "__schema_version__": "1", "__timestamp__": "2026-11-22T10:00:00Z", "stream": %d, "n": %d, "pad": %q}`+"\n", schema, stream, n, pad)
}

// events are count valid lines from number from on.
func events(stream uint64, from, count int) string {
	var b strings.Builder
	for n := from; n < from+count; n++ {
		b.WriteString(event("taken", stream, n, ""))
	}
	return b.String()
}

// feed is an input whose streams are in memory.
type feed struct {
	t      testing.TB
	name   string
	once   bool
	block  int        // most bytes of a block
	ended  chan error // an error here ends Background
	commit func(consumer string, end checkpoint.Position)

	mu      sync.Mutex
	store   *checkpoint.Store // of the run
	streams []*tape
	readers []*feedReader
	reads   atomic.Int64
}

type tape struct {
	feed *feed
	no   uint64 // by which a test and its events call it
	id   uint64 // by which the checkpoint does
	text []byte
	err  error // of the next Reads
}

// register gives a stream its number in the checkpoint.
func (s *tape) register() {
	if s.id != 0 || s.feed.store == nil {
		return
	}
	added, err := s.feed.store.Add(checkpoint.Stream{Identity: checkpoint.Identity{Inode: s.no, HeadLen: 1}, Path: s.feed.name})
	if err != nil {
		panic(err)
	}
	s.id = added[0].ID
}

func newFeed(t testing.TB, name string) *feed {
	return &feed{t: t, name: name, block: 4 << 10, ended: make(chan error, 1)}
}

func (f *feed) source() *inputs.Source { return &inputs.Source{Input: f.name} }

// add appends to a stream, new where there is none.
func (f *feed) add(stream uint64, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stream(stream).text = append(f.stream(stream).text, text...)
	f.wake()
}

// fail makes Reads of the stream fail until err is nil.
func (f *feed) fail(stream uint64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stream(stream).err = err
	f.wake()
}

func (f *feed) wake() {
	for _, r := range f.readers {
		poke(r.wake)
	}
}

func (f *feed) stream(no uint64) *tape {
	for _, s := range f.streams {
		if s.no == no {
			return s
		}
	}
	s := &tape{feed: f, no: no}
	s.register()
	f.streams = append(f.streams, s)
	return s
}

// number is how a test calls the stream that the checkpoint calls id.
func (f *feed) number(id uint64) uint64 {
	for _, s := range f.streams {
		if s.id == id {
			return s.no
		}
	}
	return 0
}

func (s *tape) Read(ctx context.Context, at checkpoint.Position, b *inputs.Block) error {
	f := s.feed
	f.reads.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	text := s.text[at.Offset:]
	n := min(len(text), f.block)
	if whole := bytes.LastIndexByte(text[:n], '\n') + 1; whole > 0 {
		n = whole
	} else if n = bytes.IndexByte(text, '\n') + 1; n == 0 {
		return inputs.ErrNothing
	}
	b.Source, b.Path, b.At, b.End = nil, f.name, at, at.Offset+int64(n)
	b.Buf = append(b.Buf[:0], text[:n]...)
	off := at.Offset
	for rest := b.Buf; len(rest) > 0; {
		i := bytes.IndexByte(rest, '\n')
		b.Lines = append(b.Lines, inputs.Line{Raw: rest[:i:i], At: checkpoint.Position{Stream: s.id, Offset: off}, End: off + int64(i) + 1})
		off += int64(i) + 1
		rest = rest[i+1:]
	}
	return nil
}

func (f *feed) Open(from inputs.Resume) (inputs.Reader, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &feedReader{feed: f, from: from, at: map[uint64]int64{}, wake: make(chan struct{}, 1)}
	f.readers = append(f.readers, r)
	return r, nil
}

func (f *feed) Background(ctx context.Context) error {
	select {
	case err := <-f.ended:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *feed) Close() error { return nil }

type feedReader struct {
	feed *feed
	from inputs.Resume
	at   map[uint64]int64
	turn int
	wake chan struct{}
}

func (r *feedReader) Next(ctx context.Context) (inputs.Place, error) {
	for {
		if p, ok := r.ready(); ok {
			return p, nil
		}
		if r.feed.once {
			return inputs.Place{}, io.EOF
		}
		if ctx.Err() != nil {
			return inputs.Place{}, ctx.Err()
		}
		select {
		case <-r.wake:
		case <-ctx.Done():
		}
	}
}

func (r *feedReader) ready() (inputs.Place, bool) {
	r.feed.mu.Lock()
	defer r.feed.mu.Unlock()
	for i := range r.feed.streams {
		s := r.feed.streams[(r.turn+i)%len(r.feed.streams)]
		at, ok := r.at[s.id]
		if !ok {
			at = r.from.Cursor.Offset(s.id)
			r.at[s.id] = at
		}
		if bytes.IndexByte(s.text[at:], '\n') >= 0 {
			r.turn = (r.turn + i + 1) % len(r.feed.streams)
			return inputs.Place{At: checkpoint.Position{Stream: s.id, Offset: at}, From: s}, true
		}
	}
	return inputs.Place{}, false
}

func (r *feedReader) Advance(to checkpoint.Position) { r.at[to.Stream] = to.Offset }

func (r *feedReader) Commit(_ context.Context, ends ...checkpoint.Position) error {
	for _, end := range ends {
		if r.feed.commit != nil {
			r.feed.commit(r.from.Output, end)
		}
	}
	r.from.Cursor.Commit(ends...)
	return nil
}

func (r *feedReader) Lag() (lag int64) {
	r.feed.mu.Lock()
	defer r.feed.mu.Unlock()
	for _, s := range r.feed.streams {
		lag += int64(len(s.text)) - r.at[s.id]
	}
	return lag
}

func (r *feedReader) Close() error { return nil }

// rec is a record that a destination took.
type rec struct {
	Stream uint64 `json:"stream"`
	N      int    `json:"n"`
}

// dest is an output that answers as it is told.
type dest struct {
	// answer judges a batch: nil takes it all. nil for a dest that takes everything.
	answer func(ctx context.Context, batch []rec) error

	mu      sync.Mutex
	got     []rec
	batches []int
	times   []time.Time // of each Write's begin
	busy    atomic.Bool
	closed  bool
}

func (d *dest) Write(ctx context.Context, records []filters.Record) error {
	if d.busy.Swap(true) {
		panic("Write overlaps another call")
	}
	defer d.busy.Store(false)
	var batch []rec
	for i := range records {
		var r rec
		if err := json.Unmarshal(records[i].JSON(), &r); err != nil {
			panic(err)
		}
		batch = append(batch, r)
	}
	d.mu.Lock()
	d.times = append(d.times, time.Now())
	d.mu.Unlock()
	var err error
	if d.answer != nil {
		err = d.answer(ctx, batch)
	}
	d.take(batch, err)
	return err
}

// take keeps what the answer says was taken.
func (d *dest) take(batch []rec, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	left := map[int]bool{}
	if p := (*outputs.PartialError)(nil); errors.As(err, &p) {
		for _, i := range p.Retry {
			left[i] = true
		}
		for _, r := range p.Rejected {
			left[r.Index] = true
		}
	} else if err != nil {
		return
	}
	for i, r := range batch {
		if !left[i] {
			d.got = append(d.got, r)
		}
	}
	d.batches = append(d.batches, len(batch)-len(left))
}

func (d *dest) Close() error { d.closed = true; return nil }

func (d *dest) taken() []rec {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.got)
}

// wrote are the begins of all Writes so far.
func (d *dest) wrote() []time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.times)
}

// synced is a dest that says what is durable.
type synced struct {
	dest
	syncs []time.Time
	fail  error
}

func (s *synced) Sync() ([]byte, error) {
	if s.busy.Load() {
		panic("Sync while Write runs")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.syncs = append(s.syncs, time.Now())
	return fmt.Appendf(nil, "%d", len(s.got)), s.fail
}

// test is a Spec in the making.
type test struct {
	*testing.T
	Spec
	dir    string
	log    bytes.Buffer
	cancel context.CancelFunc
	done   chan error
}

func newTest(t *testing.T, feeds ...*feed) *test {
	x := &test{T: t, dir: t.TempDir()}
	x.reopen(feeds...)
	return x
}

// reopen begins a run on the same state folder.
func (x *test) reopen(feeds ...*feed) {
	x.Helper()
	store, err := checkpoint.Open(x.dir)
	if err != nil {
		x.Fatal(err)
	}
	x.Spec = Spec{
		Store: store, Retry: Retry{First: 200 * time.Millisecond, Max: 30 * time.Second}, Grace: 10 * time.Second,
		Log: slog.New(slog.NewTextHandler(&x.log, nil)), Stats: &Stats{},
	}
	for _, f := range feeds {
		checker, err := registry().Checker(schema.Rules{Source: f.source()})
		if err != nil {
			x.Fatal(err)
		}
		f.mu.Lock()
		f.readers, f.store = nil, store
		for _, s := range f.streams {
			s.register()
		}
		f.mu.Unlock()
		x.Inputs = append(x.Inputs, Input{Name: f.name, Input: f, Checker: checker})
	}
}

func (x *test) output(name string, out outputs.Output, b Batch) {
	x.Helper()
	cursor, err := x.Store.Cursor(name)
	if err != nil {
		x.Fatal(err)
	}
	x.Outputs = append(x.Outputs, Output{Name: name, Output: out, Filter: taken(), Cursor: cursor, Batch: b})
}

// start runs; stop stops it and returns what Run did; end waits for it.
func (x *test) start() {
	ctx, cancel := context.WithCancel(context.Background())
	x.cancel, x.done = cancel, make(chan error, 1)
	go func() { x.done <- Run(ctx, x.Spec) }()
}

func (x *test) stop() error { x.cancel(); return x.end() }

func (x *test) end() error {
	err := <-x.done
	x.cancel()
	if e := x.Store.Close(); e != nil {
		x.Error(e)
	}
	return err
}

// pass lets time pass, and what is due then happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// want compares with the records of count events of a stream, in order.
func want(t testing.TB, who string, got []rec, stream uint64, count int) {
	t.Helper()
	n := 0
	for _, r := range got {
		if r.Stream != stream {
			continue
		}
		if r.N != n {
			t.Errorf("%s, stream %d: record %d is number %d", who, stream, n, r.N)
			return
		}
		n++
	}
	if n != count {
		t.Errorf("%s, stream %d: %d records, want %d", who, stream, n, count)
	}
}

var errDown = errors.New("connection refused")

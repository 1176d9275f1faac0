package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// bench is a folder of files with an agent's reading side on it.
type bench struct {
	t     testing.TB
	dir   string // of the files
	state string
	tune  tuning
	cfg   Config
	once  bool
	level slog.Level
	most  int // blocks that an output reads in a run; 0: all

	mu      sync.Mutex
	outputs map[string]*output
	gaps    []inputs.Gap

	run *running
}

// output is what one reader has got, over all runs.
type output struct {
	name  string
	lines []got
}

type got struct {
	text string
	at   checkpoint.Position
	long *inputs.Long
}

// running is one run of it.
type running struct {
	store   *checkpoint.Store
	in      *Input
	readers []inputs.Reader
	cancel  context.CancelFunc
	wg      sync.WaitGroup
	errs    chan error
}

// swift is the tuning of tests: as usual, but what only waits waits shorter.
func swift() tuning {
	t := usual()
	t.quiet = 300 * time.Millisecond
	t.scan = 100 * time.Millisecond
	return t
}

func newBench(t testing.TB, globs ...string) *bench {
	root := t.TempDir()
	b := &bench{t: t, dir: filepath.Join(root, "log"), state: filepath.Join(quickDir(t), "state"), tune: swift(), level: slog.LevelWarn, outputs: map[string]*output{}}
	if err := os.Mkdir(b.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, g := range globs {
		b.cfg.Paths = append(b.cfg.Paths, filepath.Join(b.dir, g))
	}
	return b
}

// quickDir is a folder in memory where there is such a thing: how long a busy
// disk takes for an fsync is not what is tested here.
func quickDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "agent-test-*")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// start opens the state and reads with so many outputs.
func (b *bench) start(outputs int) *bench {
	b.t.Helper()
	store, err := checkpoint.Open(b.state)
	if err != nil {
		b.t.Fatal(err)
	}
	in, err := b.cfg.open(b.env(store), b.tune)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.read(store, in, outputs)
}

func (b *bench) env(store *checkpoint.Store) inputs.Env {
	return inputs.Env{
		Source: &inputs.Source{Input: "test"},
		Store:  store,
		Log:    slog.New(slog.NewTextHandler(b.t.Output(), &slog.HandlerOptions{Level: b.level})),
		Once:   b.once,
		Gap: func(g inputs.Gap) {
			b.mu.Lock()
			b.gaps = append(b.gaps, g)
			b.mu.Unlock()
		},
	}
}

// read has so many outputs read.
func (b *bench) read(store *checkpoint.Store, in *Input, outputs int) *bench {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{store: store, in: in, cancel: cancel, errs: make(chan error, outputs+1)}
	b.run = r
	for i := range outputs {
		name := fmt.Sprintf("out%d", i)
		b.mu.Lock()
		out := b.outputs[name]
		if out == nil {
			out = &output{name: name}
			b.outputs[name] = out
		}
		b.mu.Unlock()
		cursor, err := store.Cursor(name)
		if err != nil {
			b.t.Fatal(err)
		}
		reader, err := in.Open(inputs.Resume{Output: name, Cursor: cursor})
		if err != nil {
			b.t.Fatal(err)
		}
		r.readers = append(r.readers, reader)
		r.wg.Go(func() { r.errs <- b.drain(ctx, reader, cursor, out) })
	}
	r.wg.Go(func() {
		if err := in.Background(ctx); err != nil {
			r.errs <- err
		}
	})
	return b
}

// drain reads until ctx is done or, in once mode, to the end.
func (b *bench) drain(ctx context.Context, r inputs.Reader, c *checkpoint.Cursor, out *output) error {
	var block inputs.Block
	for blocks := 0; ; {
		if ctx.Err() != nil || b.most > 0 && blocks == b.most {
			return nil
		}
		p, err := r.Next(ctx)
		if errors.Is(err, io.EOF) || ctx.Err() != nil && err != nil {
			return nil
		}
		if err != nil {
			return err
		}
		block.Reset()
		err = p.From.Read(context.Background(), p.At, &block)
		if errors.Is(err, inputs.ErrNothing) || errors.Is(err, inputs.ErrGone) {
			continue
		}
		if err != nil {
			return err
		}
		if block.End <= p.At.Offset {
			return fmt.Errorf("block at %v ends at %d", p.At, block.End)
		}
		b.mu.Lock()
		for _, l := range block.Lines {
			out.lines = append(out.lines, got{text: string(l.Raw), at: l.At, long: l.Long})
		}
		b.mu.Unlock()
		to := checkpoint.Position{Stream: p.At.Stream, Offset: block.End}
		r.Advance(to)
		if err := r.Commit(ctx, to); err != nil {
			return err
		}
		c.Seal(nil)
		blocks++
	}
}

// stop ends a run; in once mode it waits for the readers' end.
func (b *bench) stop() {
	b.t.Helper()
	r := b.halt()
	if err := r.in.Close(); err != nil {
		b.t.Error(err)
	}
	if err := r.store.Close(); err != nil {
		b.t.Error(err)
	}
}

// halt ends the reading alone.
func (b *bench) halt() *running {
	b.t.Helper()
	r := b.run
	b.run = nil
	if b.once {
		for range r.readers {
			if err := <-r.errs; err != nil {
				b.t.Error(err)
			}
		}
	}
	r.cancel()
	r.wg.Wait()
	close(r.errs)
	for err := range r.errs {
		if err != nil {
			b.t.Error(err)
		}
	}
	for _, reader := range r.readers {
		if err := reader.Close(); err != nil {
			b.t.Error(err)
		}
	}
	return r
}

// path is a file of the bench.
func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// write makes or replaces a file in place.
func (b *bench) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// add appends to a file.
func (b *bench) add(name, text string) {
	b.t.Helper()
	f, err := os.OpenFile(b.path(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		b.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) rename(from, to string) {
	b.t.Helper()
	if err := os.Rename(b.path(from), b.path(to)); err != nil {
		b.t.Fatal(err)
	}
}

// lines are the texts that an output has got so far.
func (b *bench) lines(output int) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, l := range b.outputs[fmt.Sprintf("out%d", output)].lines {
		out = append(out, l.text)
	}
	return out
}

func (b *bench) declared() []inputs.Gap {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]inputs.Gap(nil), b.gaps...)
}

// await polls until ok, and fails after a while.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		pause(5 * time.Millisecond)
	}
}

// pause lets real time pass: what is tested here is files and the kernel's
// clock, which no fake clock moves.
func pause(d time.Duration) { <-time.After(d) }

// want waits until every output has exactly these lines, in any order of
// files, and no more after a moment.
func (b *bench) want(lines ...string) {
	b.t.Helper()
	for i := range b.outputs {
		var n int
		if _, err := fmt.Sscanf(i, "out%d", &n); err != nil {
			b.t.Fatal(err)
		}
		await(b.t, fmt.Sprintf("%s has %q, wants %q", i, short(b.lines(n)), short(lines)), func() bool { return len(b.lines(n)) >= len(lines) })
		seen := map[string]int{}
		for _, l := range b.lines(n) {
			seen[l]++
		}
		for _, l := range lines {
			seen[l]--
		}
		for l, k := range seen {
			if k != 0 {
				b.t.Errorf("%s: %+d × %.60q", i, k, l)
			}
		}
	}
}

func short(lines []string) string {
	s := strings.Join(lines, "|")
	if len(s) > 300 {
		s = s[:300] + "…"
	}
	return s
}

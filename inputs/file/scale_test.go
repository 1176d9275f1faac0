//go:build unix

package file

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// A thousand files, three outputs, each file with its own offset; and what it
// costs when nothing happens.
func TestThousandFiles(t *testing.T) {
	const files, rounds, outputs = 1000, 3, 3
	b := newBench(t, "*.log")
	b.tune = usual()
	b.level = slog.LevelError
	want := map[string]bool{}
	write := func(round int) {
		for i := range files {
			var text strings.Builder
			for k := range 1 + (i+round)%5 {
				line := fmt.Sprintf("file %d round %d line %d", i, round, k)
				want[line] = true
				text.WriteString(line + "\n")
			}
			b.add(fmt.Sprintf("user-%d.log", i), text.String())
		}
	}
	write(0)
	b.start(outputs)
	for round := 1; round < rounds; round++ {
		write(round)
	}
	for i := range outputs {
		await(t, "all lines", func() bool { return len(b.lines(i)) >= len(want) })
	}
	await(t, "the files to be quiet", func() bool {
		b.run.in.mu.Lock()
		defer b.run.in.mu.Unlock()
		return len(b.run.in.active) == 0
	})
	const span = 4 * time.Second
	before := cpu(t)
	pause(span)
	share := float64(cpu(t)-before) / float64(span)
	b.run.in.mu.Lock()
	began := time.Now()
	for range 20 {
		if err := b.run.in.scan(nil); err != nil {
			t.Error(err)
		}
		b.run.in.sweep(time.Now())
	}
	scan := time.Since(began) / 20
	b.run.in.mu.Unlock()
	t.Logf("idle with %d files: %.2f %% of a core; one scan takes %v, at most every second", files, 100*share, scan)
	if share > 0.03 {
		t.Errorf("idle costs %.1f %% of a core", 100*share)
	}
	for i := range outputs {
		if lag := b.run.readers[i].Lag(); lag != 0 {
			t.Errorf("output %d: lag %d", i, lag)
		}
		seen := map[string]bool{}
		for _, l := range b.lines(i) {
			if !want[l] || seen[l] {
				t.Fatalf("output %d: %q twice or never written", i, l)
			}
			seen[l] = true
		}
		c, err := b.run.store.Cursor(fmt.Sprintf("out%d", i))
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range b.run.store.Streams() {
			if at, err := statPath(st.Path); err != nil || c.Offset(st.ID) != at.size {
				t.Fatalf("output %d: %s is delivered to %d of %d (%v)", i, st.Path, c.Offset(st.ID), at.size, err)
			}
		}
	}
	b.stop()
}

// More files than may be open: none is forgotten.
func TestFewDescriptors(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.tune.open = 10
	b.tune.scan = 20 * time.Millisecond
	var want []string
	for i := range 100 {
		want = append(want, fmt.Sprintf("first %d", i), fmt.Sprintf("second %d", i))
		b.write(fmt.Sprintf("%d.log", i), fmt.Sprintf("first %d\n", i))
	}
	b.start(2)
	defer b.stop()
	await(t, "few open files", func() bool {
		b.run.in.mu.Lock()
		defer b.run.in.mu.Unlock()
		open := 0
		for _, g := range b.run.in.files {
			if is, _ := g.opened(); is {
				open++
			}
		}
		return len(b.run.in.files) == 100 && open <= 10
	})
	for i := range 100 {
		b.add(fmt.Sprintf("%d.log", i), fmt.Sprintf("second %d\n", i))
	}
	b.want(want...)
}

func cpu(t *testing.T) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// looked is a bench that has looked once and runs nothing.
func looked(t testing.TB, text string) (*bench, inputs.Place) {
	b := newBench(t, "*.log")
	b.write("events.log", text)
	store, err := checkpoint.Open(b.state)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	in, err := b.cfg.open(inputs.Env{Source: &inputs.Source{}, Store: store, Log: slog.New(slog.DiscardHandler), Gap: func(inputs.Gap) {}}, b.tune)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	c, err := store.Cursor("out")
	if err != nil {
		t.Fatal(err)
	}
	r, err := in.Open(inputs.Resume{Cursor: c})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.scan(nil); err != nil {
		t.Fatal(err)
	}
	p, err := r.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return b, p
}

// events is text of lines as long as real ones.
func events(n int) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "%d %s\n", i, strings.Repeat("e", 345))
	}
	return s.String()
}

func TestReadDoesNotAllocate(t *testing.T) {
	_, p := looked(t, events(5000))
	var block inputs.Block
	read := func() {
		block.Reset()
		if err := p.From.Read(context.Background(), p.At, &block); err != nil || len(block.Lines) < 700 {
			t.Fatalf("%v: %d lines", err, len(block.Lines))
		}
	}
	read()
	if n := testing.AllocsPerRun(100, read); n > 0 {
		t.Errorf("%v allocations a block", n)
	}
}

func BenchmarkRead(b *testing.B) {
	_, p := looked(b, events(5000))
	var block inputs.Block
	lines := 0
	for b.Loop() {
		block.Reset()
		if err := p.From.Read(context.Background(), p.At, &block); err != nil {
			b.Fatal(err)
		}
		lines += len(block.Lines)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(lines), "ns/line")
}

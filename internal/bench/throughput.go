package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A contestant does its work once and says what that cost.
type contestant struct {
	name string
	run  func(context.Context) (cost, error)
}

// The bars of throughput: how many times less CPU than the reference with two
// outputs, and how much memory at most.
const (
	barRatio = 20
	barPeak  = 64 << 20
)

const (
	twoOutputs   = "agent, 2 outputs"
	referenceRun = "reference, 2 outputs"
)

func (b *bench) throughput(ctx context.Context) error {
	all := []contestant{
		b.agentRun("agent, 1 output", 1, false),
		b.agentRun(twoOutputs, 2, false),
		b.agentRun("agent, 4 outputs", 4, false),
		b.agentRun("agent, 2, metadata = []", 2, true),
		{referenceRun, b.referenceOnce},
		{"cat, to a file", b.cat},
		{"wc -l", b.wc},
	}
	costs := make([][]cost, len(all))
	for round := range b.rounds { // interleaved, so that a noisy minute falls on all
		for i, c := range all {
			if err := b.warm(); err != nil {
				return err
			}
			took, err := c.run(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			costs[i] = append(costs[i], took)
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, b.rounds)
	}
	b.report(all, costs)
	return nil
}

// warm has memory for files handed out before a contestant writes its own: on
// a virtual machine the first touch of a page that the host took back costs
// several times what writing to it does, and would be charged to whoever comes
// after a pause.
func (b *bench) warm() error {
	ballast := filepath.Join(b.work, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		return err
	}
	block := make([]byte, 1<<20)
	for range 4 * b.lines * 400 >> 20 { // what four outputs write
		if _, err = f.Write(block); err != nil {
			break
		}
	}
	return errors.Join(err, f.Close(), os.Remove(ballast))
}

func (b *bench) report(all []contestant, costs [][]cost) {
	medians := map[string]cost{}
	for i, c := range all {
		medians[c.name] = median(costs[i])
	}
	ref := medians[referenceRun]
	fmt.Printf("\n%-26s %14s %10s %14s %10s %10s %10s\n", "", "CPU s/M events", "× less", "events/s", "× faster", "peak MiB", "× less")
	for _, c := range all {
		m := medians[c.name]
		fmt.Printf("%-26s %14.3f %10.1f %14.0f %10.1f %10.1f %10.1f\n", c.name,
			m.cpu.Seconds()*1e6/float64(b.lines), ratio(ref.cpu, m.cpu),
			float64(b.lines)/m.wall.Seconds(), ratio(ref.wall, m.wall),
			float64(m.peak)/(1<<20), ratio(ref.peak, m.peak))
	}
	fmt.Printf("medians of %d rounds; × is beside the reference\n\n", b.rounds)
	r := ratio(ref.cpu, medians[twoOutputs].cpu)
	b.bar(r >= barRatio, fmt.Sprintf("two outputs take %.1f times less CPU than the reference (at least %d)", r, barRatio))
	for _, c := range all {
		if m := medians[c.name]; strings.HasPrefix(c.name, "agent") {
			b.bar(m.peak > 0 && m.peak < barPeak, fmt.Sprintf("%s: peak memory %.1f MiB (under %d)", c.name, float64(m.peak)/(1<<20), barPeak>>20))
		}
	}
}

func ratio[T ~int64](of, to T) float64 {
	if to == 0 {
		return 0
	}
	return float64(of) / float64(to)
}

// median takes each figure by itself.
func median(of []cost) cost {
	var cpus, walls []time.Duration
	var peak int64 // of memory the worst counts
	for _, c := range of {
		cpus, walls, peak = append(cpus, c.cpu), append(walls, c.wall), max(peak, c.peak)
	}
	slices.Sort(cpus)
	slices.Sort(walls)
	return cost{cpus[len(cpus)/2], walls[len(walls)/2], peak}
}

func (b *bench) events() string { return filepath.Join(b.corpus, "events.ndjson") }

func (b *bench) agentRun(name string, outputs int, bare bool) contestant {
	return contestant{name, func(ctx context.Context) (cost, error) {
		dir := filepath.Join(b.work, "agent")
		config, files, err := b.configure(dir, b.events(), outputs, bare)
		if err != nil {
			return cost{}, err
		}
		took, err := measure(ctx, nil, b.agent, "run", "--once", "--config", config)
		if err != nil {
			return cost{}, err
		}
		return took, errors.Join(b.complete(files), os.RemoveAll(dir))
	}}
}

func (b *bench) referenceOnce(ctx context.Context) (cost, error) {
	dir := filepath.Join(b.work, "plain")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return cost{}, err
	}
	args := []string{filepath.Join(b.corpus, "schemas"), b.events()}
	var files []string
	for _, p := range policies[:2] {
		files = append(files, filepath.Join(dir, p.name+".ndjson"))
		args = append(args, files[len(files)-1]+"="+strings.Join(p.categories, ","))
	}
	took, err := measure(ctx, nil, b.reference, args...)
	if err != nil {
		return cost{}, err
	}
	return took, errors.Join(b.complete(files), os.RemoveAll(dir))
}

func (b *bench) cat(ctx context.Context) (cost, error) {
	to, err := os.Create(filepath.Join(b.work, "cat.ndjson"))
	if err != nil {
		return cost{}, err
	}
	took, err := measure(ctx, to, "cat", b.events())
	return took, errors.Join(err, to.Close(), os.Remove(to.Name()))
}

func (b *bench) wc(ctx context.Context) (cost, error) {
	return measure(ctx, nil, "wc", "-l", b.events())
}

// complete checks that every output has a record for every line: what was
// not done must not count as fast.
func (b *bench) complete(files []string) error {
	for _, file := range files {
		n, err := countLines(file)
		if err != nil {
			return err
		}
		if n != b.lines {
			return fmt.Errorf("%s has %d records of %d", filepath.Base(file), n, b.lines)
		}
	}
	return nil
}

func countLines(file string) (n int, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 64<<10)
	for {
		chunk, err := r.ReadSlice('\n')
		if bytes.HasSuffix(chunk, []byte("\n")) {
			n++
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return n, err
		}
	}
}

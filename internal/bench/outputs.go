package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// sample is how many records are prepared and written again and again: about
// as many as the agent has in its hands at a time (a batch that is written, one
// that waits and one in the making), so that they are as near in the caches as
// they are there.
const sample = 4_000

// runOutputs measures, for each way to deliver over a network, what the
// output's own work takes, and then what the whole agent takes with it. The
// destinations are stand-ins in processes of their own.
func (b *bench) runOutputs(ctx context.Context) error {
	own := make([][]work, len(ways))
	whole := make([][]work, len(ways))
	for round := range b.rounds {
		for i, w := range ways {
			tries := 1
			if w.bar > 0 {
				tries = 3
			}
			for range tries {
				did, err := b.ownWork(ctx, w)
				if err != nil {
					return fmt.Errorf("%s: %w", w.name, err)
				}
				own[i] = append(own[i], did)
			}
			did, err := b.wholeAgent(ctx, w)
			if err != nil {
				return fmt.Errorf("the agent with %s: %w", w.name, err)
			}
			whole[i] = append(whole[i], did)
		}
		fmt.Fprintf(os.Stderr, "outputs: round %d of %d\n", round+1, b.rounds)
	}
	fmt.Printf("\n%-26s %14s %12s %10s   %14s %10s\n", "to a stand-in", "own CPU s/M", "allocs/event", "events/s", "agent CPU s/M", "events/s")
	for i, w := range ways {
		o, a := leastWork(own[i]), medianWork(whole[i])
		fmt.Printf("%-26s %14.3f %12.3f %10.0f   %14.3f %10.0f\n", w.name,
			o.perMillion(), o.perEvent(), float64(o.events)/o.wall.Seconds(),
			a.perMillion(), float64(a.events)/a.wall.Seconds())
	}
	fmt.Printf("own: what Write takes of records that are ready, the least of what was measured; agent: from the file on, the median of %d rounds\n\n", b.rounds)
	for i, w := range ways {
		if w.bar > 0 {
			b.workBar(w, leastWork(own[i]))
		}
	}
	return nil
}

func (b *bench) workBar(w way, did work) { b.bar(w.holds(did), w.says(did)) }

// holds says that what was measured keeps the way's bar; says says it in words.
func (w way) holds(did work) bool {
	return w.bar == 0 || did.cpu > 0 && did.perMillion() <= w.bar
}

func (w way) says(did work) string {
	return fmt.Sprintf("%s: the output's own work takes %.3f CPU s/M (at most %.1f)", w.name, did.perMillion(), w.bar)
}

// ownWork measures the output's own work on the sample. The stand-in does as
// little as it can, as it empties the caches that it shares. Whether all that
// Write says it wrote has come is seen with the whole agent.
func (b *bench) ownWork(ctx context.Context, w way) (work, error) {
	kind := w.kind
	if kind == "loki" {
		kind = "loki-blind"
	}
	s, err := startStandIn(ctx, b.standin, kind)
	if err != nil {
		return work{}, err
	}
	did, err := b.writeTo(ctx, w, s.address)
	_, ended := s.end()
	return did, errors.Join(err, ended)
}

func (b *bench) writeTo(ctx context.Context, w way, address string) (did work, err error) {
	p, err := prepare(ctx, w.config(filepath.Join(b.corpus, "schemas"), b.events(), filepath.Join(b.work, "state"), address), b.events())
	if err != nil {
		return work{}, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.next(sample); err != nil {
		return work{}, err
	}
	if err := p.deliver(ctx, p.batches[0]); err != nil {
		return work{}, err
	}
	return p.write(ctx, max(b.lines/p.records, 1))
}

// wholeAgent measures a run of the agent over the whole corpus.
func (b *bench) wholeAgent(ctx context.Context, w way) (work, error) {
	s, err := startStandIn(ctx, b.standin, w.kind)
	if err != nil {
		return work{}, err
	}
	dir := filepath.Join(b.work, "agent")
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
		return work{}, err
	}
	file := filepath.Join(dir, "agent.toml")
	text := w.config(filepath.Join(b.corpus, "schemas"), b.events(), filepath.Join(dir, "state"), s.address)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return work{}, err
	}
	took, err := measure(ctx, nil, b.agent, "run", "--once", "--config", file)
	came, ended := s.end()
	if err = errors.Join(err, ended, os.RemoveAll(dir)); err != nil {
		return work{}, err
	}
	if came != b.lines {
		return work{}, fmt.Errorf("%d records came of %d", came, b.lines)
	}
	return work{cost: took, events: b.lines}, nil
}

// leastWork is the one with the least CPU time. The work is the same in every
// round; what else runs on the machine adds to it, up to its double where two
// processors are one core.
func leastWork(of []work) work {
	return slices.MinFunc(of, func(a, b work) int { return int(a.cpu - b.cpu) })
}

// medianWork is the one with the median CPU time.
func medianWork(of []work) work {
	sorted := slices.SortedFunc(slices.Values(of), func(a, b work) int { return int(a.cpu - b.cpu) })
	return sorted[len(sorted)/2]
}

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// agentsPart runs only where it is asked for: what it needs is not the project's.
const agentsPart = "agents"

// compared is what the pairs of runs with a rival came to.
type compared struct {
	rival
	says         string
	theirs, ours []cost
	lines        int // of the shorter file, in the worst round
	cpu, wall    float64
	findings     []string
}

// runAgents runs each other agent that is found here over the same events as
// this agent, alternately, each time to two files.
func (b *bench) runAgents(ctx context.Context) error {
	var all []*compared
	for _, r := range rivals(b.syslogNG) {
		if r.command == "" {
			fmt.Printf("%s is not installed, and left out (%s)\n", r.name, r.install)
			continue
		}
		all = append(all, &compared{rival: r, says: r.says(ctx), lines: b.lines})
	}
	ours := b.agentRun(twoOutputs, 2, false)
	for round := range b.rounds {
		for _, c := range all {
			if err := b.pair(ctx, c, ours); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, b.rounds)
	}
	b.reportAgents(all)
	return nil
}

// pair runs ours, then theirs, so that what else the machine does falls on both.
func (b *bench) pair(ctx context.Context, c *compared, ours contestant) error {
	if err := b.warm(); err != nil {
		return err
	}
	own, err := ours.run(ctx)
	if err != nil {
		return err
	}
	if err := b.warm(); err != nil {
		return err
	}
	s := setup{Dir: filepath.Join(b.work, "rival"), Events: b.events()}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return err
	}
	for _, p := range policies[:2] {
		list, err := keep(p.categories)
		if err != nil {
			return err
		}
		s.Outputs = append(s.Outputs, rivalOutput{p.name, filepath.Join(s.Dir, p.name+".ndjson"), list})
	}
	their, lines, err := c.measure(ctx, s, b.lines)
	if err != nil {
		return err
	}
	if c.findings == nil {
		if c.findings, err = check(s); err != nil {
			return err
		}
	}
	c.ours, c.theirs, c.lines = append(c.ours, own), append(c.theirs, their), min(c.lines, lines)
	return os.RemoveAll(s.Dir)
}

func (b *bench) reportAgents(all []*compared) {
	const row = "%-26s %14.2f %8.1f %10.1f %8.1f %10.1f %8.1f %12d\n"
	perMillion := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(b.lines) }
	fmt.Printf("\n%-26s %14s %8s %10s %8s %10s %8s %12s\n", "", "CPU s/M events", "× ours", "wall s/M", "× ours", "peak MiB", "× ours", "lines out")
	var own []cost
	for _, c := range all {
		own = append(own, c.ours...)
	}
	if len(own) > 0 {
		m := median(own)
		fmt.Printf(row, twoOutputs, perMillion(m.cpu), 1.0, perMillion(m.wall), 1.0, float64(m.peak)/(1<<20), 1.0, b.lines)
	}
	for _, c := range all {
		m := median(c.theirs)
		c.cpu = c.ratio(func(c cost) float64 { return c.cpu.Seconds() })
		c.wall = c.ratio(func(c cost) float64 { return c.wall.Seconds() })
		peak := c.ratio(func(c cost) float64 { return float64(c.peak) })
		fmt.Printf(row, c.name, perMillion(m.cpu), c.cpu, perMillion(m.wall), c.wall, float64(m.peak)/(1<<20), peak, c.lines)
	}
	fmt.Printf("medians of %d rounds; × is the median of what each pair of runs came to\n\n", b.rounds)
	for _, c := range all {
		fmt.Printf("%s: %s\n", c.name, c.says)
		for _, f := range c.findings {
			fmt.Printf("  %s\n", f)
		}
	}
	fmt.Println()
	for _, c := range all {
		b.bar(c.cpu > 1 && c.wall > 1, fmt.Sprintf("%s takes %.1f times the CPU and %.1f times the time (more than ours)", c.name, c.cpu, c.wall))
	}
}

// ratio is how many times ours a figure of theirs is: the median of the pairs.
func (c *compared) ratio(of func(cost) float64) float64 {
	var each []float64
	for i := range c.theirs {
		each = append(each, of(c.theirs[i])/max(of(c.ours[i]), 1e-9))
	}
	slices.Sort(each)
	return each[len(each)/2]
}

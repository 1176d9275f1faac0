package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"jupyter-events-agent/internal/corpus"
)

// barIdle is the share of one core that an agent may take which follows a
// thousand files that nobody writes.
const (
	barIdle   = .01
	idleFiles = 1000
)

func (b *bench) runIdle(ctx context.Context) error {
	dir := filepath.Join(b.work, "idle")
	config, files, err := b.configure(dir, filepath.Join(dir, "in", "*.log"), 1, false)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "in"), 0o755); err != nil {
		return err
	}
	g := corpus.New(corpus.Options{})
	for i := range idleFiles {
		l := g.Next()
		if err := os.WriteFile(filepath.Join(dir, "in", fmt.Sprintf("%04d.log", i)), append(l.Good, '\n'), 0o644); err != nil {
			return err
		}
	}
	agent, err := startAgent(ctx, b.agent, config)
	if err != nil {
		return err
	}
	defer agent.stop()
	if err := awaitLines(ctx, files[0], idleFiles); err != nil {
		return errors.Join(err, agent.failure())
	}
	if err := rest(ctx, 3*time.Second); err != nil { // the active cadence ends
		return err
	}
	before, err := cpuOf(agent.Process.Pid)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := rest(ctx, b.idle); err != nil {
		return err
	}
	after, err := cpuOf(agent.Process.Pid)
	if err != nil {
		return err
	}
	share := (after - before).Seconds() / time.Since(begin).Seconds()
	fmt.Printf("\nidle, %d files: %.2f %% of a core, peak memory %.1f MiB\n", idleFiles, share*100, float64(highWater(agent.Process.Pid))/(1<<20))
	b.bar(share < barIdle, fmt.Sprintf("doing nothing takes %.2f %% of a core (under %.0f)", share*100, barIdle*100))
	return nil
}

func awaitLines(ctx context.Context, file string, n int) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	for {
		if got, err := countLines(file); err == nil && got >= n {
			return nil
		}
		if err := rest(ctx, 50*time.Millisecond); err != nil {
			got, _ := countLines(file)
			return fmt.Errorf("%d of %d records: %w", got, n, err)
		}
	}
}

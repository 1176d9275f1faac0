package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"jupyter-events-agent/internal/corpus"
)

// barLatency is what a line may take to its record, at the 99th percentile.
const barLatency = 50 * time.Millisecond

// runLatency lets an agent follow a file that grows, one write a line as
// Python's handlers do it, and measures from before the write to the record
// seen in the output file.
func (b *bench) runLatency(ctx context.Context) error {
	dir := filepath.Join(b.work, "latency")
	log := filepath.Join(dir, "in", "events.log")
	config, files, err := b.configure(dir, log, 1, false)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		return err
	}
	to, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer to.Close()
	lines := corpus.New(corpus.Options{})
	write := func() error {
		l := lines.Next()
		_, err := to.Write(append(l.Good, '\n'))
		return err
	}
	if err := write(); err != nil {
		return err
	}
	agent, err := startAgent(ctx, b.agent, config)
	if err != nil {
		return err
	}
	defer agent.stop()
	out, err := awaitRecord(ctx, files[0])
	if err != nil {
		return errors.Join(err, agent.failure())
	}
	defer out.Close()

	total := int(b.latency.Seconds() * float64(b.rate))
	sent := make([]time.Time, total)
	received := make([]time.Time, 0, total)
	seen := make(chan error, 1)
	go func() {
		var err error
		received, err = receive(ctx, out, total, received)
		seen <- err
	}()
	before, err := cpuOf(agent.Process.Pid)
	if err != nil {
		return err
	}
	begin := time.Now()
	for i := range sent {
		if due := begin.Add(time.Duration(i) * time.Second / time.Duration(b.rate)); time.Until(due) > time.Millisecond {
			time.Sleep(time.Until(due))
		}
		sent[i] = time.Now()
		if err := write(); err != nil {
			return err
		}
	}
	wrote := time.Since(begin)
	if err := <-seen; err != nil {
		return errors.Join(err, agent.failure())
	}
	after, err := cpuOf(agent.Process.Pid)
	if err != nil {
		return err
	}
	took := make([]time.Duration, 0, total)
	for i := range sent {
		took = append(took, received[i].Sub(sent[i]))
	}
	slices.Sort(took)
	at := func(share float64) time.Duration {
		return took[int(share*float64(total-1))].Round(10 * time.Microsecond)
	}
	fmt.Printf("\nlatency, %.0f lines/s for %v: p50 %v, p99 %v, p99.9 %v, most %v; %.2f CPU s/M events\n",
		float64(total)/wrote.Seconds(), wrote.Round(time.Millisecond), at(.5), at(.99), at(.999), at(1), (after-before).Seconds()*1e6/float64(total))
	b.bar(at(.99) < barLatency, fmt.Sprintf("from a line written to its record p99 %v (under %v)", at(.99), barLatency))
	return nil
}

// awaitRecord waits for the first record and returns the file behind it.
func awaitRecord(ctx context.Context, file string) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		text, err := os.ReadFile(file)
		if err == nil && bytes.HasSuffix(text, []byte("\n")) {
			f, err := os.Open(file)
			if err != nil {
				return nil, err
			}
			_, err = f.Seek(int64(len(text)), io.SeekStart)
			return f, err
		}
		if err := rest(ctx, 10*time.Millisecond); err != nil {
			return nil, fmt.Errorf("no record in %s: %w", filepath.Base(file), err)
		}
	}
}

// receive notes when each of the next n records was there.
func receive(ctx context.Context, out *os.File, n int, at []time.Time) ([]time.Time, error) {
	buf := make([]byte, 256<<10)
	last := time.Now()
	for len(at) < n {
		got, err := out.Read(buf)
		now := time.Now()
		for range bytes.Count(buf[:got], []byte("\n")) {
			at = append(at, now)
		}
		switch {
		case got > 0:
			last = now
		case err != nil && !errors.Is(err, io.EOF):
			return at, err
		case now.Sub(last) > 30*time.Second:
			return at, fmt.Errorf("%d of %d records after 30 s without another", len(at), n)
		default:
			if err := rest(ctx, time.Millisecond); err != nil {
				return at, err
			}
		}
	}
	return at, nil
}

func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// agentProcess is a running agent.
type agentProcess struct {
	*exec.Cmd
	stderr bytes.Buffer
	ended  chan error
}

func startAgent(ctx context.Context, binary, config string) (*agentProcess, error) {
	a := &agentProcess{Cmd: exec.CommandContext(ctx, binary, "run", "--config", config), ended: make(chan error, 1)}
	a.Stderr = &a.stderr
	if err := a.Start(); err != nil {
		return nil, err
	}
	go func() { a.ended <- a.Wait() }()
	return a, nil
}

// stop ends the agent as a service manager does and waits for it.
func (a *agentProcess) stop() {
	_ = a.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-a.ended:
		a.ended <- err
	case <-time.After(20 * time.Second):
		_ = a.Process.Kill()
	}
}

// failure ends the agent and says what it had to say.
func (a *agentProcess) failure() error {
	a.stop()
	return fmt.Errorf("the agent said: %s", a.stderr.String())
}

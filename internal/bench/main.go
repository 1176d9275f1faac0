// Command bench measures the agent on the corpus beside a plain program that
// does the same (internal/bench/reference), cat and wc, all in one run, then
// what each output over a network takes, how long a written line takes to its
// record, and what doing nothing costs. It exits 1 where a bar is missed.
//
// In comes nothing but flags; out goes a table. It builds what it runs and
// works in a folder of its own, which it takes away again unless --dir names
// one to keep.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"jupyter-events-agent/internal/corpus"
)

type options struct {
	lines   int
	rounds  int
	rate    int
	latency time.Duration
	idle    time.Duration
	dir     string
	only    string

	syslogNG string
}

func main() {
	var o options
	flag.IntVar(&o.lines, "lines", 1_000_000, "lines of the corpus")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each contestant runs; the median counts")
	flag.IntVar(&o.rate, "rate", 20_000, "lines a second of the latency run")
	flag.DurationVar(&o.latency, "latency", 10*time.Second, "how long the latency run takes")
	flag.DurationVar(&o.idle, "idle", 10*time.Second, "how long the idle run takes")
	flag.StringVar(&o.dir, "dir", "", "folder to work in and to keep (a temporary one by default)")
	flag.StringVar(&o.only, "only", "", "throughput, outputs, latency or idle alone, all by default; or agents: other agents that are installed here")
	flag.StringVar(&o.syslogNG, "syslog-ng", "", "folder that syslog-ng's package was unpacked into, for agents")
	flag.Parse()
	if flag.NArg() > 0 || o.lines < 1 || o.rounds < 1 || o.rate < 1 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run with everything it needs built and written.
type bench struct {
	options
	work      string // folder for what contestants write
	agent     string
	reference string
	standin   string
	corpus    string // folder of the corpus
	missed    []error
}

func run(ctx context.Context, o options) error {
	b := &bench{options: o, work: o.dir}
	if b.work == "" {
		dir, err := os.MkdirTemp("", "jupyter-events-agent-bench")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		b.work = dir
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{{"throughput", b.throughput}, {"outputs", b.runOutputs}, {"latency", b.runLatency}, {"idle", b.runIdle}, {agentsPart, b.runAgents}} {
		if o.only != part.name && (o.only != "" || part.name == agentsPart) {
			continue
		}
		if err := part.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	if len(b.missed) > 0 {
		return errors.Join(b.missed...)
	}
	fmt.Println("every bar held")
	return nil
}

func (b *bench) prepare(ctx context.Context) error {
	work, err := filepath.Abs(b.work)
	if err != nil {
		return err
	}
	b.work = work
	b.agent = filepath.Join(work, "jupyter-events-agent")
	b.reference = filepath.Join(work, "reference")
	b.standin = filepath.Join(work, "standin")
	b.corpus = filepath.Join(work, "corpus")
	for binary, from := range map[string]string{b.agent: "cmd/agent", b.reference: "internal/bench/reference", b.standin: "internal/bench/standin"} {
		from = "jupyter-events-agent/" + from
		build := exec.CommandContext(ctx, "go", "build", "-o", binary, from)
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("building %s: %w", from, err)
		}
	}
	s, err := corpus.New(corpus.Options{}).WriteDir(b.corpus, b.lines)
	if err != nil {
		return err
	}
	fmt.Printf("corpus: %d lines, %d MB\n", s.Lines, s.Bytes/1_000_000)
	return nil
}

// bar notes a bar that was missed, and prints how it stands.
func (b *bench) bar(held bool, what string) {
	word := "held  "
	if !held {
		word = "MISSED"
		b.missed = append(b.missed, errors.New("bar missed: "+what))
	}
	fmt.Println("bar", word, what)
}

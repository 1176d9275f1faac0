package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"jupyter-events-agent/pipeline"
)

// backlog is how many bytes behind a run must be to show its progress.
const backlog = 1 << 20

// progress is standard error with one line at its end that says how far a run
// is, on a terminal and while it has a backlog. Log lines go before that line.
type progress struct {
	to       io.Writer
	terminal bool

	mu    sync.Mutex
	shown bool
}

func newProgress(to io.Writer) *progress {
	return &progress{to: to, terminal: isTerminal(to)}
}

// Write takes the line away before it lets a line of the log through.
func (p *progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	return p.to.Write(b)
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.to, "\r\x1b[K")
		p.shown = false
	}
}

// begin shows progress from time to time; the returned function ends it and
// waits for that.
func (p *progress) begin(ctx context.Context, stats *pipeline.Stats) (end func()) {
	if !p.terminal {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		var before int64
		for at := time.Now(); ; {
			select {
			case <-ctx.Done():
				p.mu.Lock()
				p.clear()
				p.mu.Unlock()
				return
			case now := <-tick.C:
				s := stats.Snapshot()
				bytes := read(s)
				p.show(progressLine(s, float64(bytes-before)/now.Sub(at).Seconds()))
				before, at = bytes, now
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// show replaces the line; "" takes it away.
func (p *progress) show(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	if line == "" {
		return
	}
	fmt.Fprint(p.to, cut(line, width(p.to)-1))
	p.shown = true
}

// progressLine is "" where no output is far behind.
func progressLine(s pipeline.Snapshot, bytesPerSecond float64) string {
	var behind int64
	last := ""
	for _, out := range s.Outputs {
		if out.Lag > behind {
			behind, last = out.Lag, out.Name
		}
	}
	if behind < backlog {
		return ""
	}
	line := fmt.Sprintf("catching up: %s lines read, %s still to go for %s", thousands(linesOf(s)), bytesText(behind), last)
	if bytesPerSecond > 0 {
		line += fmt.Sprintf(", %s/s", bytesText(int64(bytesPerSecond)))
		if left := time.Duration(float64(behind) / bytesPerSecond * float64(time.Second)); left < 100*time.Hour {
			line += ", about " + left.Round(time.Second).String()
		}
	}
	return line
}

// summary says in one line what a run did.
func summary(s pipeline.Snapshot, took time.Duration) string {
	var faults, gaps int64
	for i := range s.Inputs {
		faults += s.Inputs[i].FaultSum()
		gaps += s.Inputs[i].Gaps
	}
	line := fmt.Sprintf("read %s in %s, %s", plural(linesOf(s), "line"), took.Round(time.Millisecond), plural(faults, "not valid event"))
	if gaps > 0 {
		line += fmt.Sprintf(", %s lost before they could be read", plural(gaps, "stretch"))
	}
	var sent []string
	for i := range s.Outputs {
		out := &s.Outputs[i]
		if out.Name == pipeline.QuarantineCursor {
			line += fmt.Sprintf(", %s quarantined", thousands(out.Records))
			continue
		}
		text := out.Name + " " + thousands(out.Records)
		if n := out.RejectedSum(); n > 0 {
			text += fmt.Sprintf(" (%s rejected)", thousands(n))
		}
		sent = append(sent, text)
	}
	return line + "; delivered: " + strings.Join(sent, ", ")
}

func read(s pipeline.Snapshot) (n int64) {
	for i := range s.Inputs {
		n += s.Inputs[i].Bytes
	}
	return n
}

func linesOf(s pipeline.Snapshot) (n int64) {
	for i := range s.Inputs {
		n += s.Inputs[i].Lines
	}
	return n
}

func plural(n int64, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "ch"):
		noun += "e"
	}
	return thousands(n) + " " + noun + "s"
}

// thousands is a number with commas.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
}

// cut shortens a text to so many columns, one a character.
func cut(s string, columns int) string {
	runes := []rune(s)
	if len(runes) <= columns || columns < 1 {
		return s
	}
	return string(runes[:columns-1]) + "…"
}

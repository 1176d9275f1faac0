package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"text/template"
	"time"
)

//go:embed agents
var agentFiles embed.FS

// rival is another agent, as it is found on this machine.
type rival struct {
	name    string
	install string                          // what to do where it is not found
	config  string                          // the template of its configuration, in agents/
	record  string                          // what each record in its files has once
	version []string                        // arguments that make it say its version
	args    func(dir, conf string) []string // how it stays in the foreground, with everything it writes in dir
	env     []string
	command string // found, or empty
}

// setup is what a template gets.
type setup struct {
	Dir, Events string
	Outputs     []rivalOutput
}

type rivalOutput struct {
	Name, File string
	Keep       []kept
}

func (r rival) configure(s setup) (string, error) {
	t, err := template.ParseFS(agentFiles, "agents/"+r.config)
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	if err := t.Option("missingkey=error").Execute(&text, s); err != nil {
		return "", err
	}
	file := filepath.Join(s.Dir, r.config)
	return file, os.WriteFile(file, text.Bytes(), 0o600)
}

// says is the first line that it says of its version.
func (r rival) says(ctx context.Context) string {
	c := exec.CommandContext(ctx, r.command, r.version...)
	c.Env = append(os.Environ(), r.env...)
	text, _ := c.CombinedOutput()
	line, _, _ := strings.Cut(string(text), "\n")
	line, _, _ = strings.Cut(line, " compiled with")
	return strings.Join(strings.Fields(line), " ")
}

// A rival that writes nothing for so long is taken to be done.
const stall = time.Minute

// measure runs it until each file has so many records, and ends it. The wall
// time is until the last record is there; the CPU time is all of the process.
func (r rival) measure(ctx context.Context, s setup, records int) (took cost, lines int, err error) {
	conf, err := r.configure(s)
	if err != nil {
		return took, 0, err
	}
	c := exec.Command(r.command, r.args(s.Dir, conf)...)
	c.Env = append(os.Environ(), r.env...)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	begin := time.Now()
	if err := c.Start(); err != nil {
		return took, 0, err
	}
	ended := make(chan struct{})
	done, watched := make(chan struct{}), make(chan int64)
	go func() {
		_ = c.Wait() // how it ends says nothing: it is told to
		close(ended)
	}()
	go func() { watched <- watchPeak(c.Process.Pid, done) }()
	lines, last, err := waitFor(ctx, s.Outputs, r.record, records, ended)
	took.wall = last.Sub(begin)
	stopProcess(c, ended)
	close(done)
	took.peak = <-watched
	if err != nil {
		return took, lines, fmt.Errorf("%w; it said: %s", err, said.Bytes()[:min(said.Len(), 2000)])
	}
	took.cpu = c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	return took, lines, nil
}

// stopProcess asks it to end, and makes it after a while.
func stopProcess(c *exec.Cmd, ended <-chan struct{}) {
	_ = c.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(time.Minute):
		_ = c.Process.Kill()
		<-ended
	}
}

// waitFor waits until every file has its records, or none has come for long,
// and says how many the shortest has, and when the last of them came.
func waitFor(ctx context.Context, outputs []rivalOutput, record string, want int, ended <-chan struct{}) (least int, last time.Time, err error) {
	counts := make([]counter, len(outputs))
	last = time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		before := least
		least = want
		for i := range counts {
			if err := counts[i].read(outputs[i].File, []byte(record)); err != nil {
				return 0, last, err
			}
			least = min(least, counts[i].records)
		}
		if least > before {
			last = time.Now()
		}
		if least == want || time.Since(last) > stall {
			return least, last, nil
		}
		select {
		case <-ctx.Done():
			return least, last, ctx.Err()
		case <-ended:
			return least, last, errors.New("it ended by itself")
		case <-tick.C:
		}
	}
}

// counter counts the records of a file that grows.
type counter struct {
	records int
	offset  int64
	tail    []byte // of what was read, where a mark may have begun
}

func (c *counter) read(file string, mark []byte) error {
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	for {
		n, err := f.ReadAt(block, c.offset)
		c.offset += int64(n)
		text := append(c.tail, block[:n]...)
		c.records += bytes.Count(text, mark)
		c.tail = bytes.Clone(text[max(0, len(text)-len(mark)+1):])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

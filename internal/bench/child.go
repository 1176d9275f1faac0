package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// cost is what one finished process took.
type cost struct {
	cpu  time.Duration // user and system time
	wall time.Duration
	peak int64 // bytes of resident memory at most; 0: not known here
}

// measure runs a command to its end. Its output goes to stdout, or nowhere
// where that is nil.
func measure(ctx context.Context, stdout *os.File, name string, args ...string) (cost, error) {
	c := exec.CommandContext(ctx, name, args...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if stdout != nil {
		c.Stdout = stdout
	}
	begin := time.Now()
	if err := c.Start(); err != nil {
		return cost{}, err
	}
	done, watched := make(chan struct{}), make(chan int64)
	go func() { watched <- watchPeak(c.Process.Pid, done) }()
	err := c.Wait()
	wall := time.Since(begin)
	close(done)
	peak := <-watched
	if err != nil {
		return cost{}, errors.Join(fmt.Errorf("%s: %w", name, err), errors.New(stderr.String()))
	}
	return cost{c.ProcessState.UserTime() + c.ProcessState.SystemTime(), wall, peak}, nil
}

// watchPeak reads the high-water mark of a process's memory until it ends.
// The one that wait reports begins with what this process has, since exec
// hands it on, and so says nothing about a small child.
func watchPeak(pid int, done <-chan struct{}) (peak int64) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return peak
		case <-tick.C:
			peak = max(peak, highWater(pid))
		}
	}
}

func highWater(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(text, []byte("VmHWM:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

// cpuOf is the CPU time of a running process so far.
func cpuOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in parentheses, perhaps with
	// spaces in it; utime and stime are the 14th and 15th, in 1/100 s.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0, errors.New("the process's stat file is short")
	}
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

//go:build real

package realtest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// use is what one process has used.
type use struct {
	cmd    *exec.Cmd
	memory int64         // most that was resident, in bytes; 0 where the system does not tell
	ended  chan struct{} // closed when memory is complete
}

// watch begins to watch a process that has been started. What wait4 tells of
// its memory counts that of the test, from which it was forked.
func (w *world) watch(c *exec.Cmd) {
	u := &use{cmd: c, ended: make(chan struct{})}
	w.agents = append(w.agents, u)
	go func() {
		defer close(u.ended)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for ; ; <-tick.C {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
			_, peak, found := strings.Cut(string(status), "VmHWM:")
			if err != nil || !found { // it has ended
				return
			}
			var kib int64
			if _, err := fmt.Sscan(peak, &kib); err != nil {
				w.t.Error(err)
				return
			}
			u.memory = max(u.memory, kib<<10)
		}
	}()
}

// once runs an agent to its end, which is to be a good one.
func (w *world) once(args ...string) {
	w.t.Helper()
	c, said := command(args...)
	err := c.Start()
	if err == nil {
		w.watch(c)
		err = c.Wait()
	}
	if err != nil {
		w.t.Fatalf("%s: %v: %s", args, err, tail(said.String(), 20))
	}
}

// used says what the agents that have ended have used, for each million events.
func (w *world) used() string {
	var cpu time.Duration
	var memory int64
	for _, u := range w.agents {
		<-u.ended
		cpu += u.cmd.ProcessState.UserTime() + u.cmd.ProcessState.SystemTime()
		memory = max(memory, u.memory)
	}
	return fmt.Sprintf("the agent: %.2f CPU s (%.2f a million events), %d MiB at most",
		cpu.Seconds(), cpu.Seconds()*1e6/float64(len(w.offsets)), memory>>20)
}

// growing is a file that is being written.
type growing struct {
	t    *testing.T
	name string
	read int64 // bytes
	have int64 // lines in them
}

// lines is how many lines the file has now.
func (g *growing) lines() int64 {
	g.t.Helper()
	f, err := os.Open(g.name)
	if err != nil {
		g.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Seek(g.read, io.SeekStart); err != nil {
		g.t.Fatal(err)
	}
	for r := bufio.NewReaderSize(f, 64<<10); ; {
		piece, err := r.ReadSlice('\n')
		g.read += int64(len(piece))
		g.have += int64(bytes.Count(piece, []byte("\n")))
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err == io.EOF {
			return g.have
		}
		if err != nil {
			g.t.Fatal(err)
		}
	}
}

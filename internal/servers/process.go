package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is one server's process, which may come and go over the same folder.
type process struct {
	name    string
	dir     string // its state; what it prints goes into the file log
	command func() *exec.Cmd
	ready   func(context.Context) error // nil: it answers

	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended; nil before the first start
}

func (p *process) log() string { return filepath.Join(p.dir, "log") }

func (p *process) running() bool {
	if p.ended == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// start returns when the server answers. One that runs is left alone.
func (p *process) start(t testing.TB) {
	t.Helper()
	if p.running() {
		return
	}
	begun := time.Now()
	err := p.launch()
	if err == nil {
		err = p.await()
	}
	if err != nil {
		p.kill()
		t.Fatalf("%s did not start: %v; its log ends:\n%s", p.name, err, p.tail(40))
	}
	t.Logf("%s answers after %.1f s", p.name, time.Since(begun).Seconds())
}

func (p *process) launch() error {
	log, err := os.OpenFile(p.log(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := p.command()
	cmd.Stdout, cmd.Stderr = log, log
	dieWithParent(cmd)
	started, ended := make(chan error), make(chan struct{})
	go func() {
		defer close(ended)
		// On Linux the signal for a parent that has died is sent when the
		// thread that started the child ends, so this one stays.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	p.cmd, p.ended = cmd, ended
	return nil
}

// await polls until the server answers or has ended.
func (p *process) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := p.ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return errors.New("it ended by itself")
		case <-ctx.Done():
			return fmt.Errorf("it did not answer in %v: %w", patience, err)
		case <-tick.C:
		}
	}
}

// stop returns when the process has ended.
func (p *process) stop(t testing.TB, how []How) {
	t.Helper()
	if !p.running() {
		t.Fatalf("%s is to be stopped and does not run; its log ends:\n%s", p.name, p.tail(40))
	}
	for _, h := range how {
		if h == Kill {
			p.kill()
			return
		}
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("stopping %s: %v", p.name, err)
	}
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		p.kill()
		t.Fatalf("%s did not stop within a minute; its log ends:\n%s", p.name, p.tail(40))
	}
}

// kill ends the process, if it runs.
func (p *process) kill() {
	if p.running() {
		_ = p.cmd.Process.Kill() // fails where it has just ended
		<-p.ended
	}
}

// tail is the last lines of the log.
func (p *process) tail(lines int) string {
	text, err := os.ReadFile(p.log())
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

//go:build !windows

package main

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestWhatSystemdIsTold runs the agent as a service of Type=notify with a watchdog.
func TestWhatSystemdIsTold(t *testing.T) {
	y := newYard(t, "")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(y.dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", filepath.Join(y.dir, "notify"))
	t.Setenv("WATCHDOG_USEC", "200000")
	y.start()
	told := func(want ...string) {
		t.Helper()
		for {
			if err := socket.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			text := make([]byte, 4096)
			n, err := socket.Read(text)
			if err != nil {
				t.Fatalf("waited in vain for %q: %v", want, err)
			}
			all := true
			for _, w := range want {
				all = all && strings.Contains(string(text[:n]), w)
			}
			if all {
				return
			}
		}
	}
	told("READY=1", "STATUS=1 input, 2 outputs")
	told("WATCHDOG=1")
	hangUp := func() {
		t.Helper()
		if err := y.agent.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		told("RELOADING=1", "MONOTONIC_USEC=")
	}
	hangUp()
	told("READY=1", "STATUS=1 input, 2 outputs")
	y.write("schema.json", "{")
	hangUp()
	told("READY=1", "STATUS=not reloaded")
	y.write("gate", "") // a destination that is away is no hang
	y.append(0, 1000)
	y.until("the destination is tried", func() bool { return strings.Contains(y.text("said"), "cannot deliver") })
	for range 5 {
		told("WATCHDOG=1")
	}
	if err := y.agent.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	told("STOPPING=1")
	if err := y.agent.Wait(); err != nil {
		t.Errorf("the agent ended: %v", err)
	}
}

func TestPingsEndWithThePulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var alive atomic.Bool
		var pings atomic.Int64
		alive.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		go ping(ctx, time.Second, alive.Load, func() { pings.Add(1) })
		<-time.After(10*time.Second + time.Millisecond)
		synctest.Wait()
		alive.Store(false)
		before := pings.Load()
		<-time.After(time.Minute)
		cancel()
		synctest.Wait()
		if before != 11 || pings.Load() != before {
			t.Errorf("%d pings in ten seconds, %d after it stopped", before, pings.Load()-before)
		}
	})
}

func TestAReloadThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r turning
		if r.stuck(0) {
			t.Error("no reload is stuck")
		}
		r.begin()
		<-time.After(time.Minute)
		if r.stuck(time.Minute) || !r.stuck(time.Minute-1) {
			t.Error("a minute is not a minute")
		}
		r.end()
		if r.stuck(0) {
			t.Error("a reload that has ended is stuck")
		}
	})
}

package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"jupyter-events-agent/pipeline"
)

// tell says something to systemd, where it has started the agent.
func (w *wiring) tell(state string) {
	if w.asks == nil {
		return
	}
	if _, err := daemon.SdNotify(false, state); err != nil {
		w.log.Debug("systemd was not told", "error", err)
	}
}

// ready says that lines are moved, and how it stands.
func (w *wiring) ready(status string) { w.tell(daemon.SdNotifyReady + "\nSTATUS=" + status) }

// reloading says that a reload is being made, until ready.
func (w *wiring) reloading() {
	w.tell(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
}

// wired is the status of a run in which nothing went wrong.
func wired(spec *pipeline.Spec) string {
	return fmt.Sprintf("%s, %s", count(len(spec.Inputs), "input"), count(len(spec.Outputs), "output"))
}

// turning is since when a reload is being made.
type turning struct{ since atomic.Int64 } // in Unix nanoseconds; 0: none is

func (t *turning) begin() { t.since.Store(time.Now().UnixNano()) }
func (t *turning) end()   { t.since.Store(0) }

// stuck says that a reload takes longer than any does.
func (t *turning) stuck(most time.Duration) bool {
	since := t.since.Load()
	return since != 0 && time.Since(time.Unix(0, since)) > most
}

// watchdog tells systemd that the agent lives, while it does: its goroutines
// move, or wait for something outside.
func (w *wiring) watchdog(ctx context.Context) {
	within, err := daemon.SdWatchdogEnabled(false)
	if err != nil || within == 0 {
		<-ctx.Done()
	} else {
		alive := func() bool { return w.pulse.Moves(within/2) && !w.turning.stuck(within) }
		ping(ctx, within/4, alive, func() { _, _ = daemon.SdNotify(false, daemon.SdNotifyWatchdog) })
	}
	_, _ = daemon.SdNotify(false, daemon.SdNotifyStopping)
}

// ping calls what it is given from time to time while alive says so.
func ping(ctx context.Context, every time.Duration, alive func() bool, call func()) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if alive() {
			call()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

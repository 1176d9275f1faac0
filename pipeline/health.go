package pipeline

import (
	"log/slog"
	"time"

	"jupyter-events-agent/outputs"
)

// How often a failure that goes on is said again: after the first of these,
// then after twice as long each time, up to the second.
const (
	sayAgain  = time.Minute
	saySeldom = time.Hour
)

// health says that something fails: when it begins, now and then while it goes
// on, and when it is over. Not for several goroutines.
type health struct {
	log   *slog.Logger
	what  string // the message: "cannot write to the output"
	since time.Time
	next  time.Time
	every time.Duration
	// refused: it was said that somebody has to act.
	refused bool
}

// failed notes an attempt that began at began and failed, and returns since
// when all of them do.
func (h *health) failed(began time.Time, err error) time.Time {
	now := time.Now()
	refused := outputs.IsRefused(err)
	switch {
	case h.since.IsZero(), refused && !h.refused:
		if h.since.IsZero() {
			h.since = began
		}
		h.every = sayAgain
		if h.refused = refused; refused {
			h.log.Error(h.what+" until somebody acts; nothing is lost; trying again", "error", err)
		} else {
			h.log.Warn(h.what+"; trying again", "error", err)
		}
	case now.Before(h.next):
		return h.since
	default:
		h.every = min(2*h.every, saySeldom)
		h.log.Warn(h.what+", still; trying again", "error", err, "for", now.Sub(h.since).Round(time.Second))
	}
	h.next = now.Add(h.every)
	return h.since
}

// well notes that it works.
func (h *health) well() {
	if h.since.IsZero() {
		return
	}
	h.log.Info("over: "+h.what, "after", time.Since(h.since).Round(time.Millisecond))
	h.since, h.refused = time.Time{}, false
}

package pipeline

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Pulse says whether the goroutines of a run move. One that waits, for lines,
// for a destination that is away or slow, for a disk, is well; one that has been
// at its own work for too long is not. The zero Pulse is ready; safe for use by
// several goroutines.
type Pulse struct {
	mu    sync.Mutex
	works []*work
}

// Moves says that nobody has been at the same piece of work for longer than
// most. Checking a block of lines takes milliseconds.
func (p *Pulse) Moves(most time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	return !slices.ContainsFunc(p.works, func(w *work) bool {
		since := w.since.Load()
		return since != 0 && now.Sub(time.Unix(0, since)) > most
	})
}

func (p *Pulse) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.works = nil
}

// work is what one goroutine is at.
type work struct{ since atomic.Int64 } // when the piece of work began, in Unix nanoseconds; 0: it waits

func (p *Pulse) work() *work {
	w := &work{}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.works = append(p.works, w)
	return w
}

func (w *work) begin() { w.since.Store(time.Now().UnixNano()) }
func (w *work) end()   { w.since.Store(0) }

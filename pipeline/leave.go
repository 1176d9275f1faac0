package pipeline

import (
	"context"
	"time"
)

// leaveWithin is how long a Write under way may take to end when the run ends
// by Leave: the other outputs wait for it meanwhile. One that takes longer is
// cut off, and its batch made again.
const leaveWithin = 2 * time.Second

// leave ends the run when it is told to.
func (r *run) leave(beside context.Context, stop func()) {
	if r.Leave == nil {
		return
	}
	if wait(beside, r.Leave, 0) == nil {
		r.left.Store(true) // before the follows end: what they leave behind is not sent
		stop()
	}
}

// grace is how long what is being written may take once the run ends.
func (r *run) grace() time.Duration {
	grace := max(r.Grace, time.Millisecond)
	if r.left.Load() {
		return min(grace, leaveWithin)
	}
	return grace
}

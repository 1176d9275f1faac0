package pipeline

import "time"

// owed is since when the oldest event waits that the run before has read and not
// delivered; zero for none. It is read again in this run and waits no longer than
// if there had been no reload: else an output whose batches wait for longer than
// it takes until the next reload would deliver nothing.
type owed struct{ since, until time.Time }

// owedFor is how long into a run the first event counts as the one that waits: it
// is not known which it was, and the policy may let it out no more.
const owedFor = time.Minute

func owe(since time.Time) owed { return owed{since, time.Now().Add(owedFor)} }

// take is since when the first event of a batch waits, which comes now.
func (o *owed) take(now time.Time) time.Time {
	since := now
	if !o.since.IsZero() && now.Before(o.until) {
		since = o.since
	}
	*o = owed{}
	return since
}

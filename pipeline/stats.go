package pipeline

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// Stats are the counters of a run. The zero Stats is ready; safe for use by
// several goroutines, also before and after the run.
type Stats struct {
	ByAction bool // count events by schema and action, which costs some 20 ns each; set before the run

	mu      sync.Mutex
	inputs  []*inputStats
	outputs []*outputStats
}

// Snapshot is the counters at one moment, in the order of the configuration.
type Snapshot struct {
	Inputs  []InputStats
	Outputs []OutputStats
}

// InputStats count what was read. Each line counts once, however many outputs
// there are and however often it is read; lines that every output had passed
// in an earlier run do not count.
type InputStats struct {
	Name   string
	Lines  int64 // events and faults
	Bytes  int64
	Faults map[schema.Reason]int64
	Gaps   int64            // stretches that were lost before they could be read
	Files  int              // known now; -1: the input has none
	Events []schema.Counted // nil unless Stats.ByAction
}

// OutputStats count what one output did. The quarantine is one of them, under
// the name of its cursor: its records are the faults that it took.
type OutputStats struct {
	Name     string
	Records  int64            // delivered
	Bytes    int64            // of delivered records
	Batches  int64            // written, whole or as what is left of a part
	Retries  int64            // attempts that failed
	Rejected map[string]int64 // records that the destination will never take, by its class
	Withheld filters.Withheld // valid events that do not go out at all, by what in the policy holds them back
	Lag      int64            // bytes known to be there and not delivered; of what is still being read an estimate

	Behind   time.Duration // since it had delivered all that was there; 0 while it has
	Failing  time.Time     // since when its destination takes nothing; zero while it does
	Error    string        // what the last failure was, "" for none so far
	Batch    Histogram     // records in a batch
	Write    Histogram     // seconds of an attempt
	Delivery Histogram     // seconds from a batch's first record until it was delivered
}

// FaultSum is the sum over all reasons.
func (s *InputStats) FaultSum() int64 { return sum(s.Faults) }

// RejectedSum is the sum over all classes.
func (s *OutputStats) RejectedSum() int64 { return sum(s.Rejected) }

func sum[K comparable](m map[K]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

// Snapshot is the counters as they are now.
func (s *Stats) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	var snap Snapshot
	for _, in := range s.inputs {
		snap.Inputs = append(snap.Inputs, in.snapshot())
	}
	for _, out := range s.outputs {
		snap.Outputs = append(snap.Outputs, out.snapshot())
	}
	return snap
}

// Gap counts a gap; for inputs.Env.
func (s *Stats) Gap(g inputs.Gap) {
	in := s.input(g.Input)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.Gaps++
}

// input is the counters of the input of that name, new where there are none.
func (s *Stats) input(name string) *inputStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.inputs, func(in *inputStats) bool { return in.Name == name })
	if i < 0 {
		i = len(s.inputs)
		s.inputs = append(s.inputs, &inputStats{InputStats: InputStats{Name: name, Files: -1}, byAction: s.ByAction})
	}
	return s.inputs[i]
}

// output is the counters of the output of that name, which go on over runs.
func (s *Stats) output(name string, inputs int) *outputStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.outputs, func(out *outputStats) bool { return out.Name == name }); i >= 0 {
		s.outputs[i].again(inputs)
		return s.outputs[i]
	}
	out := &outputStats{OutputStats: OutputStats{
		Name: name, Batch: newHistogram(recordBounds), Write: newHistogram(secondBounds), Delivery: newHistogram(secondBounds),
	}, lag: make([]atomic.Int64, inputs)}
	out.whole.Store(time.Now().UnixNano())
	s.outputs = append(s.outputs, out)
	return out
}

// arrange drops the counters of what is not in this run, and has the others in
// its order.
func (s *Stats) arrange(inputs, outputs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inputs = pick(s.inputs, inputs, func(in *inputStats) string { return in.Name })
	s.outputs = pick(s.outputs, outputs, func(out *outputStats) string { return out.Name })
}

func pick[T any](from []T, names []string, name func(T) string) (picked []T) {
	for _, n := range names {
		if i := slices.IndexFunc(from, func(t T) bool { return name(t) == n }); i >= 0 {
			picked = append(picked, from[i])
		}
	}
	return picked
}

type inputStats struct {
	mu sync.Mutex
	InputStats
	// done is how far each stream has been counted. It begins where the output
	// that had come farthest begins, so that one that lags, and reads again
	// what others had, does not count it again.
	done  map[uint64]int64
	begin []*checkpoint.Cursor
	known func(stream uint64) bool // the store has it still
	room  int                      // how many streams done may have before those that are forgotten go

	byAction bool
	tally    schema.Tally     // of this run
	earlier  []schema.Counted // of runs before
	counting inputs.Counting  // nil: the input has no files
}

// counts says which input it is that is counted.
func (s *inputStats) counts(in inputs.Input) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counting, _ = in.(inputs.Counting)
}

// start says whose cursors tell what earlier runs have counted, and which
// streams there are still.
func (s *inputStats) start(cursors []*checkpoint.Cursor, known func(stream uint64) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin, s.known = cursors, known
	s.earlier = sumUp(s.earlier, s.tally.Counted()) // whose schemas were others
	s.tally = schema.Tally{}
}

// sumUp adds counts of the same schema and action.
func sumUp(a, b []schema.Counted) []schema.Counted {
	all := slices.Clone(a)
	for _, c := range b {
		same := func(o schema.Counted) bool {
			return o.Schema == c.Schema && o.Version == c.Version && o.Action == c.Action
		}
		if i := slices.IndexFunc(all, same); i >= 0 {
			all[i].Events += c.Events
		} else {
			all = append(all, c)
		}
	}
	return all
}

// makeRoom drops the streams that were forgotten, so that years of rotated files
// do not add up; seldom enough that it costs each stream next to nothing.
func (s *inputStats) makeRoom() {
	if s.done == nil {
		s.done = map[uint64]int64{}
	}
	if len(s.done) < s.room {
		return
	}
	maps.DeleteFunc(s.done, func(stream uint64, _ int64) bool { return !s.known(stream) })
	s.room = max(1000, 2*len(s.done))
}

// count adds the lines of a chunk that were not counted before.
func (s *inputStats) count(c *chunk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stream, end := c.block.At.Stream, c.block.End
	done, ok := s.done[stream]
	if !ok {
		s.makeRoom()
		for _, cursor := range s.begin {
			done = max(done, cursor.Offset(stream))
		}
		s.done[stream] = done
	}
	if done >= end {
		return
	}
	s.done[stream] = end
	for i := range c.block.Lines {
		if c.block.Lines[i].At.Offset >= done {
			s.Lines += int64(len(c.block.Lines) - i)
			break
		}
	}
	s.Bytes += bytesAfter(&c.block, done)
	if s.byAction {
		s.tallyAfter(c, done)
	}
	for _, f := range c.faults {
		if c.block.Lines[f.line].At.Offset < done {
			continue
		}
		if s.Faults == nil {
			s.Faults = map[schema.Reason]int64{}
		}
		s.Faults[f.fault.Reason]++
	}
}

func (s *inputStats) tallyAfter(c *chunk, done int64) {
	for i := range c.events {
		if e := &c.events[i]; e.At().Offset >= done {
			s.tally.Add(e)
		}
	}
}

// bytesAfter is how many bytes of the block stand after an offset; where offsets
// do not count bytes, their share.
func bytesAfter(b *inputs.Block, done int64) int64 {
	n, all := b.End-max(done, b.At.Offset), b.End-b.At.Offset
	if b.Size == 0 {
		return n
	}
	return b.Size * n / all
}

func (s *inputStats) snapshot() InputStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := s.InputStats
	snap.Faults = maps.Clone(s.Faults)
	snap.Events = sumUp(s.earlier, s.tally.Counted())
	if s.counting != nil {
		snap.Files = s.counting.Files()
	}
	return snap
}

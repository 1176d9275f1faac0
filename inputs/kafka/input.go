package kafka

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/kafkaconn"
)

// Input is one cluster's topics, shared by all outputs.
type Input struct {
	now      atomic.Pointer[inputs.Env] // another after Keep
	set      settings
	cluster  *cluster
	identity uint64 // the same in every group and over restarts, see balance.go

	polling chan struct{} // capacity 1: held by the reader that waits for the brokers for all

	mu         sync.Mutex
	partitions map[spot]*partition
	readers    []*reader
	resting    []*reader // of a run that has ended, still in their groups

	bytes, lines atomic.Int64 // read so far, for how long a line is
	polled       atomic.Int64 // when all leaders were last asked, Unix nanoseconds
}

// spot is a partition's name.
type spot struct {
	topic string
	id    int32
}

// String is topic/partition, as messages and the quarantine show it.
func (s spot) String() string { return s.topic + "/" + strconv.Itoa(int(s.id)) }

// where is how people see a partition: as the "file" of the quarantine and of locate.
func (s spot) where() string { return "kafka " + s.String() }

func newInput(env inputs.Env, set settings, dialer *kafkaconn.Dialer) (*Input, error) {
	in := &Input{
		set: set, cluster: newCluster(dialer, set.brokers, set.topics),
		polling: make(chan struct{}, 1), partitions: map[spot]*partition{},
	}
	in.now.Store(&env)
	var err error
	in.identity, err = member(env.Store, env.Source.Input)
	if err != nil {
		return nil, fmt.Errorf("remember this agent's place in its consumer groups: %w", err)
	}
	return in, nil
}

func (in *Input) env() *inputs.Env { return in.now.Load() }

// groupOf is the name of an output's group.
func (in *Input) groupOf(output string) string { return in.set.group + "." + output }

// member is a random number that stays this agent's for this input.
func member(store *checkpoint.Store, input string) (uint64, error) {
	path := "member of the consumer groups of input " + input
	for _, st := range store.Streams() {
		if st.Path == path {
			return st.ID, nil
		}
	}
	added, err := store.Add(checkpoint.Stream{Path: path})
	if err != nil {
		return 0, err
	}
	return added[0].ID, nil
}

// partition is the partition of that name, made where it is met first.
func (in *Input) partition(s spot) *partition {
	in.mu.Lock()
	defer in.mu.Unlock()
	p := in.partitions[s]
	if p == nil {
		p = &partition{in: in, spot: s, stream: streamOf(in.cluster.name(), s), reading: make(chan struct{}, 1), end: -1}
		in.partitions[s] = p
		in.remember(p)
	}
	return p
}

// streamOf is the number of a partition: of the cluster's own id, the topic and
// the partition, so that every agent has the same one.
func streamOf(cluster string, s spot) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d", cluster, s.topic, s.id))
	return max(binary.BigEndian.Uint64(sum[:]), 1)
}

// remember has the store know the partition, so that cursors keep their
// positions in it. Those belong to one group: with another name of the group
// everything begins anew.
func (in *Input) remember(p *partition) {
	sum := sha256.Sum256([]byte(in.set.group))
	st := checkpoint.Stream{ID: p.stream, Path: p.spot.where(), Start: -1}
	copy(st.Identity.Head[:], sum[:])
	if old, ok := in.env().Store.Find(p.stream); ok && old.Identity != st.Identity {
		in.env().Store.Forget(p.stream)
	}
	in.env().Store.Keep(st)
}

// Open is inputs.Input. The Reader joins its group at once, beside what goes
// on, or is in it still.
func (in *Input) Open(from inputs.Resume) (inputs.Reader, error) {
	r := in.rested(from)
	if r != nil {
		r.again()
	} else {
		var err error
		if r, err = newReader(in, from); err != nil {
			return nil, err
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.readers = append(in.readers, r)
	return r, nil
}

// poke wakes the readers that wait for something to read.
func (in *Input) poke() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, r := range in.readers {
		r.poke()
	}
}

// wanted are the partitions that some reader follows now, in their order.
func (in *Input) wanted() []*partition {
	in.mu.Lock()
	defer in.mu.Unlock()
	seen := map[*partition]bool{}
	var all []*partition
	for _, r := range in.readers {
		for _, p := range *r.follows.Load() {
			if !seen[p] {
				seen[p] = true
				all = append(all, p)
			}
		}
	}
	slices.SortFunc(all, before)
	return all
}

// lineBytes is about how long a line is.
func (in *Input) lineBytes() int64 {
	if lines := in.lines.Load(); lines > 0 {
		return max(1, in.bytes.Load()/lines)
	}
	return 400
}

// Background is inputs.Input. Reading is the Readers' own: what remains is to
// leave the groups of outputs that there are no more, and to close connections
// that nobody has used for long.
func (in *Input) Background(ctx context.Context) error {
	in.dismiss()
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			in.cluster.prune(now)
		}
	}
}

// Close is inputs.Input: it leaves the groups.
func (in *Input) Close() error {
	in.dismiss()
	in.cluster.close()
	return nil
}

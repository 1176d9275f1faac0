package kafka

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"jupyter-events-agent/checkpoint"
)

func (s *standin) config(topics ...string) Config {
	return Config{Brokers: []string{s.address()}, Topics: topics}
}

const groupOne = "jupyter-events-agent.in.one"

func TestOnce(t *testing.T) {
	s := newStandin(t)
	s.topic("a", 2)
	s.topic("b", 1)
	s.append("a", 0, 0, 100)
	s.append("a", 1, 100, 50)
	s.append("a", 1, 150, 50)
	s.append("b", 0, 200, 10)
	dir := t.TempDir()
	a := open(t, dir, s.config("b", "a"), true)
	one, two := a.consumer("one"), a.consumer("two")
	one.all()
	two.all()
	count(t, one.numbers(), 210)
	if !slices.Equal(one.places, two.places) {
		t.Error("two outputs do not go the same way")
	}
	if one.reader.Lag() != 0 {
		t.Errorf("%d bytes behind at the end", one.reader.Lag())
	}
	a.close(one, two)
	if c := s.offset(groupOne, "a"); c != (committedText{100, marker}) {
		t.Errorf("the group has %+v", c)
	}
	for _, st := range []string{"kafka a/0", "kafka a/1", "kafka b/0"} {
		store, err := checkpoint.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(store.Streams(), func(s checkpoint.Stream) bool { return s.Path == st }) {
			t.Errorf("the store does not know %s", st)
		}
	}
}

// TestNothingDurableNothingTold: the group is never ahead of the checkpoint.
func TestNothingDurableNothingTold(t *testing.T) {
	s := newStandin(t)
	s.topic("a", 1)
	s.append("a", 0, 0, 100)
	a := open(t, t.TempDir(), s.config("a"), false)
	one := a.consumer("one")
	one.until(100)
	if err := one.reader.(*reader).share.commit(); err != nil { // what it does every second
		t.Error(err)
	}
	if c := s.offset(groupOne, "a"); c.offset != -1 {
		t.Errorf("the group was told %d, and nothing is durable", c.offset)
	}
	// What an output has not sealed is not durable, whatever else is.
	place := one.places[0]
	one.cursor.Commit(checkpoint.Position{Stream: place.Stream, Offset: 60})
	one.cursor.Seal(nil)
	one.cursor.Commit(checkpoint.Position{Stream: place.Stream, Offset: 100})
	if err := a.store.Sync(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the group hears of what is durable", func() bool { return s.offset(groupOne, "a").offset == 60 })
	one.cursor.Seal(nil)
	a.close(one)
	if c := s.offset(groupOne, "a"); c.offset != 100 {
		t.Errorf("at the end the group has %d", c.offset)
	}
}

func TestResume(t *testing.T) {
	for name, c := range map[string]struct {
		cursor, group int64 // -1: none
		text          string
		atEnd         bool
		want          int64
	}{
		"nothing known":                       {-1, -1, "", false, 0},
		"nothing known, from the end":         {-1, -1, "", true, 100},
		"only the group":                      {-1, 30, marker, false, 30},
		"only the cursor":                     {40, -1, "", false, 40},
		"the cursor is ahead: a crash":        {40, 30, marker, false, 40},
		"the group is ahead: another had it":  {30, 40, marker, false, 40},
		"the group was set back by hand":      {40, 10, "", false, 10},
		"the group was set forward by hand":   {40, 90, "", true, 90},
		"the group's offset is gone, not end": {40, -1, "", true, 40},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStandin(t)
			s.topic("a", 1)
			s.append("a", 0, 0, 100)
			dir := t.TempDir()
			config := s.config("a")
			if c.atEnd {
				config.StartAt = "end"
			}
			if c.cursor >= 0 {
				a := open(t, dir, s.config("a"), true)
				one := a.consumer("one")
				one.all()
				one.cursor.Commit(checkpoint.Position{Stream: one.places[0].Stream, Offset: c.cursor})
				one.cursor.Seal(nil)
				a.close(one)
			}
			s.mu.Lock()
			g := s.group(groupOne)
			delete(g.offsets, spot{"a", 0})
			if c.group >= 0 {
				g.offsets[spot{"a", 0}] = committedText{c.group, c.text}
			}
			s.mu.Unlock()
			a := open(t, dir, config, true)
			one := a.consumer("one")
			one.all()
			first := int64(100)
			if len(one.places) > 0 {
				first = one.places[0].Offset
			}
			if first != c.want || len(one.lines) != int(100-c.want) {
				t.Errorf("%d lines from %d on, want from %d on", len(one.lines), first, c.want)
			}
			a.close(one)
		})
	}
}

// TestRebalanceGoesOn: who keeps a partition when another joins goes on where
// it is, and who gets one where the other was: what was delivered is told before
// partitions change hands.
func TestRebalanceGoesOn(t *testing.T) {
	s := newStandin(t)
	s.topic("a", 2)
	a := open(t, t.TempDir(), s.config("a"), false)
	one := a.consumer("one")
	s.append("a", 0, 0, 500)
	s.append("a", 1, 500, 500)
	one.until(1000)
	b := open(t, t.TempDir(), s.config("a"), false)
	other := b.consumer("one")
	var mu sync.Mutex
	var mine, its []int
	ctx, cancel := context.WithCancel(t.Context())
	first, second := one.follow(ctx, &mu, &mine), other.follow(ctx, &mu, &its)
	eventually(t, "each has one", func() bool { return len(*one.share()) == 1 && len(*other.share()) == 1 })
	s.append("a", 0, 1000, 10)
	s.append("a", 1, 1010, 10)
	got := func() int {
		mu.Lock()
		defer mu.Unlock()
		seen := map[int]bool{}
		for _, n := range append(slices.Clone(mine), its...) {
			if n >= 1000 {
				seen[n] = true
			}
		}
		return len(seen)
	}
	eventually(t, "the new lines", func() bool { return got() == 20 })
	cancel()
	<-first
	<-second
	if len(mine) != 10 {
		t.Errorf("who stayed got %d lines, and 10 are new", len(mine))
	}
	if len(its) != 10 {
		t.Errorf("who came got %d lines; the others were delivered and told before", len(its))
	}
	a.close(one)
	b.close(other)
	if c := s.offset(groupOne, "a"); c.offset != 510 {
		t.Errorf("the group has %d", c.offset)
	}
}

// follow reads until ctx is done; the numbers of what it gets are in all, under mu.
func (c *consumer) follow(ctx context.Context, mu *sync.Mutex, all *[]int) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			before := len(c.lines)
			_ = c.turn(ctx)
			if len(c.lines) > before {
				part := consumer{t: c.t, lines: c.lines[before:]}
				mu.Lock()
				*all = append(*all, part.numbers()...)
				mu.Unlock()
			}
		}
	}()
	return done
}

// share are the partitions that it reads: another pointer in each generation.
func (c *consumer) share() *[]*partition { return c.reader.(*reader).follows.Load() }

// eventually waits for what happens within seconds on a quiet machine.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(longest); !holds(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", longest, what)
		}
	}
}

// TestFenced: after the group has gone on without it, a member commits nothing.
func TestFenced(t *testing.T) {
	s := newStandin(t)
	s.topic("a", 1)
	s.append("a", 0, 0, 100)
	a := open(t, t.TempDir(), s.config("a"), false)
	one := a.consumer("one")
	one.until(100)
	s.mu.Lock()
	g := s.group(groupOne)
	g.offsets[spot{"a", 0}] = committedText{150, marker} // another has been further
	clear(g.members)                                     // and this one was missed
	g.generation += 5
	s.mu.Unlock()
	before := s.count(protocol.OffsetCommit)
	if err := a.store.Sync(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it tries to tell the group", func() bool { return s.count(protocol.OffsetCommit) > before })
	eventually(t, "it hears that the group has gone on", one.reader.(*reader).share.gone)
	if c := s.offset(groupOne, "a"); c.offset != 150 {
		t.Errorf("the group was told %d", c.offset)
	}
	s.append("a", 0, 100, 100) // it joins anew, and goes on where the other was
	one.until(150)
	if n := one.numbers(); n[100] != 150 {
		t.Errorf("went on at %d", n[100])
	}
	a.close(one)
}

func TestConnectionsEnd(t *testing.T) {
	s := newStandin(t)
	s.topic("a", 3)
	a := open(t, t.TempDir(), s.config("a"), false)
	one := a.consumer("one")
	for i := range 10 {
		s.append("a", i%3, 10*i, 10)
		one.until(10 * (i + 1))
		s.hangUp()
	}
	count(t, one.numbers(), 100)
	a.close(one)
}

func TestOnePartitionIsSick(t *testing.T) {
	for _, code := range []kafka.Error{kafka.LeaderNotAvailable, kafka.NotLeaderForPartition, kafka.TopicAuthorizationFailed, kafka.KafkaStorageError, kafka.Unknown} {
		s := newStandin(t)
		s.topic("a", 2)
		a := open(t, t.TempDir(), s.config("a"), false)
		one := a.consumer("one")
		s.append("a", 0, 0, 10)
		s.append("a", 1, 10, 10)
		one.until(20)
		s.answer("a", 1, code)
		s.append("a", 1, 20, 10)
		s.append("a", 0, 30, 10)
		one.until(30)
		if n := one.numbers(); n[len(n)-1] != 39 || slices.Contains(n, 20) {
			t.Errorf("%v: got %v", code, n)
		}
		s.answer("a", 1, 0)
		one.until(40)
		count(t, one.numbers(), 40)
		if said := a.log.String(); strings.Count(said, "partition") > 4 || strings.Contains(said, code.Error()) {
			t.Errorf("%v: said\n%s", code, said)
		}
		a.close(one)
	}
}

func TestGaps(t *testing.T) {
	s := newStandin(t)
	s.topic("a", 1)
	dir := t.TempDir()
	s.append("a", 0, 0, 10)
	a := open(t, dir, s.config("a"), false)
	one := a.consumer("one")
	one.until(10)
	a.close(one)
	s.append("a", 0, 10, 10)
	s.append("a", 0, 20, 10)
	s.forget("a", 0, 20)
	a = open(t, dir, s.config("a"), false)
	one = a.consumer("one")
	one.until(10)
	if len(a.gaps) != 1 || a.gaps[0].From != 10 || a.gaps[0].To != 20 || a.gaps[0].Path != "kafka a/0" || one.numbers()[0] != 20 {
		t.Errorf("%+v, from %d on", a.gaps, one.numbers()[0])
	}
	a.close(one)

	// The topic is made anew: shorter than what was read.
	s.mu.Lock()
	s.topics["a"] = nil
	s.mu.Unlock()
	s.topic("a", 1)
	s.append("a", 0, 50, 5)
	a = open(t, dir, s.config("a"), false)
	one = a.consumer("one")
	one.until(5)
	if n := one.numbers(); n[0] != 50 || !strings.Contains(a.log.String(), "its topic was made anew") {
		t.Errorf("%v; said %s", n, a.log.String())
	}
	a.close(one)
}

func TestTopicComesLater(t *testing.T) {
	s := newStandin(t)
	a := open(t, t.TempDir(), s.config("later"), false)
	one := a.consumer("one")
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var done <-chan struct{}
	for range 2 { // generations; the second since the member has to join anew
		before := one.share()
		if done == nil {
			done = one.follow(ctx, &mu, new([]int))
		}
		s.hangUp()
		eventually(t, "it has a share", func() bool { return one.share() != before })
	}
	cancel()
	<-done
	if n := strings.Count(a.log.String(), "topic later: does not exist on this cluster"); n != 1 {
		t.Errorf("said %d times: %s", n, a.log.String())
	}
	s.topic("later", 1)
	s.append("later", 0, 0, 10)
	one.until(10)
	a.close(one)

	a = open(t, t.TempDir(), s.config("never"), true)
	one = a.consumer("one")
	one.all()
	if !strings.Contains(a.log.String(), "topic never: does not exist") {
		t.Errorf("said %s", a.log.String())
	}
	a.close(one)
}

// TestIdleCostsLittle: where nothing comes, brokers are asked a few times a
// second, however many outputs there are; and what comes is there at once.
func TestIdleCostsLittle(t *testing.T) {
	s := newStandin(t)
	s.topic("a", 4)
	a := open(t, t.TempDir(), s.config("a"), false)
	var all []*consumer
	var mu sync.Mutex
	ctx, cancel := context.WithCancel(t.Context())
	var ends []<-chan struct{}
	got := make([][]int, 3)
	for i, name := range []string{"one", "two", "three"} {
		c := a.consumer(name)
		all = append(all, c)
		ends = append(ends, c.follow(ctx, &mu, &got[i]))
	}
	eventually(t, "all have joined", func() bool {
		return !slices.ContainsFunc(all, func(c *consumer) bool { return len(*c.share()) != 4 })
	})
	const fetches = 6 // of which the first may be on its way
	before, begun := s.count(protocol.Fetch), time.Now()
	eventually(t, "brokers are asked", func() bool { return s.count(protocol.Fetch) >= before+fetches })
	if took := time.Since(begun); took < (fetches-1)*waitForOne/2 {
		t.Errorf("%d fetches in %v", fetches, took)
	}
	s.hold() // so that who is not woken finds nothing by asking in its turn
	s.append("a", 2, 0, 10)
	begun = time.Now()
	eventually(t, "all have it", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(got[0]) == 10 && len(got[1]) == 10 && len(got[2]) == 10
	})
	if took := time.Since(begun); took > patience { // after which a fetch without an answer is given up
		t.Errorf("it took %v", took)
	}
	cancel()
	for _, end := range ends {
		<-end
	}
	a.close(all...)
}

// TestStops: nothing waits for brokers that do not answer.
func TestStops(t *testing.T) {
	s := newStandin(t)
	s.topic("a", 1)
	s.hold()
	a := open(t, t.TempDir(), s.config("a"), false)
	one := a.consumer("one")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := one.reader.Next(ctx)
		done <- err
	}()
	eventually(t, "it waits", func() bool { return s.count(protocol.Fetch) > 0 })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	begun := time.Now()
	a.close(one)
	if took := time.Since(begun); took > patience {
		t.Errorf("closing took %v", took)
	}

	// A broker that nobody reaches.
	a = open(t, t.TempDir(), Config{Brokers: []string{"127.0.0.1:1"}, Topics: []string{"a"}}, false)
	one = a.consumer("one")
	if _, err := one.reader.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "connection refused: start the server") {
		t.Errorf("%v", err)
	}
	if _, err := one.reader.Next(t.Context()); errors.Is(err, io.EOF) || err == nil {
		t.Errorf("%v", err)
	}
	begun = time.Now()
	a.close(one)
	if took := time.Since(begun); took > patience {
		t.Errorf("closing took %v", took)
	}
}

// TestStopsWhileBrokersHang: however many outputs there are, brokers that take
// connections and answer nothing do not hold a stop up.
func TestStopsWhileBrokersHang(t *testing.T) {
	s := newStandin(t)
	s.topic("a", 1)
	s.append("a", 0, 0, 10)
	a := open(t, t.TempDir(), s.config("a"), false)
	var all []*consumer
	for _, name := range []string{"one", "two", "three", "four"} {
		c := a.consumer(name)
		c.until(10)
		all = append(all, c)
	}
	s.freeze()
	begun := time.Now()
	a.close(all...)
	if took := time.Since(begun); took > 3*leaving {
		t.Errorf("closing took %v", took)
	}
}

func TestBalance(t *testing.T) {
	var told map[string]int
	b := balancer{7, func(counts map[string]int) { told = counts }}
	if b.ProtocolName() != "jupyter-events-agent" {
		t.Error(b.ProtocolName())
	}
	of := func(identity uint64) []byte { d, _ := balancer{identity: identity}.UserData(); return d }
	var partitions []kafka.Partition
	for i := range 5 {
		partitions = append(partitions, kafka.Partition{Topic: "a", ID: 4 - i})
	}
	partitions = append(partitions, kafka.Partition{Topic: "b", ID: 0})
	members := func(ids ...string) (all []kafka.GroupMember) { // in another order each time
		for _, id := range ids {
			all = append(all, kafka.GroupMember{ID: id, Topics: []string{"a", "b"}, UserData: of(uint64(id[0]))})
		}
		return all
	}
	first := b.AssignGroups(members("x1", "y1"), partitions)
	second := b.AssignGroups(members("y2", "x2"), partitions)
	if !slices.Equal(first["x1"]["a"], second["x2"]["a"]) || !slices.Equal(first["y1"]["b"], second["y2"]["b"]) || len(first["x1"]["a"])+len(first["x1"]["b"]) != 3 {
		t.Errorf("%v\n%v", first, second)
	}
	if told["a"] != 5 || told["b"] != 1 {
		t.Errorf("told of %v", told)
	}
	// A member that follows less gets nothing else.
	mixed := members("x1", "y1")
	mixed[1].Topics = []string{"b"}
	got := b.AssignGroups(mixed, partitions)
	if len(got["x1"]["a"]) != 5 || len(got["y1"]["a"]) != 0 {
		t.Errorf("%v", got)
	}
	if got := b.AssignGroups(nil, partitions); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

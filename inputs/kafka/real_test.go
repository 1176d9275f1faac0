//go:build real

package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/internal/kafkaconn"
	"jupyter-events-agent/internal/kafkasasl"
	"jupyter-events-agent/internal/servers"
	"jupyter-events-agent/internal/tlsfiles"
)

func TestMain(m *testing.M) { servers.Main(m) }

func TestRealOnceReadsWhatIsThere(t *testing.T) {
	k := servers.Kafka(t)
	k.Topic(t, "once", 3, nil)
	for p := range 3 {
		produce(t, k.Plain, "once", p, 100*p, 100)
	}
	c := Config{Brokers: []string{k.Plain}, Topics: []string{"once"}}
	dir := t.TempDir()
	a := open(t, dir, c, true)
	first, second := a.consumer("one"), a.consumer("two")
	first.all()
	second.all()
	count(t, first.numbers(), 300)
	count(t, second.numbers(), 300)
	if !slices.Equal(first.places, second.places) {
		t.Error("two outputs do not go the same way")
	}
	a.close(first, second)

	produce(t, k.Plain, "once", 1, 300, 10)
	a = open(t, dir, c, true)
	again := a.consumer("one")
	again.all()
	if len(again.lines) != 10 {
		t.Errorf("%d lines after 10 new ones", len(again.lines))
	}
	a.close(again)

	// Without the state the group tells where to go on.
	a = open(t, t.TempDir(), c, true)
	other := a.consumer("one")
	other.all()
	if len(other.lines) != 0 {
		t.Errorf("%d lines though the group has all", len(other.lines))
	}
	a.close(other)

	// Another group begins anew, though the state knows the partitions.
	c.Group = "another"
	a = open(t, dir, c, true)
	anew := a.consumer("one")
	anew.all()
	if len(anew.lines) != 310 {
		t.Errorf("%d lines of 310 for a new group", len(anew.lines))
	}
	a.close(anew)

	c.Group, c.StartAt = "from-the-end", "end"
	dir = t.TempDir()
	a = open(t, dir, c, true)
	end := a.consumer("one")
	end.all()
	if len(end.lines) != 0 {
		t.Errorf("%d lines from the end on", len(end.lines))
	}
	a.close(end)
}

// TestRealCursorIsAhead: what is durable in the cursor is not read again,
// though the agent was killed before the group heard of it.
func TestRealCursorIsAhead(t *testing.T) {
	k := servers.Kafka(t)
	k.Topic(t, "ahead", 1, nil)
	produce(t, k.Plain, "ahead", 0, 0, 100)
	c := Config{Brokers: []string{k.Plain}, Topics: []string{"ahead"}}
	dir := t.TempDir()
	a := open(t, dir, c, false)
	killed := a.consumer("one")
	killed.until(100)
	r := killed.reader.(*reader)
	cut := r.share.partitions[0].stream
	killed.cursor.Commit(checkpoint.Position{Stream: cut, Offset: 40})
	killed.cursor.Seal(nil)
	if err := a.store.Sync(); err != nil { // 40 are durable, 60 are not
		t.Fatal(err)
	}
	r.cursor, _ = a.store.Cursor("nobody") // what a kill leaves: the group hears of nothing
	if err := errors.Join(r.Close(), a.in.Close()); err != nil {
		t.Fatal(err)
	}
	killed.cursor.Commit(checkpoint.Position{Stream: cut, Offset: 40})
	if err := a.store.Close(); err != nil {
		t.Fatal(err)
	}

	a = open(t, dir, c, true)
	next := a.consumer("one")
	next.all()
	if n := next.numbers(); len(n) != 60 || n[0] != 40 {
		t.Errorf("%d lines, from %v on", len(n), n[:min(1, len(n))])
	}
	a.close(next)
	if g := groupOffset(t, k.Plain, "jupyter-events-agent.in.one", "ahead"); g != 100 {
		t.Errorf("the group is at %d", g)
	}

	// Who sets the group back by hand, with Kafka's tools, means it.
	setOffset(t, k.Plain, "jupyter-events-agent.in.one", "ahead", 90)
	a = open(t, dir, c, true)
	again := a.consumer("one")
	again.all()
	if n := again.numbers(); len(n) != 10 || n[0] != 90 {
		t.Errorf("%v after the group was set to 90", n)
	}
	a.close(again)
	a = open(t, dir, c, true)
	again = a.consumer("one")
	again.all()
	if len(again.lines) != 0 {
		t.Errorf("%d lines, once more", len(again.lines))
	}
	a.close(again)
}

func client(broker string) (*kafka.Client, func()) {
	transport := &kafka.Transport{}
	return &kafka.Client{Addr: kafka.TCP(broker), Transport: transport, Timeout: 10 * time.Second}, transport.CloseIdleConnections
}

func groupOffset(t *testing.T, broker, group, topic string) int64 {
	t.Helper()
	c, done := client(broker)
	defer done()
	r, err := c.OffsetFetch(t.Context(), &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: {0}}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Topics[topic][0].CommittedOffset
}

func setOffset(t *testing.T, broker, group, topic string, offset int64) {
	t.Helper()
	c, done := client(broker)
	defer done()
	r, err := c.OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{GroupID: group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{topic: {{Offset: offset}}}})
	if err == nil {
		err = r.Topics[topic][0].Error
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestRealMembersShare: two agents share the partitions, in the same way for
// two outputs; a third joins, one leaves; nothing is lost, and the topic grows.
func TestRealMembersShare(t *testing.T) {
	k := servers.Kafka(t)
	k.Topic(t, "shared", 6, nil)
	c := Config{Brokers: []string{k.Plain}, Topics: []string{"shared"}}
	var mu sync.Mutex
	var ones, twos []int
	sent := 0
	send := func(partitions int) {
		t.Helper()
		for p := range partitions {
			produce(t, k.Plain, "shared", p, sent, 50)
			sent += 50
		}
	}
	covered := func(all *[]int) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			seen := map[int]bool{}
			for _, n := range *all {
				seen[n] = true
			}
			return len(seen) == sent
		}
	}
	type running struct {
		*agent
		one, two *consumer
		stop     func()
	}
	start := func() *running {
		r := &running{agent: open(t, t.TempDir(), c, false)}
		r.one, r.two = r.consumer("one"), r.consumer("two")
		ctx, cancel := context.WithCancel(t.Context())
		first, second := r.one.follow(ctx, &mu, &ones), r.two.follow(ctx, &mu, &twos)
		r.stop = func() {
			cancel()
			<-first
			<-second
			r.close(r.one, r.two)
		}
		return r
	}
	share := func(c *consumer) []*partition { return *c.reader.(*reader).follows.Load() }
	evenly := func(each int, all ...*running) func() bool {
		return func() bool {
			for _, r := range all {
				if len(share(r.one)) != each || !slices.EqualFunc(share(r.one), share(r.two), func(a, b *partition) bool { return a == b }) {
					return false
				}
			}
			return true
		}
	}
	a := start()
	send(6)
	eventually(t, "one member has all", evenly(6, a))
	eventually(t, "all lines", covered(&ones))
	b := start()
	eventually(t, "two members have three each", evenly(3, a, b))
	send(6)
	eventually(t, "all lines with two", covered(&ones))
	third := start()
	eventually(t, "three members have two each", evenly(2, a, b, third))
	send(6)
	eventually(t, "all lines with three", covered(&ones))
	b.stop()
	eventually(t, "the others have what it had", evenly(3, a, third))
	send(6)
	eventually(t, "all lines without it", covered(&ones))

	admin, done := client(k.Plain)
	defer done()
	if _, err := admin.CreatePartitions(t.Context(), &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: "shared", Count: 8}}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new partitions are shared out", evenly(4, a, third))
	send(8)
	eventually(t, "all lines of the new partitions", covered(&ones))
	eventually(t, "all lines for the other output", covered(&twos))
	a.stop()
	third.stop()

	mu.Lock()
	defer mu.Unlock()
	t.Logf("%d lines sent; one output got %d, the other %d", sent, len(ones), len(twos))
	if len(ones) > sent*3/2 {
		t.Errorf("%d lines for %d: rebalances repeat more than what was not delivered", len(ones), sent)
	}
}

func TestRealBrokerRestarts(t *testing.T) {
	k := servers.Kafka(t)
	k.Topic(t, "restart", 2, nil)
	produce(t, k.Plain, "restart", 0, 0, 100)
	a := open(t, t.TempDir(), Config{Brokers: []string{k.Plain}, Topics: []string{"restart"}}, false)
	c := a.consumer("one")
	c.until(100)
	k.Stop(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	for ctx.Err() == nil {
		if err := c.turn(ctx); err == nil {
			t.Error("something was read of a broker that is stopped")
		}
	}
	cancel()
	k.Start(t)
	produce(t, k.Plain, "restart", 1, 100, 100)
	c.until(200)
	count(t, c.numbers(), 200)
	a.close(c)
}

func TestRealTopicComesLater(t *testing.T) {
	k := servers.Kafka(t, servers.Setting("auto.create.topics.enable=false"))
	a := open(t, t.TempDir(), Config{Brokers: []string{k.Plain}, Topics: []string{"later"}}, false)
	c := a.consumer("one")
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	said := func() int {
		return strings.Count(a.log.String(), "topic later: does not exist on this cluster: create it")
	}
	try := func() {
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_ = c.turn(short)
	}
	for said() == 0 && ctx.Err() == nil {
		try()
	}
	for range 5 { // it is asked again, and says nothing new
		try()
	}
	if said() != 1 {
		t.Errorf("said:\n%s", a.log.String())
	}
	k.Topic(t, "later", 2, nil)
	produce(t, k.Plain, "later", 1, 0, 10)
	c.until(10)
	a.close(c)
}

// deleteRecords has the broker forget what is before an offset of partition 0, as
// retention does.
func deleteRecords(t *testing.T, broker, topic string, before int64) {
	t.Helper()
	order := binary.BigEndian
	text := func(b []byte, s string) []byte { return append(order.AppendUint16(b, uint16(len(s))), s...) }
	b := order.AppendUint32(nil, 0)
	b = order.AppendUint32(b, 21<<16) // DeleteRecords, version 0
	b = text(order.AppendUint32(b, 1), "test")
	b = text(order.AppendUint32(b, 1), topic)
	b = order.AppendUint32(order.AppendUint32(b, 1), 0)
	b = order.AppendUint32(order.AppendUint64(b, uint64(before)), 10_000)
	order.PutUint32(b, uint32(len(b)-4))
	conn, err := (&kafkaconn.Dialer{}).Dial(t.Context(), broker)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var size [4]byte
	if err := errors.Join(conn.Send(t.Context(), b), conn.Receive(t.Context(), time.Minute, size[:])); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, order.Uint32(size[:]))
	if err := conn.Receive(t.Context(), time.Minute, answer); err != nil {
		t.Fatal(err)
	}
	if code := order.Uint16(answer[len(answer)-2:]); code != 0 {
		t.Fatalf("the broker's error %d", code)
	}
}

func TestRealRetentionIsAGap(t *testing.T) {
	k := servers.Kafka(t)
	k.Topic(t, "gone", 1, nil)
	produce(t, k.Plain, "gone", 0, 0, 100)
	c := Config{Brokers: []string{k.Plain}, Topics: []string{"gone"}}
	dir := t.TempDir()
	a := open(t, dir, c, false)
	one := a.consumer("one")
	one.until(100)
	a.close(one)
	produce(t, k.Plain, "gone", 0, 100, 100)
	deleteRecords(t, k.Plain, "gone", 150)
	a = open(t, dir, c, false)
	one = a.consumer("one")
	one.until(50)
	if n := one.numbers(); n[0] != 150 {
		t.Errorf("from %d on", n[0])
	}
	if len(a.gaps) != 1 || a.gaps[0].From != 100 || a.gaps[0].To != 150 {
		t.Errorf("%+v", a.gaps)
	}
	a.close(one)
}

func TestRealTopicMadeAnew(t *testing.T) {
	k := servers.Kafka(t)
	k.Topic(t, "anew", 1, nil)
	produce(t, k.Plain, "anew", 0, 0, 100)
	c := Config{Brokers: []string{k.Plain}, Topics: []string{"anew"}}
	dir := t.TempDir()
	a := open(t, dir, c, false)
	one := a.consumer("one")
	one.until(100)
	a.close(one)
	admin, done := client(k.Plain)
	defer done()
	if _, err := admin.DeleteTopics(t.Context(), &kafka.DeleteTopicsRequest{Topics: []string{"anew"}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the topic is gone", func() bool {
		r, err := admin.Metadata(t.Context(), &kafka.MetadataRequest{})
		return err == nil && !slices.ContainsFunc(r.Topics, func(t kafka.Topic) bool { return t.Name == "anew" })
	})
	k.Topic(t, "anew", 1, nil)
	produce(t, k.Plain, "anew", 0, 200, 30)
	a = open(t, dir, c, false)
	one = a.consumer("one")
	one.until(30)
	if n := one.numbers(); n[0] != 200 || !strings.Contains(a.log.String(), "its topic was made anew") {
		t.Errorf("from %d on; said:\n%s", n[0], a.log.String())
	}
	a.close(one)
}

func TestRealDoors(t *testing.T) {
	k := servers.Kafka(t)
	k.Topic(t, "doors", 1, nil)
	produce(t, k.Plain, "doors", 0, 0, 10)
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(k.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]Config{
		"scram": {Brokers: []string{k.SASL}, TLS: &tlsfiles.Config{CAFile: k.CAFile}, SASL: kafkasasl.Config{Mechanism: "scram-sha-512", Username: k.User, PasswordFile: password}},
		"plain": {Brokers: []string{k.SASL}, TLS: &tlsfiles.Config{CAFile: k.CAFile}, SASL: kafkasasl.Config{Mechanism: "plain", Username: k.User, PasswordFile: password}},
		"mtls":  {Brokers: []string{k.MTLS}, TLS: &tlsfiles.Config{CAFile: k.CAFile, CertFile: k.CertFile, KeyFile: k.KeyFile}},
	} {
		c.Topics, c.Group = []string{"doors"}, name
		a := open(t, t.TempDir(), c, true)
		one := a.consumer("one")
		one.all()
		if len(one.lines) != 10 {
			t.Errorf("%s: %d lines", name, len(one.lines))
		}
		a.close(one)
	}

	if err := os.WriteFile(password, []byte("wrong\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]Config{
		"check sasl.username and the password in sasl.password_file": {Brokers: []string{k.SASL}, TLS: &tlsfiles.Config{CAFile: k.CAFile}, SASL: kafkasasl.Config{Mechanism: "scram-sha-256", Username: k.User, PasswordFile: password}},
		"set tls.ca_file to the certificate of the authority":        {Brokers: []string{k.MTLS}, TLS: &tlsfiles.Config{CAFile: k.OtherCAFile, CertFile: k.CertFile, KeyFile: k.KeyFile}},
		"set tls.cert_file and tls.key_file":                         {Brokers: []string{k.MTLS}, TLS: &tlsfiles.Config{CAFile: k.CAFile}},
		"add tls = {}":                                               {Brokers: []string{k.SASL}},
	} {
		c.Topics, c.Group = []string{"doors"}, "closed"
		a := open(t, t.TempDir(), c, false)
		one := a.consumer("one")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		_, err := one.reader.Next(ctx)
		cancel()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "wrong") {
			t.Errorf("%v\nwant %s", err, want)
		}
		a.close(one)
	}
}

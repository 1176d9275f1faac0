package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// agent is one agent's input with its readers, driven as pipeline does it.
type agent struct {
	t     *testing.T
	store *checkpoint.Store
	in    inputs.Input
	gaps  []inputs.Gap
	log   logged
}

// logged is what was logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// open opens an agent whose state is in dir.
func open(t *testing.T, dir string, c Config, once bool) *agent {
	t.Helper()
	a := &agent{t: t}
	var err error
	if a.store, err = checkpoint.Open(dir); err != nil {
		t.Fatal(err)
	}
	a.in, err = c.Open(inputs.Env{
		Source: &inputs.Source{Input: "in", Trusted: true}, Store: a.store, Once: once,
		Log: slog.New(slog.NewTextHandler(&a.log, nil)), Gap: func(g inputs.Gap) { a.gaps = append(a.gaps, g) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// close ends the agent as a stop does: what is delivered is durable, then told.
func (a *agent) close(readers ...*consumer) {
	a.t.Helper()
	if err := a.store.Sync(); err != nil {
		a.t.Error(err)
	}
	for _, c := range readers {
		if err := c.reader.Close(); err != nil {
			a.t.Error(err)
		}
	}
	if err := errors.Join(a.in.Close(), a.store.Close()); err != nil {
		a.t.Error(err)
	}
}

// consumer is one output's reader and what it got.
type consumer struct {
	t      *testing.T
	reader inputs.Reader
	cursor *checkpoint.Cursor
	lines  []string // with "partition@offset " before each
	places []checkpoint.Position
}

func (a *agent) consumer(output string) *consumer {
	a.t.Helper()
	cursor, err := a.store.Cursor(output)
	if err != nil {
		a.t.Fatal(err)
	}
	r, err := a.in.Open(inputs.Resume{Output: output, Cursor: cursor})
	if err != nil {
		a.t.Fatal(err)
	}
	return &consumer{t: a.t, reader: r, cursor: cursor}
}

// turn reads one block, if there is one before ctx is done, and delivers it.
func (c *consumer) turn(ctx context.Context) error {
	place, err := c.reader.Next(ctx)
	if err != nil {
		return err
	}
	var b inputs.Block
	if err := place.From.Read(ctx, place.At, &b); err != nil {
		return err
	}
	if b.End <= place.At.Offset || b.At != place.At {
		c.t.Errorf("a block from %v to %d for %v", b.At, b.End, place.At)
	}
	for _, l := range b.Lines {
		c.lines = append(c.lines, fmt.Sprintf("%s@%d %s", strings.TrimPrefix(b.Path, "kafka "), l.At.Offset, l.Raw))
		c.places = append(c.places, l.At)
	}
	end := checkpoint.Position{Stream: place.At.Stream, Offset: b.End}
	c.reader.Advance(end)
	if err := c.reader.Commit(ctx, end); err != nil {
		return err
	}
	c.cursor.Seal(nil)
	return nil
}

// longest is how long a test waits for something, on a machine that has much else to do.
const longest = 3 * time.Minute

// until reads until there are n lines.
func (c *consumer) until(n int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), longest)
	defer cancel()
	for len(c.lines) < n {
		if err := c.turn(ctx); err != nil && ctx.Err() != nil {
			c.t.Fatalf("%d lines of %d: %v", len(c.lines), n, err)
		}
	}
}

// all reads to the end, in once mode.
func (c *consumer) all() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), longest)
	defer cancel()
	for {
		err := c.turn(ctx)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil && ctx.Err() != nil {
			c.t.Fatalf("no end after %d lines: %v", len(c.lines), err)
		}
	}
}

// produce writes n lines {"n":from}… into a partition, as one batch.
func produce(t *testing.T, broker, topic string, partition, from, n int, how ...func(*kafka.Record)) {
	t.Helper()
	records := make([]kafka.Record, n)
	for i := range records {
		records[i].Value = kafka.NewBytes(fmt.Appendf(nil, `{"n":%d}`, from+i))
		for _, h := range how {
			h(&records[i])
		}
	}
	put(t, broker, topic, partition, 0, records...)
}

func put(t *testing.T, broker, topic string, partition int, compression kafka.Compression, records ...kafka.Record) {
	t.Helper()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(broker), Transport: transport, Timeout: 20 * time.Second}
	values := make([][]byte, len(records)) // an attempt takes them
	for i := range records {
		values[i], _ = io.ReadAll(records[i].Value)
	}
	for end := time.Now().Add(20 * time.Second); ; <-time.After(100 * time.Millisecond) {
		for i := range records {
			records[i].Value = kafka.NewBytes(values[i])
		}
		r, err := client.Produce(t.Context(), &kafka.ProduceRequest{
			Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll, Compression: compression,
			Records: kafka.NewRecordReader(records...),
		})
		if err == nil {
			err = r.Error
		}
		if err == nil {
			return
		}
		if code := kafka.Error(0); time.Now().After(end) || !errors.As(err, &code) || !code.Temporary() { // a new topic's leader
			t.Fatalf("produce: %v", err)
		}
	}
}

// numbers are the lines' numbers, sorted.
func (c *consumer) numbers() []int {
	c.t.Helper()
	var all []int
	for _, l := range c.lines {
		_, body, _ := strings.Cut(l, " ")
		var n int
		if _, err := fmt.Sscanf(body, `{"n":%d`, &n); err != nil {
			c.t.Fatalf("the line %q", l)
		}
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// count fails unless the numbers are 0 to n-1, each once.
func count(t *testing.T, got []int, n int) {
	t.Helper()
	slices.Sort(got)
	for i := range n {
		if i >= len(got) || got[i] != i {
			t.Fatalf("%d lines for %d, the first that is not in order at %d", len(got), n, i)
		}
	}
	if len(got) != n {
		t.Fatalf("%d lines for %d", len(got), n)
	}
}

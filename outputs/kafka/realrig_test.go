//go:build real

package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/kafkasasl"
	"jupyter-events-agent/internal/servers"
	"jupyter-events-agent/internal/tlsfiles"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

func TestMain(m *testing.M) { servers.Main(m) }

var topics atomic.Int64

// realRig is an output on the real Kafka, with a topic of its own.
type realRig struct {
	*testing.T
	server  *servers.KafkaServer
	config  Config
	out     outputs.Output
	log     bytes.Buffer
	records *outputtest.Records
}

func newRealRig(t *testing.T, partitions int, settings map[string]string, change func(*Config)) *realRig {
	t.Helper()
	r := &realRig{T: t, server: servers.Kafka(t), config: *New().(*Config)}
	r.config.Brokers, r.config.Topic = []string{r.server.Plain}, fmt.Sprintf("events-%d", topics.Add(1))
	if partitions > 0 {
		newRealTopic(t, r.server, r.config.Topic, partitions, settings)
	}
	if change != nil {
		change(&r.config)
	}
	r.open()
	r.records = outputtest.RecordsOf(t, &r.config)
	return r
}

func (r *realRig) open() {
	r.Helper()
	r.out = opened(r.T, &r.config, &r.log)
}

// newRealTopic makes a topic and waits until it can be written to.
func newRealTopic(t *testing.T, s *servers.KafkaServer, name string, partitions int, settings map[string]string) {
	t.Helper()
	s.Topic(t, name, partitions, settings)
	await(t, s, name, partitions)
}

// await waits until the leader of each partition knows that it is one, which is
// a moment after it is said.
func await(t *testing.T, s *servers.KafkaServer, name string, partitions int) {
	t.Helper()
	for p := range partitions {
		for deadline := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) {
			leader, err := kafka.DialLeader(context.Background(), "tcp", s.Plain, name, p)
			if err == nil {
				_, _, err = leader.ReadOffsets()
				leader.Close()
			}
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal(err)
			}
		}
	}
}

// secure takes the listener with SASL, or that with mutual TLS.
func secure(c *Config, s *servers.KafkaServer, mechanism, password string) {
	c.TLS = &tlsfiles.Config{CAFile: s.CAFile}
	if mechanism == "" {
		c.Brokers = []string{s.MTLS}
		c.TLS.CertFile, c.TLS.KeyFile = s.CertFile, s.KeyFile
		return
	}
	c.Brokers = []string{s.SASL}
	c.SASL = kafkasasl.Config{Mechanism: mechanism, Username: s.User, PasswordFile: password}
}

func secretFile(t *testing.T, secret string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func (r *realRig) deliver(b *outputtest.Batch) {
	r.Helper()
	if err := r.out.Write(r.Context(), b.Records); err != nil {
		r.Fatal(err)
	}
}

// persist writes until all is taken, as the pipeline does.
func (r *realRig) persist(records []filters.Record) (failures int) {
	r.Helper()
	rest := slices.Clone(records)
	for deadline := time.Now().Add(2 * time.Minute); len(rest) > 0; failures++ {
		err := r.out.Write(r.Context(), rest)
		if err == nil {
			return failures
		}
		if time.Now().After(deadline) {
			r.Fatal(err)
		}
		rest = left(rest, err)
		<-time.After(100 * time.Millisecond)
	}
	return failures
}

// values are the bodies by partition, read by kafka-go's Reader.
func values(tb testing.TB, address, topic string) (all [][]string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := kafka.DialContext(ctx, "tcp", address)
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close()
	partitions, err := conn.ReadPartitions(topic)
	if err != nil {
		tb.Fatal(err)
	}
	all = make([][]string, len(partitions))
	for _, p := range partitions {
		leader, err := kafka.DialLeader(ctx, "tcp", address, topic, p.ID)
		if err != nil {
			tb.Fatal(err)
		}
		begin, end, err := leader.ReadOffsets()
		leader.Close()
		if err != nil {
			tb.Fatal(err)
		}
		reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{address}, Topic: topic, Partition: p.ID, MaxWait: 100 * time.Millisecond, MaxBytes: 64 << 20})
		if err := reader.SetOffset(begin); err != nil {
			tb.Fatal(err)
		}
		for at := begin; at < end; at++ {
			m, err := reader.ReadMessage(ctx)
			if err != nil {
				tb.Fatal(err)
			}
			all[p.ID] = append(all[p.ID], string(m.Value))
		}
		reader.Close()
	}
	return all
}

// once holds that exactly these bodies are there, once and in order.
func (r *realRig) once(want ...*outputtest.Batch) {
	r.Helper()
	holdOnce(r, values(r, r.server.Plain, r.config.Topic), want)
}

// says holds an error against the words that it has to have.
func says(t *testing.T, err error, refused bool, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error; want %q", words)
		return
	}
	var partial *outputs.PartialError
	if errors.As(err, &partial) && len(partial.Rejected) > 0 {
		t.Errorf("records are dropped: %v", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v; want %q", err, w)
		}
	}
	if outputs.IsRefused(err) != refused {
		t.Errorf("%v: refused: %v", err, !refused)
	}
}

// grow gives a topic more partitions.
func grow(t *testing.T, address, topic string, partitions int) {
	t.Helper()
	client := &kafka.Client{Addr: kafka.TCP(address), Timeout: 20 * time.Second, Transport: &kafka.Transport{}}
	defer client.Transport.(*kafka.Transport).CloseIdleConnections()
	answer, err := client.CreatePartitions(t.Context(), &kafka.CreatePartitionsRequest{
		Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: int32(partitions)}},
	})
	if err == nil {
		err = answer.Errors[topic]
	}
	if err != nil {
		t.Fatal(err)
	}
	<-time.After(time.Second) // until every part of the broker knows
}

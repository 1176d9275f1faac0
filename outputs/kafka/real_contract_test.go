//go:build real

package kafka

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/servers"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

// realPlace is the destination of the contract.
type realPlace struct {
	t      *testing.T
	server *servers.KafkaServer
	relay  *relay // nil: none on the way
	config Config

	changed map[string]bool // settings of the topic
}

func (p *realPlace) Open(ctx context.Context, env outputs.Env) (outputs.Output, error) {
	return p.config.Open(ctx, env)
}
func (p *realPlace) Templates() []filters.Template { return p.config.Templates() }
func (p *realPlace) Traits() outputs.Traits        { return p.config.Traits() }
func (p *realPlace) Received(testing.TB) []string  { return nil }
func (p *realPlace) Partitions(tb testing.TB) [][]string {
	return values(tb, p.server.Plain, p.config.Topic)
}

// Behave: what a real broker can be told, and the network.
func (p *realPlace) Behave(b outputtest.Behaviour) bool {
	onTheWay := b == outputtest.Breaks || b == outputtest.Hangs || b == outputtest.Slow
	switch {
	case p.relay != nil:
		p.relay.set(b)
		return b == outputtest.Accepts || onTheWay
	case b == outputtest.Accepts:
		p.server.Start(p.t)
		p.server.Allow(p.t, p.config.Topic)
		for name := range p.changed {
			p.set(name, "")
		}
		await(p.t, p.server, p.config.Topic, 3)
	case b == outputtest.Fails:
		p.server.Stop(p.t, servers.Kill)
	case b == outputtest.Refuses:
		p.server.Deny(p.t, p.config.Topic)
	case b == outputtest.RejectsSome:
		p.set("max.message.bytes", fmt.Sprint(outputtest.PoisonBytes/4))
	case b == outputtest.RejectsAll: // the records are a minute old
		p.set("message.timestamp.before.max.ms", "1000")
	case b == outputtest.TooLarge:
		p.set("max.message.bytes", "1000")
	default:
		return false
	}
	return true
}

// set changes a setting of the topic; "" takes the change back.
func (p *realPlace) set(name, value string) {
	p.t.Helper()
	operation := kafka.ConfigOperationSet
	if value == "" {
		operation = kafka.ConfigOperationDelete
	}
	way := &kafka.Transport{} // its own: another's connections may be of before a kill
	defer way.CloseIdleConnections()
	res, err := (&kafka.Client{Addr: kafka.TCP(p.server.Plain), Transport: way}).IncrementalAlterConfigs(p.t.Context(), &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: p.config.Topic,
			Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: name, Value: value, ConfigOperation: operation}}}},
	})
	if err == nil && res.Resources[0].Error != nil {
		err = res.Resources[0].Error
	}
	if err != nil {
		p.t.Fatal(err)
	}
	if delete(p.changed, name); value != "" {
		p.changed[name] = true
	}
}

// What the real broker is not made to do, and the network before it.
var (
	notAtTheBroker = outputtest.Never{
		outputtest.Breaks: "TestRealContractOnTheWire", outputtest.Slow: "TestRealContractOnTheWire", outputtest.Hangs: "TestRealContractOnTheWire",
		outputtest.TakesSome: "one broker leads all partitions; TestContract",
	}
	notOnTheWire = outputtest.Never{
		outputtest.Fails: "TestRealContract", outputtest.Refuses: "TestRealContract", outputtest.RejectsSome: "TestRealContract", outputtest.RejectsAll: "TestRealContract",
		outputtest.TooLarge: "TestRealContract", outputtest.TakesSome: "one broker leads all partitions; TestContract",
	}
)

func TestRealContract(t *testing.T) {
	maps.Copy(notAtTheBroker, stateless)
	outputtest.Contract(t, notAtTheBroker, func(t *testing.T) outputtest.Destination {
		p := &realPlace{t: t, server: servers.Kafka(t), config: *New().(*Config), changed: map[string]bool{}}
		p.config.Topic = fmt.Sprintf("contract-%d", topics.Add(1))
		newRealTopic(t, p.server, p.config.Topic, 3, nil)
		secure(&p.config, p.server, "scram-sha-512", secretFile(t, p.server.Password))
		return p
	})
}

// TestRealContractOnTheWire is the contract with a network that loses and
// delays answers: the broker takes what is sent again once.
func TestRealContractOnTheWire(t *testing.T) {
	way := newRelay(t)
	address := way.listener.Addr().String()
	way.to = address // until the server is there
	server := servers.Kafka(t, servers.Setting("advertised.listeners=PLAINTEXT://"+address))
	way.mu.Lock()
	way.to = server.Plain
	way.mu.Unlock()
	defer server.Stop(t)
	maps.Copy(notOnTheWire, stateless)
	outputtest.Contract(t, notOnTheWire, func(t *testing.T) outputtest.Destination {
		way.set(outputtest.Accepts)
		p := &realPlace{t: t, server: server, relay: way, config: *New().(*Config)}
		p.config.Topic = fmt.Sprintf("wire-%d", topics.Add(1))
		p.config.Brokers = []string{address}
		newRealTopic(t, server, p.config.Topic, 3, nil)
		return p
	})
	t.Run("what is sent again is taken once", func(t *testing.T) {
		way.set(outputtest.Accepts)
		r := &realRig{T: t, server: server, config: *New().(*Config)}
		r.config.Brokers, r.config.Topic = []string{address}, "taken-once"
		newRealTopic(t, server, r.config.Topic, 3, nil)
		r.records = outputtest.RecordsOf(t, &r.config)
		r.open()
		before, b, after := r.records.Plain(50), r.records.Plain(500), r.records.Plain(50)
		r.deliver(before)
		way.set(outputtest.Breaks)
		rest := b.Records
		for range 3 {
			err := r.out.Write(t.Context(), rest)
			if err == nil {
				t.Fatal("lost answers are no error")
			}
			rest = left(rest, err)
		}
		way.set(outputtest.Accepts)
		r.persist(rest)
		r.deliver(after)
		r.once(before, b, after)
		if r.log.Len() > 0 {
			t.Errorf("the log has\n%s", &r.log)
		}
	})
}

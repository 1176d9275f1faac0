package kafka

import (
	"context"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

var stateless = outputtest.Never{outputtest.Syncs: "what is durable is the brokers' to say, at each Write"}

func TestContract(t *testing.T) {
	outputtest.Contract(t, stateless, func(t *testing.T) outputtest.Destination {
		s := newStandin(t, 2)
		s.topic("events", 3)
		return &place{standin: s, config: Config{
			Brokers: s.addresses()[:1], Topic: "events", Key: eventID, Compression: "snappy", Acks: "all",
		}}
	})
}

// place is a topic of a stand-in.
type place struct {
	*standin
	config Config
}

func (p *place) Open(ctx context.Context, env outputs.Env) (outputs.Output, error) {
	return p.config.Open(ctx, env)
}
func (p *place) Templates() []filters.Template    { return p.config.Templates() }
func (p *place) Traits() outputs.Traits           { return p.config.Traits() }
func (p *place) Received(testing.TB) []string     { return nil }
func (p *place) Partitions(testing.TB) [][]string { return p.values("events") }
func (p *place) Behave(b outputtest.Behaviour) bool {
	var answer func(*standBatch) verdict
	may := int32(1<<3 | mayWrite)
	switch b {
	case outputtest.Accepts:
	case outputtest.Fails:
		answer = func(*standBatch) verdict { return verdict{code: kafka.NotLeaderForPartition} }
	case outputtest.Refuses:
		may = 1 << 3
		answer = func(*standBatch) verdict { return verdict{code: kafka.TopicAuthorizationFailed} }
	case outputtest.Breaks:
		answer = func(*standBatch) verdict { return verdict{slam: true, after: true} }
	case outputtest.TakesSome:
		first := int32(-1)
		answer = func(b *standBatch) verdict {
			if first < 0 {
				first = b.partition
			}
			if b.partition == first {
				return verdict{}
			}
			return verdict{code: kafka.NotEnoughReplicas}
		}
	case outputtest.RejectsSome:
		answer = func(b *standBatch) verdict {
			if bad := b.contains(outputtest.Poison); len(bad) > 0 {
				quoted := b.records[bad[0]].value // a text of the protocol has 32,767 bytes at most
				return verdict{code: kafka.InvalidRecord, bad: bad, message: quoted[:min(len(quoted), 1000)]}
			}
			return verdict{}
		}
	case outputtest.RejectsAll:
		answer = func(b *standBatch) verdict {
			return verdict{code: kafka.InvalidRecord, bad: b.contains(""), message: b.records[0].value}
		}
	case outputtest.TooLarge:
		answer = func(b *standBatch) verdict {
			if len(b.records) > 1 {
				return verdict{code: kafka.MessageSizeTooLarge}
			}
			return verdict{}
		}
	case outputtest.Slow:
		answer = func(*standBatch) verdict {
			later := make(chan struct{})
			time.AfterFunc(20*time.Millisecond, func() { close(later) })
			return verdict{wait: later}
		}
	case outputtest.Hangs:
	default:
		return false
	}
	p.do(func() {
		p.answer, p.topics["events"].may = answer, may
		p.hangs, p.headless = b == outputtest.Hangs, b == outputtest.Fails
	})
	return true
}

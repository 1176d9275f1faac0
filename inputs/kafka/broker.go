package kafka

import (
	"context"
	"sync"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"jupyter-events-agent/internal/kafkaconn"
)

// broker is one broker with the connections to it that nobody uses now.
type broker struct {
	address string
	dial    *kafkaconn.Dialer

	mu   sync.Mutex
	idle []*kafkaconn.Conn
}

func (b *broker) take(ctx context.Context) (*kafkaconn.Conn, error) {
	b.mu.Lock()
	for n := len(b.idle); n > 0; n = len(b.idle) {
		c := b.idle[n-1]
		b.idle = b.idle[:n-1]
		if c.Fresh(time.Now()) {
			b.mu.Unlock()
			return c, nil
		}
		c.Close()
	}
	b.mu.Unlock()
	return b.dial.Dial(ctx, b.address)
}

func (b *broker) give(c *kafkaconn.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.idle = append(b.idle, c)
}

// prune closes the idle connections that are too old, or all.
func (b *broker) prune(keep func(*kafkaconn.Conn) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := b.idle[:0]
	for _, c := range b.idle {
		if keep(c) {
			left = append(left, c)
		} else {
			c.Close()
		}
	}
	b.idle = left
}

func (b *broker) ask(ctx context.Context, request protocol.Message) (protocol.Message, error) {
	c, err := b.take(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := c.Ask(ctx, request)
	if err != nil {
		c.Close()
		return nil, err
	}
	b.give(c)
	return answer, nil
}

package kafka

import (
	"context"
	"net"
	"sync"
	"time"
)

// conns are a group's own connections, so that a wait for its other members, or
// for a broker that answers nothing, can be ended.
type conns struct {
	mu   sync.Mutex
	open []*conn
	end  time.Time // by which everything is over; zero: not yet said
}

// conn is a connection whose deadlines are none after the end.
type conn struct {
	net.Conn
	of *conns
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func (c *conns) of(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := c.within(ctx)
		defer cancel()
		dialled, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		made := &conn{dialled, c}
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.open) > 8 { // the older ones are closed long since
			c.open = append(c.open[:0], c.open[len(c.open)-4:]...)
		}
		c.open = append(c.open, made)
		return made, made.Conn.SetDeadline(c.end)
	}
}

// within is ctx, or what ends earlier, when everything is over.
func (c *conns) within(ctx context.Context) (context.Context, context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, c.end)
}

// endBy has no wait last longer than until then.
func (c *conns) endBy(end time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end = end
	for _, made := range c.open {
		_ = made.Conn.SetDeadline(end) // it may be closed
	}
}

// close ends what waits on the connections that there are.
func (c *conns) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, made := range c.open {
		made.Close()
	}
}

// sooner is t, or the end.
func (c *conns) sooner(t time.Time) time.Time {
	if !c.end.IsZero() && (t.IsZero() || c.end.Before(t)) {
		return c.end
	}
	return t
}

// The lock is held while a deadline is set, or a wait that begins as the end is
// said could outlast it.

func (c *conn) SetDeadline(t time.Time) error {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	return c.Conn.SetDeadline(c.of.sooner(t))
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	return c.Conn.SetReadDeadline(c.of.sooner(t))
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	return c.Conn.SetWriteDeadline(c.of.sooner(t))
}

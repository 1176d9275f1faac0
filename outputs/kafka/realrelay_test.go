//go:build real

package kafka

import (
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"jupyter-events-agent/outputs/outputtest"
)

// relay stands between the agent and the real broker, which names it as its
// address, and does to answers what networks do.
type relay struct {
	listener net.Listener
	mu       sync.Mutex
	to       string
	mode     outputtest.Behaviour
	changed  chan struct{} // closed when mode changes
}

func newRelay(t *testing.T) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: l, changed: make(chan struct{})}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { r.serve(c) })
		}
	})
	t.Cleanup(func() { l.Close(); r.set(""); serving.Wait() })
	return r
}

func (r *relay) set(mode outputtest.Behaviour) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mode = mode
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *relay) state() (mode outputtest.Behaviour, to string, changed <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mode, r.to, r.changed
}

// serve passes frames on, both ways, until either side ends.
func (r *relay) serve(client net.Conn) {
	defer client.Close()
	_, to, _ := r.state()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	var mu sync.Mutex
	asked := map[uint32]uint16{} // correlation id: what was asked
	var both sync.WaitGroup
	both.Go(func() {
		defer server.Close()
		for {
			frame, err := frameOf(client)
			if err != nil {
				return
			}
			mu.Lock()
			asked[binary.BigEndian.Uint32(frame[8:])] = binary.BigEndian.Uint16(frame[4:])
			mu.Unlock()
			if _, err := server.Write(frame); err != nil {
				return
			}
		}
	})
	both.Go(func() {
		defer client.Close()
		for {
			frame, err := frameOf(server)
			if err != nil {
				return
			}
			mu.Lock()
			produced := asked[binary.BigEndian.Uint32(frame[4:])] == 0
			mu.Unlock()
			switch mode, _, changed := r.state(); {
			case mode == outputtest.Breaks && produced:
				return
			case mode == outputtest.Hangs:
				<-changed
				return
			case mode == outputtest.Slow:
				<-time.After(20 * time.Millisecond)
			}
			if _, err := client.Write(frame); err != nil {
				return
			}
		}
	})
	both.Wait()
}

// frameOf reads a request or an answer with its length.
func frameOf(c net.Conn) ([]byte, error) {
	frame := make([]byte, 4)
	if _, err := io.ReadFull(c, frame); err != nil {
		return nil, err
	}
	frame = slices.Concat(frame, make([]byte, binary.BigEndian.Uint32(frame)))
	_, err := io.ReadFull(c, frame[4:])
	return frame, err
}

package noninterference

import (
	"net"
	"sync"
)

// standin is a destination on this machine that keeps all that it is sent.
type standin struct {
	address string
	close   func() error

	mu     sync.Mutex
	kept   []entry
	number int    // of the next request
	seed   uint64 // how it answers follows from it and the number
	work   sync.WaitGroup
}

// entry is one thing that came out of the agent.
type entry struct {
	channel string
	bytes   []byte
}

// echo stands in every error that a stand-in answers, beside what it was sent:
// no log line may hold it.
const echo = "destination-says-3f1e"

func (s *standin) keep(channel string, bytes []byte) {
	s.kept = append(s.kept, entry{channel, append([]byte(nil), bytes...)})
}

// begin makes it ready for one side of a run.
func (s *standin) begin(seed uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept, s.number, s.seed = nil, 0, seed
}

func (s *standin) taken() []entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept
}

// answers is how the next request is answered: 0 is well, mostly.
func (s *standin) answers() int {
	s.number++
	x := s.seed + uint64(s.number)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	if x>>61 != 0 || s.seed == 0 || s.number > 200 { // and in the end always
		return 0
	}
	return 1 + int(x>>32)&7
}

// open makes the stand-in for a kind of output; nil for one of this machine.
func openStandin(kind string) (*standin, error) {
	if kind == "file" {
		return nil, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &standin{address: l.Addr().String()}
	if kind == "kafka" {
		s.serveKafka(l)
	} else {
		s.serveHTTP(l)
	}
	return s, nil
}

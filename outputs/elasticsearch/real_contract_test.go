//go:build real

package elasticsearch

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/servers"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

func TestRealContract(t *testing.T) {
	const one = "a shard refuses records for now all or none; TestContract"
	t.Run("http", func(t *testing.T) {
		contract(t, outputtest.Never{outputtest.TakesSome: one, outputtest.Refuses: "it asks for no login; the run with https has it"})
	})
	t.Run("https with an API key", func(t *testing.T) {
		contract(t, outputtest.Never{outputtest.TakesSome: one, outputtest.TooLarge: "the run with http has it"}, servers.HTTPS)
	})
}

func contract(t *testing.T, never outputtest.Never, options ...servers.Option) {
	s := servers.Elasticsearch(t, options...)
	maps.Copy(never, stateless)
	outputtest.Contract(t, never, func(t *testing.T) outputtest.Destination {
		d := &realDestination{t: t, server: s, config: writer(t, s), way: newWay(t, s.URL)}
		d.config.Index = newStream(t, s, "false")
		d.config.URLs = []string{strings.Replace(s.URL, strings.SplitN(s.URL, "://", 2)[1], d.way.Addr().String(), 1)}
		if d.config.APIKeyFile != "" {
			key, err := os.ReadFile(d.config.APIKeyFile)
			if err != nil {
				t.Fatal(err)
			}
			d.key = string(key)
		}
		return d
	})
}

// realDestination is a real server with a way to it that can be cut.
type realDestination struct {
	t      *testing.T
	server *servers.ElasticsearchServer
	config *Config
	key    string
	way    *way
	narrow bool // the server is one that takes small requests
}

func (d *realDestination) Open(ctx context.Context, env outputs.Env) (outputs.Output, error) {
	return d.config.Open(ctx, env)
}

func (d *realDestination) Templates() []filters.Template { return d.config.Templates() }

func (d *realDestination) Received(t testing.TB) (bodies []string) {
	for _, doc := range stored(t, d.server, d.config.Index) {
		if strings.Contains(doc.source, "__schema__") { // not the one that Behave made
			bodies = append(bodies, doc.body())
		}
	}
	return bodies
}

func (d *realDestination) Behave(b outputtest.Behaviour) bool {
	if d.key != "" {
		if err := os.WriteFile(d.config.APIKeyFile, []byte(d.key), 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
	if status, _ := d.server.Do(d.t, http.MethodGet, "/"+d.config.Index, ""); status == http.StatusOK {
		put(d.t, d.server, "/"+d.config.Index+"/_mapping", `{"dynamic": "false"}`)
	}
	d.way.set(b)
	switch b {
	case outputtest.Accepts, outputtest.Fails, outputtest.Breaks, outputtest.Slow, outputtest.Hangs:
		return true
	case outputtest.Refuses:
		if d.key == "" {
			return false
		}
		if err := os.WriteFile(d.config.APIKeyFile, []byte("bm90OmF0YWxs"), 0o600); err != nil {
			d.t.Fatal(err)
		}
		return true
	case outputtest.RejectsAll:
		d.create()
		put(d.t, d.server, "/"+d.config.Index+"/_mapping", `{"dynamic": "strict"}`)
		return true
	case outputtest.RejectsSome: // a term has 32,766 bytes at most
		d.create()
		put(d.t, d.server, "/"+d.config.Index+"/_mapping", `{"properties": {"text": {"type": "keyword"}}}`)
		return true
	case outputtest.TooLarge:
		if d.key != "" {
			return false
		}
		d.moves()
		return true
	}
	return false // it has no such fault for what these records are
}

// create makes the data stream, so that its mapping can be changed.
func (d *realDestination) create() {
	d.server.Do(d.t, http.MethodPost, "/"+d.config.Index+"/_bulk", `{"create":{}}`+"\n"+`{"@timestamp":"2026-11-22T15:52:31.000005Z"}`+"\n")
}

// moves goes on with a server that takes requests of one record, for good.
func (d *realDestination) moves() {
	if d.narrow {
		return
	}
	d.narrow = true
	d.server = servers.Elasticsearch(d.t, servers.Setting("http.max_content_length: 1kb"))
	d.config.Index = newStream(d.t, d.server, "false")
	d.way.move(d.server.URL)
}

// way is a proxy of connections.
type way struct {
	net.Listener
	to string

	mu        sync.Mutex
	behaviour outputtest.Behaviour
	open      map[net.Conn]bool
}

func newWay(t *testing.T, url string) *way {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &way{Listener: l, to: strings.SplitN(url, "://", 2)[1], open: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { w.carry(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.set(outputtest.Fails)
		all.Wait()
	})
	return w
}

// set says what becomes of connections from now on.
func (w *way) set(b outputtest.Behaviour) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.behaviour = b
	if b == outputtest.Fails {
		for conn := range w.open {
			conn.Close()
		}
	}
}

// move leads connections to another server from now on.
func (w *way) move(url string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = strings.SplitN(url, "://", 2)[1]
}

func (w *way) now() outputtest.Behaviour {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.behaviour
}

// carry carries one connection to its end.
func (w *way) carry(in net.Conn) {
	defer in.Close()
	w.mu.Lock()
	to := w.to
	w.mu.Unlock()
	out, err := net.Dial("tcp", to)
	if err != nil || w.now() == outputtest.Fails {
		return
	}
	defer out.Close()
	w.mu.Lock()
	w.open[in] = true
	w.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(out, in)
		out.Close()
	})
	w.back(in, out)
	in.Close()
	both.Wait()
	w.mu.Lock()
	delete(w.open, in)
	w.mu.Unlock()
}

// back carries the answers.
func (w *way) back(in, out net.Conn) {
	part := make([]byte, 32<<10)
	for {
		n, err := out.Read(part)
		if err != nil {
			return
		}
		switch w.now() {
		case outputtest.Breaks: // the request has arrived, the answer does not
			return
		case outputtest.Hangs:
			continue
		case outputtest.Slow:
			<-time.After(20 * time.Millisecond)
		}
		if _, err := in.Write(part[:n]); err != nil {
			return
		}
	}
}

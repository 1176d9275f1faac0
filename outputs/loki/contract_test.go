package loki

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

var stateless = outputtest.Never{outputtest.Syncs: "what is durable is Loki's to say, at each Write"}

func TestContract(t *testing.T) {
	outputtest.Contract(t, stateless, func(t *testing.T) outputtest.Destination {
		s := newStandIn(t)
		return &destination{standIn: s, config: contractConfig(s.URL)}
	})
}

func contractConfig(url string) *Config {
	c := New().(*Config)
	c.URL, c.Labels = url, map[string]string{"job": "jupyter", "schema": "{schema}", "action": "{action|none}"}
	return c
}

// destination is the contract's view of a stand-in.
type destination struct {
	standIn *standIn
	config  *Config
}

func (d *destination) Open(ctx context.Context, env outputs.Env) (outputs.Output, error) {
	return d.config.Open(ctx, env)
}

func (d *destination) Templates() []filters.Template { return d.config.Templates() }

func (d *destination) Traits() outputs.Traits { return d.config.Traits() }

func (d *destination) Arrives(r *filters.Record) string { return arrival(r) }

func (d *destination) Received(testing.TB) (all []string) {
	for _, name := range d.standIn.names() {
		for _, l := range d.standIn.lines(name) {
			all = append(all, l.key())
		}
	}
	return all
}

// arrival is a record as line.key has it on its arrival.
func arrival(r *filters.Record) string {
	l := line{nanos: r.Time().UnixNano(), text: string(r.JSON())}
	if r.HasID() {
		l.metadata = append(l.metadata, [2]string{"__event_id__", string(r.ID())})
	}
	for _, m := range r.Beside() {
		l.metadata = append(l.metadata, [2]string{m.Name, string(m.Value)})
	}
	return l.key()
}

func (d *destination) Behave(b outputtest.Behaviour) bool {
	s := d.standIn
	switch b {
	case outputtest.Accepts:
		s.does(nil)
	case outputtest.Fails:
		s.says(http.StatusServiceUnavailable, "at least 1 live replicas required, could only find 0 - unhealthy instances: 127.0.0.1:9095")
	case outputtest.Breaks:
		s.does(func(_ http.ResponseWriter, r *http.Request, streams []pushed) bool {
			streams[0].lines = streams[0].lines[:len(streams[0].lines)/2]
			s.store(r.Header.Get("X-Scope-OrgID"), streams[0])
			panic(http.ErrAbortHandler)
		})
	case outputtest.TakesSome: // each record is a push, and only the first is taken
		d.config.Burst = 1
		n := 0
		s.does(func(w http.ResponseWriter, _ *http.Request, _ []pushed) bool {
			if n++; n == 1 { // the one push that is taken
				return false
			}
			http.Error(w, "ingestion rate limit exceeded for user fake (limit: 1 bytes/sec) while attempting to ingest '1' lines totaling '100' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased", http.StatusTooManyRequests)
			return true
		})
	case outputtest.RejectsSome:
		s.does(func(w http.ResponseWriter, r *http.Request, streams []pushed) bool {
			p, found := pushed{labels: streams[0].labels}, false
			for _, l := range streams[0].lines {
				if strings.Contains(l.text, outputtest.Poison) {
					found = true
					continue
				}
				p.lines = append(p.lines, l)
			}
			s.store(r.Header.Get("X-Scope-OrgID"), p)
			if !found {
				return false
			}
			// Loki names the stream and the time, and other versions may say more.
			http.Error(w, "a fault of which nobody has heard in stream '"+streams[0].labels+"': "+streams[0].lines[0].text, http.StatusBadRequest)
			return true
		})
	case outputtest.RejectsAll:
		s.says(http.StatusBadRequest, "max entry size '1' bytes exceeded for stream '{job=\"jupyter\"}' while adding an entry with length '100' bytes")
	case outputtest.Slow:
		s.does(func(http.ResponseWriter, *http.Request, []pushed) bool {
			<-time.After(20 * time.Millisecond)
			return false
		})
	case outputtest.Hangs:
		s.does(func(_ http.ResponseWriter, r *http.Request, _ []pushed) bool {
			<-r.Context().Done()
			return true
		})
	case outputtest.TooLarge:
		s.does(func(w http.ResponseWriter, _ *http.Request, streams []pushed) bool {
			if len(streams) == 0 || len(streams[0].lines) == 1 {
				return false
			}
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return true
		})
	case outputtest.Refuses:
		s.says(http.StatusUnauthorized, "no org id")
	}
	return true
}

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

func TestContract(t *testing.T) {
	outputtest.Contract(t, func(t *testing.T) outputtest.Destination {
		s := newStandIn(t)
		s.now = contractTime
		return &destination{standIn: s, config: contractConfig(s.URL)}
	})
}

// contractTime is when the records of the contract are new.
func contractTime() time.Time { return time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC) }

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

func (d *destination) Received(testing.TB) []string { return d.standIn.all() }

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
			if n++; n == 1 {
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
			http.Error(w, "a fault of which nobody has heard: "+streams[0].lines[0].text, http.StatusBadRequest)
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
	case outputtest.TooLarge: // it splits pushes itself: TestFaults
		return false
	}
	return true
}

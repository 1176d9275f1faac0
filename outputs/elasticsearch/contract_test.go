package elasticsearch

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

var stateless = outputtest.Never{outputtest.Syncs: "what is durable is the cluster's to say, at each Write"}

func TestContract(t *testing.T) {
	for name, c := range map[string]*Config{
		"plain":        {},
		"gzip":         {Gzip: 1},
		"many indices": {Index: "events-{action|none}"},
		"OpenSearch":   {Product: productOpenSearch},
	} {
		t.Run(name, func(t *testing.T) {
			outputtest.Contract(t, stateless, func(t *testing.T) outputtest.Destination {
				d := &destination{standIn: newStandIn(t), config: New().(*Config)}
				d.config.URLs, d.config.Gzip = []string{d.URL}, c.Gzip
				if c.Index != "" {
					d.config.Index = c.Index
				}
				if c.Product != "" {
					d.config.Product, d.opensearch = c.Product, true
				}
				return d
			})
		})
	}
}

// destination is a stand-in that behaves.
type destination struct {
	*standIn
	config *Config
}

func (d *destination) Open(ctx context.Context, env outputs.Env) (outputs.Output, error) {
	return d.config.Open(ctx, env)
}

func (d *destination) Templates() []filters.Template { return d.config.Templates() }

func (d *destination) Received(testing.TB) (bodies []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, doc := range d.docs {
		bodies = append(bodies, doc.body())
	}
	return bodies
}

func (d *destination) Behave(b outputtest.Behaviour) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.each, d.whole = nil, nil
	n := 0
	switch b {
	case outputtest.Accepts:
	case outputtest.Fails:
		d.whole = status(http.StatusServiceUnavailable, "")
	case outputtest.Refuses:
		d.whole = status(http.StatusUnauthorized, `{"error":{"root_cause":[{"type":"security_exception"}],"type":"security_exception","reason":"unable to authenticate"},"status":401}`)
	case outputtest.Breaks:
		d.each = func(document) (int, string) {
			if n++; n >= 20 {
				panic(http.ErrAbortHandler)
			}
			return http.StatusCreated, ""
		}
	case outputtest.TakesSome:
		d.each = func(document) (int, string) {
			if n++; n > 1 {
				return http.StatusTooManyRequests, "es_rejected_execution_exception"
			}
			return http.StatusCreated, ""
		}
	case outputtest.RejectsSome:
		d.each = func(doc document) (int, string) {
			if strings.Contains(doc.source, outputtest.Poison) {
				return http.StatusBadRequest, "document_parsing_exception"
			}
			return http.StatusCreated, ""
		}
	case outputtest.RejectsAll:
		d.each = func(document) (int, string) { return http.StatusBadRequest, "strict_dynamic_mapping_exception" }
	case outputtest.TooLarge:
		d.whole = func(w http.ResponseWriter, _ *http.Request, items int) bool {
			if items > 1 {
				w.WriteHeader(http.StatusRequestEntityTooLarge) // the body is empty
			}
			return items > 1
		}
	case outputtest.Slow:
		d.whole = func(_ http.ResponseWriter, r *http.Request, _ int) bool {
			select {
			case <-time.After(20 * time.Millisecond):
			case <-r.Context().Done():
			}
			return false
		}
	case outputtest.Hangs:
		d.whole = func(_ http.ResponseWriter, r *http.Request, _ int) bool {
			<-r.Context().Done()
			return true
		}
	default:
		return false
	}
	return true
}

// status answers a whole request.
func status(code int, body string) func(http.ResponseWriter, *http.Request, int) bool {
	return func(w http.ResponseWriter, _ *http.Request, _ int) bool {
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
		return true
	}
}

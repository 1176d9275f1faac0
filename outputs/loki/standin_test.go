package loki

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"

	"jupyter-events-agent/internal/tlsfiles/tlstest"
)

// standIn answers pushes as Loki 3.7.8 was seen to: what is good of a push is
// stored, also where the answer is 400; an entry that is there is there once.
// Where a test wants something else, answer says it.
type standIn struct {
	*httptest.Server
	tb testing.TB

	mu        sync.Mutex
	answer    func(w http.ResponseWriter, r *http.Request, streams []pushed) bool // true: answered
	now       func() time.Time
	limits    limits
	streams   map[string]*kept // by tenant and labels
	order     []string
	pushes    int
	entries   int // of all pushes
	largest   int // bytes of a push, unpacked
	requests  []*http.Request
	maxOfTime time.Duration // the most event time that one push covered

	real string // URL of a Loki before which this stands, "" for none
}

type limits struct {
	line, labels, labelValue int
	burst                    int // bytes; 0 for none
	auth                     bool
	noMetadata               bool
}

type kept struct {
	highest int64
	lines   []line
	known   map[string]bool
}

func newStandIn(tb testing.TB) *standIn {
	s := &standIn{
		tb: tb, now: time.Now, streams: map[string]*kept{},
		limits: limits{line: 256 << 10, labels: 15, labelValue: 2048},
	}
	s.Server = httptest.NewServer(s)
	tb.Cleanup(s.Close)
	return s
}

// overTLS is a stand-in as behind a gateway that asks for a client's
// certificate. Both sides' are signed by the authority.
func overTLS(tb testing.TB, a *tlstest.Authority) *standIn {
	s := newStandIn(tb)
	s.Close()
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // failed handshakes
	s.Server.TLS = &tls.Config{Certificates: []tls.Certificate{a.Server(tb).TLS(tb)}, ClientCAs: a.Pool(), ClientAuth: tls.RequireAndVerifyClientCert}
	s.StartTLS()
	tb.Cleanup(s.Close)
	return s
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it was broken off
	}
	s.requests = append(s.requests, r.Clone(r.Context()))
	switch r.URL.Path {
	case "/ready":
		fmt.Fprintln(w, "ready")
		return
	case pushPath:
	default:
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-protobuf" {
		s.tb.Errorf("%s with the type %q", r.Method, r.Header.Get("Content-Type"))
	}
	body, err = s2.Decode(nil, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	streams, err := decode(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.see(body, streams)
	switch {
	case s.answer != nil && s.answer(w, r, streams):
	case s.real != "":
		s.hand(w, r, body)
	default:
		s.take(w, r, streams)
	}
}

// hand hands a push on to the Loki behind.
func (s *standIn) hand(w http.ResponseWriter, r *http.Request, body []byte) {
	on, err := http.NewRequestWithContext(r.Context(), r.Method, s.real+r.URL.Path, bytes.NewReader(s2.EncodeSnappy(nil, body)))
	if err != nil {
		s.tb.Error(err)
		return
	}
	on.Header = r.Header.Clone()
	res, err := http.DefaultClient.Do(on)
	if err != nil {
		http.Error(w, "bad gateway", http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body) // a client that is gone wants none
}

// see notes and checks what holds for every push.
func (s *standIn) see(body []byte, streams []pushed) {
	s.pushes++
	s.largest = max(s.largest, len(body))
	first, last := int64(0), int64(0)
	seen := map[string]bool{}
	for _, p := range streams {
		if _, err := labelPairs(p.labels); err != nil || seen[p.labels] || len(p.lines) == 0 {
			s.tb.Errorf("a push has the stream %s twice, empty, or with wrong labels: %v", p.labels, err)
		}
		seen[p.labels] = true
		if !slices.IsSortedFunc(p.lines, func(a, b line) int { return cmp.Compare(a.nanos, b.nanos) }) {
			s.tb.Errorf("the stream %s is not sorted by time", p.labels)
		}
		s.entries += len(p.lines)
		for _, l := range p.lines {
			if first == 0 || l.nanos < first {
				first = l.nanos
			}
			last = max(last, l.nanos)
		}
	}
	s.maxOfTime = max(s.maxOfTime, time.Duration(last-first))
}

// take is what Loki does; its texts are those of Loki 3.7.8.
func (s *standIn) take(w http.ResponseWriter, r *http.Request, streams []pushed) {
	tenant := r.Header.Get("X-Scope-OrgID")
	if s.limits.auth && tenant == "" {
		http.Error(w, "no org id", http.StatusUnauthorized)
		return
	}
	if len(streams) == 0 {
		http.Error(w, "error at least one valid stream is required for ingestion", http.StatusUnprocessableEntity)
		return
	}
	var refused []string
	size := 0
	good := make([]pushed, 0, len(streams))
	for _, p := range streams {
		if why := s.refuseLabels(p.labels); why != "" {
			refused = append(refused, why)
			continue
		}
		lines := p.lines[:0:0]
		for _, l := range p.lines {
			if why := s.refuseLine(p.labels, l); why != "" {
				refused = append(refused, why)
				continue
			}
			size += len(l.text)
			lines = append(lines, l)
		}
		if len(lines) > 0 {
			good = append(good, pushed{p.labels, lines})
		}
	}
	if len(good) > 0 && s.limits.burst > 0 && size > s.limits.burst {
		http.Error(w, fmt.Sprintf("ingestion rate limit exceeded for user fake (limit: %d bytes/sec) while attempting to ingest '%d' lines totaling '%d' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased", s.limits.burst, len(good), size), http.StatusTooManyRequests)
		return
	}
	for _, p := range good {
		if late := s.store(tenant, p); late != "" {
			http.Error(w, late, http.StatusBadRequest)
			return
		}
	}
	if len(refused) > 0 {
		http.Error(w, strings.Join(refused, "; "), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *standIn) refuseLabels(labels string) string {
	pairs, _ := labelPairs(labels)
	if len(pairs) == 0 {
		return "error at least one label pair is required per stream"
	}
	if len(pairs) > s.limits.labels {
		return fmt.Sprintf("entry for stream '%s' has %d label names; limit %d", labels, len(pairs), s.limits.labels)
	}
	for _, pair := range pairs {
		if _, value, _ := strings.Cut(pair, "="); len(value)-2 > s.limits.labelValue {
			return fmt.Sprintf("stream '%s' has label value too long: '%s'", labels, value)
		}
	}
	return ""
}

func (s *standIn) refuseLine(labels string, l line) string {
	at, now := time.Unix(0, l.nanos), s.now()
	switch {
	case at.Before(now.Add(-7 * 24 * time.Hour)):
		return fmt.Sprintf("entry for stream '%s' has timestamp too old: %s, oldest acceptable timestamp is: %s", labels, at.Format(time.RFC3339), now.Add(-7*24*time.Hour).Format(time.RFC3339))
	case at.After(now.Add(10 * time.Minute)):
		return fmt.Sprintf("entry for stream '%s' has timestamp too new: %s", labels, at.Format(time.RFC3339))
	case len(l.text) > s.limits.line:
		return fmt.Sprintf("max entry size '%d' bytes exceeded for stream '%s' while adding an entry with length '%d' bytes", s.limits.line, labels, len(l.text))
	case s.limits.noMetadata && len(l.metadata) > 0:
		return fmt.Sprintf("stream '%s' includes structured metadata, but this feature is disallowed. Please see `limits_config.allow_structured_metadata` or contact your Loki administrator to enable it", labels)
	}
	return ""
}

// store is what an ingester does: late is its text about what is too far behind.
func (s *standIn) store(tenant string, p pushed) (late string) {
	if s.real != "" {
		return s.storeReal(p)
	}
	name := tenant + " " + p.labels
	k := s.streams[name]
	if k == nil {
		k = &kept{known: map[string]bool{}}
		s.streams[name] = k
		s.order = append(s.order, name)
	}
	ignored := 0
	for _, l := range p.lines {
		if cutoff := k.highest - int64(time.Hour); k.highest > 0 && l.nanos < cutoff {
			ignored++
			late += fmt.Sprintf("entry with timestamp %s ignored, reason: 'entry too far behind, entry timestamp is: %s, oldest acceptable timestamp is: %s',\n", time.Unix(0, l.nanos), time.Unix(0, l.nanos).Format(time.RFC3339), time.Unix(0, cutoff).Format(time.RFC3339))
			continue
		}
		k.highest = max(k.highest, l.nanos)
		if !k.known[l.key()] {
			k.known[l.key()] = true
			k.lines = append(k.lines, l)
		}
	}
	if ignored > 0 {
		late += fmt.Sprintf("user 'fake', total ignored: %d out of %d for stream: %s", ignored, len(p.lines), p.labels)
	}
	return late
}

// storeReal pushes a part of a push to the Loki behind, as JSON.
func (s *standIn) storeReal(p pushed) string {
	labels := map[string]string{}
	pairs, _ := labelPairs(p.labels)
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		labels[name] = strings.Trim(value, `"`)
	}
	var values [][3]any
	for _, l := range p.lines {
		metadata := map[string]string{}
		for _, m := range l.metadata {
			metadata[m[0]] = m[1]
		}
		values = append(values, [3]any{strconv.FormatInt(l.nanos, 10), l.text, metadata})
	}
	if len(values) == 0 {
		return ""
	}
	body, err := json.Marshal(map[string]any{"streams": []any{map[string]any{"stream": labels, "values": values}}})
	if err != nil {
		s.tb.Error(err)
		return ""
	}
	res, err := http.Post(s.real+pushPath, "application/json", bytes.NewReader(body))
	if err != nil {
		s.tb.Error(err)
		return ""
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		s.tb.Errorf("a part is refused with the status %d", res.StatusCode)
	}
	return ""
}

// lines are what a stream has, by time.
func (s *standIn) lines(name string) []line {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams[name] == nil {
		return nil
	}
	lines := slices.Clone(s.streams[name].lines)
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.nanos, b.nanos) })
	return lines
}

// all are the texts of every stream, each by time.
func (s *standIn) all() (texts []string) {
	for _, name := range s.names() {
		for _, l := range s.lines(name) {
			texts = append(texts, l.text)
		}
	}
	return texts
}

// names are the streams in the order in which they came.
func (s *standIn) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.order)
}

// does sets what is answered beside what Loki does.
func (s *standIn) does(answer func(w http.ResponseWriter, r *http.Request, streams []pushed) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// says answers every push with a status and a text.
func (s *standIn) says(status int, text string) {
	s.does(func(w http.ResponseWriter, _ *http.Request, _ []pushed) bool {
		http.Error(w, text, status)
		return true
	})
}

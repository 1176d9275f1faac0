package elasticsearch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// standIn answers as the real server was seen to answer (8.19.21), byte for
// byte in what this output asks for.
type standIn struct {
	*httptest.Server
	opensearch bool // no X-Elastic-Product

	mu       sync.Mutex
	ids      map[string]bool
	docs     []document // in the order in which they came
	requests int
	there    bool // the data stream is there
	template string
	// each answers for one item, nil: 201 or 409. Called with mu held.
	each func(d document) (status int, kind string)
	// whole answers instead, also what is not _bulk; false: it did not.
	whole func(w http.ResponseWriter, r *http.Request, items int) bool
}

// document is one item of a _bulk request.
type document struct{ index, id, source string }

func newStandIn(t testing.TB) *standIn {
	s := &standIn{ids: map[string]bool{}, there: true}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Server.Close)
	return s
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if !s.opensearch {
		w.Header()["X-elastic-product"] = []string{"Elasticsearch"}
	}
	w.Header().Set("content-type", "application/json")
	path, bulk := strings.CutSuffix(r.URL.Path, "/_bulk")
	var items []document
	if bulk {
		items = parseBulk(strings.TrimPrefix(path, "/"), body)
	}
	s.mu.Lock()
	s.requests++
	each, whole := s.each, s.whole
	s.mu.Unlock()
	if whole != nil && whole(w, r, len(items)) {
		return
	}
	if !bulk {
		s.other(w, r, string(body))
		return
	}
	if r.URL.Query().Get("filter_path") != "errors,items.*.status,items.*.error.type" || r.Header.Get("Content-Type") != "application/x-ndjson" {
		panic("the request is not as expected")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	answers, errors := s.take(items, each)
	fmt.Fprintf(w, `{"errors":%v,"items":[%s]}`, errors, strings.Join(answers, ","))
}

// other answers what is not _bulk, as a server without security.
func (s *standIn) other(w http.ResponseWriter, r *http.Request, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	name := path[len(path)-1]
	switch method, path := r.Method, path[0]; {
	case method == "GET" && path == "":
		fmt.Fprint(w, `{"name":"test","cluster_name":"test","version":{"number":"8.19.21","build_flavor":"default"},"tagline":"You Know, for Search"}`)
	case path == "_resolve" && s.there:
		fmt.Fprintf(w, `{"indices":[],"aliases":[],"data_streams":[{"name":%q,"backing_indices":[".ds-x-2026.11.22-000001"],"timestamp_field":"@timestamp"}]}`, name)
	case path == "_resolve":
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `{"error":{"root_cause":[{"type":"index_not_found_exception"}],"type":"index_not_found_exception","reason":"no such index [%s]"},"status":404}`, name)
	case path == "_index_template" && method == "PUT":
		s.template = body
		fmt.Fprint(w, `{"acknowledged":true}`)
	case path == "_index_template" && method == "POST" && s.template == "":
		fmt.Fprint(w, `{}`)
	case path == "_index_template" && method == "POST":
		fmt.Fprint(w, `{"template":{"settings":{},"mappings":{},"aliases":{}},"overlapping":[]}`)
	case path == "_index_template" && s.template == "":
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `{"error":{"root_cause":[{"type":"resource_not_found_exception"}],"type":"resource_not_found_exception","reason":"index template matching [%s] not found"},"status":404}`, name)
	case path == "_index_template":
		fmt.Fprintf(w, `{"index_templates":[{"name":%q,"index_template":%s}]}`, name, s.template)
	default:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":"no handler found for uri [%s] and method [%s]"}`, r.URL.Path, r.Method)
	}
}

// take stores documents and says what _bulk does. mu is held.
func (s *standIn) take(items []document, each func(document) (int, string)) (answers []string, errors bool) {
	for _, d := range items {
		status, kind := http.StatusCreated, ""
		if each != nil {
			status, kind = each(d)
		}
		if status == http.StatusCreated {
			if s.ids[d.id] {
				status, kind = http.StatusConflict, "version_conflict_engine_exception"
			} else if d.source == decoy {
				status, kind = http.StatusBadRequest, "document_parsing_exception"
			} else {
				s.ids[d.id] = true
				s.docs = append(s.docs, d)
			}
		}
		if kind == "" {
			answers = append(answers, fmt.Sprintf(`{"create":{"status":%d}}`, status))
		} else {
			errors = true
			answers = append(answers, fmt.Sprintf(`{"create":{"status":%d,"error":{"type":"%s"}}}`, status, kind))
		}
	}
	return answers, errors
}

func (s *standIn) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(r.Body)
	}
	unpacked, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(unpacked)
}

// parseBulk reads a body as strictly as the real one does, and more: every
// document is JSON without a name twice.
func parseBulk(index string, body []byte) (all []document) {
	if !bytes.HasSuffix(body, []byte("\n")) {
		panic("The bulk request must be terminated by a newline [\\n]")
	}
	lines := bufio.NewScanner(bytes.NewReader(body))
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var action struct {
			Create *struct {
				ID    string  `json:"_id"`
				Index *string `json:"_index"`
			} `json:"create"`
		}
		said := lines.Text()
		if err := json.Unmarshal(lines.Bytes(), &action); err != nil || action.Create == nil {
			panic("the action is not right: " + said)
		}
		d := document{index: index, id: action.Create.ID}
		if action.Create.Index != nil {
			d.index = *action.Create.Index
		}
		if !lines.Scan() {
			panic("an action without a document")
		}
		if d.source = lines.Text(); len(d.id) != 32 && (d.id != "" || d.source != decoy) {
			panic("the id is not right: " + said)
		}
		if _, err := scanner.Scan(nil, lines.Bytes()); err != nil {
			panic(fmt.Sprint(err, d.source))
		}
		all = append(all, d)
	}
	return all
}

var added = regexp.MustCompile(`^\{"@timestamp":"[^"]*","event":\{[^}]*\},?`)

// body is the record that a document was made of.
func (d document) body() string { return "{" + added.ReplaceAllString(d.source, "") }

package noninterference

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// serveHTTP stands in for Elasticsearch and Loki.
func (s *standin) serveHTTP(l net.Listener) {
	server := &http.Server{Handler: http.HandlerFunc(s.http)} //nolint:gosec // of this machine, for this process
	s.work.Go(func() { _ = server.Serve(l) })
	s.close = func() error {
		err := server.Close()
		s.work.Wait()
		return err
	}
}

func (s *standin) http(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep("the request's method and URL, which hold index and path", []byte(r.Method+" "+r.URL.String()))
	names := make([]string, 0, len(r.Header))
	for name, values := range r.Header {
		names = append(names, name+": "+strings.Join(values, ", "))
	}
	slices.Sort(names)
	s.keep("the request's headers", []byte(strings.Join(names, "\n")))
	s.keep("the request's body", body)
	w.Header()["X-elastic-product"] = []string{"Elasticsearch"}
	w.Header().Set("Content-Type", "application/json")
	answer := s.answers()
	if strings.HasSuffix(r.URL.Path, "/push") {
		answerPush(w, answer)
		return
	}
	answerBulk(w, r, answer, body)
}

func answerPush(w http.ResponseWriter, answer int) {
	status, said := http.StatusNoContent, ""
	switch answer {
	case 1:
		status, said = 429, "ingestion rate limit exceeded"
	case 2:
		status, said = 500, "rpc error"
	case 3:
		status, said = 503, ""
	case 4:
		status, said = 413, "too large"
	case 5:
		status, said = 400, "entry for stream has timestamp too old"
	case 6:
		status, said = 400, "something else"
	}
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(status)
	if said != "" {
		_, _ = io.WriteString(w, said+" "+echo)
	}
}

// refusals are items of Elasticsearch's answers.
var refusals = []string{
	`{"create":{"status":400,"error":{"type":"document_parsing_exception","reason":"` + echo + `"}}}`,
	`{"create":{"status":400,"error":{"type":"` + echo + `"}}}`,
	`{"create":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"` + echo + `"}}}`,
	`{"create":{"status":409}}`,
}

func answerBulk(w http.ResponseWriter, r *http.Request, answer int, body []byte) {
	if status := []int{0, 503, 500, 413, 429}[min(answer, 5)%5]; status != 0 {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"type":%q,"reason":%q}}`, echo, echo)
		return
	}
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err == nil {
			body, _ = io.ReadAll(z)
		}
	}
	items := make([]string, bytes.Count(body, []byte("\n"))/2)
	for i := range items {
		items[i] = `{"create":{"status":201}}`
		if answer > 4 && i%(answer-2) == 1 {
			items[i] = refusals[(i/(answer-2)+answer)%len(refusals)]
		}
	}
	fmt.Fprintf(w, `{"errors":%v,"items":[%s]}`, answer > 4, strings.Join(items, ","))
}

package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// bulk answers _bulk as Elasticsearch answers what asks for errors and
// statuses only.
func bulk(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	w.Header().Set("Content-Type", "application/json")
	if !strings.HasSuffix(r.URL.Path, "/_bulk") {
		_, _ = io.WriteString(w, `{"version":{"number":"8.19.21"}}`)
		return
	}
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		body = unpacked
	}
	lines := 0
	block := make([]byte, 256<<10)
	for {
		n, err := body.Read(block)
		lines += bytes.Count(block[:n], []byte{'\n'})
		if err != nil {
			break
		}
	}
	items := lines / 2 // an action and a document
	records.Add(int64(items))
	const created = `{"create":{"status":201}}`
	answer := make([]byte, 0, len(created)*items+items+32)
	answer = append(answer, `{"errors":false,"items":[`...)
	for i := range items {
		if i > 0 {
			answer = append(answer, ',')
		}
		answer = append(answer, created...)
	}
	_, _ = w.Write(append(answer, "]}"...))
}

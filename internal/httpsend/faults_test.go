package httpsend

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/nettest"
)

// answer is a server that reads a request and answers these bytes, then
// whatever more writes, and closes.
func answer(t *testing.T, head string, more func(net.Conn)) (url string) {
	t.Helper()
	return "http://" + nettest.Serve(t, func(conn net.Conn) {
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if req, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			_, _ = io.Copy(io.Discard, req.Body)
		}
		_, _ = io.WriteString(conn, head)
		if more != nil {
			more(conn)
		}
	})
}

// TestFaults: what services were seen to answer, byte for byte, and what broken
// ones may.
func TestFaults(t *testing.T) {
	endless := func(conn net.Conn) {
		for b := bytes.Repeat([]byte("canary "), 1000); ; {
			if _, err := conn.Write(b); err != nil {
				return
			}
		}
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := z.Write(make([]byte, 8<<20)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	const loki429 = "Ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while attempting to ingest '1' lines totaling '9' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased\n"

	for name, c := range map[string]struct {
		head   string
		more   func(net.Conn)
		status int
		body   string
		cut    bool
		err    string
		unfit  bool // of err: waiting does not mend it
	}{
		"Elasticsearch 413, nothing in it": {
			head: "HTTP/1.1 413 Request Entity Too Large\r\ncontent-length: 0\r\n\r\n", status: 413},
		"Elasticsearch 413, and the connection ends": {
			head: "HTTP/1.1 413 Request Entity Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", status: 413},
		"Loki 429, text, no Retry-After": {
			head:   fmt.Sprintf("HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nContent-Length: %d\r\n\r\n%s", len(loki429), loki429),
			status: 429, body: loki429},
		"503 with Retry-After": {
			head: "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n", status: 503},
		"continue first": {
			head: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", status: 204},
		"closed without a word":          {err: "the connection was closed before the answer was complete"},
		"closed in the middle of a head": {head: "HTTP/1.1 200 OK\r\nContent-Length: 1", err: "the connection was closed"},
		"closed in the middle of a body": {head: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"errors\":", err: "the connection was closed before the answer was complete"},
		"closed in the middle of a chunk": {
			head: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{\"errors\":", err: "the connection was closed before the answer was complete"},
		"reset":                  {head: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", more: func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }, err: "the connection was closed"},
		"never ends":             {head: "HTTP/1.1 200 OK\r\n\r\n", more: endless, status: 200, cut: true},
		"a head that never ends": {head: "HTTP/1.1 200 OK\r\nX: ", more: endless, err: "headers are longer than 64 KiB", unfit: true},
		"packed to burst": {
			head: fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", bomb.Len(), bomb.String()), status: 200, cut: true},
		"no HTTP":               {head: "canary: 220 mail.example.org ESMTP\r\n", err: "the answer is not HTTP as it should be: check that the address and the port are the service's own", unfit: true},
		"no status":             {head: "HTTP/1.1 canary OK\r\n\r\n", err: "the answer is not HTTP", unfit: true},
		"a header that is none": {head: "HTTP/1.1 200 OK\r\ncanary\r\n\r\n", err: "the answer is not HTTP"},
		"a length that is none": {head: "HTTP/1.1 200 OK\r\nContent-Length: canary\r\n\r\n", err: "the answer is not HTTP"},
		"a chunk that is none":  {head: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ncanary\r\n", err: "the answer is not HTTP"},
		"TLS":                   {head: "\x15\x03\x01\x00\x02\x02\x16", err: "the service speaks TLS there: write https://", unfit: true},
	} {
		t.Run(name, func(t *testing.T) {
			url := answer(t, c.head, c.more)
			s := open(t, Config{MaxBody: 4096})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			r, err := send(ctx, s, url+"/_bulk", []byte("{}\n"))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "canary") || !strings.HasPrefix(err.Error(), strings.TrimPrefix(url, "http://")+": ") || Refuses(err) != c.unfit {
					t.Fatalf("%+v, %v (refuses: %v), want %q in it", r, err, Refuses(err), c.err)
				}
				return
			}
			if err != nil || r.status != c.status || r.cut != c.cut {
				t.Fatalf("%d, cut %v, %v", r.status, r.cut, err)
			}
			if c.cut && len(r.body) != 4096 || !c.cut && string(r.body) != c.body {
				t.Errorf("body of %d bytes: %.80q", len(r.body), r.body)
			}
		})
	}
}

// TestSlowBody: the deadline counts for the response's body too.
func TestSlowBody(t *testing.T) {
	release := make(chan struct{})
	url := answer(t, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", func(net.Conn) { <-release })
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := send(ctx, open(t, Config{}), url, nil)
	if err == nil || !strings.Contains(err.Error(), "no answer in time") || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// TestRoundTripIsBounded: what another client reads has the same bound.
func TestRoundTripIsBounded(t *testing.T) {
	for length, fails := range map[int]bool{9: false, 10: false, 11: true} {
		url := answer(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", length, strings.Repeat("x", length)), nil)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := open(t, Config{MaxBody: 10}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		var long *LongError
		if errors.As(err, &long) != fails || len(body) != min(length, 10) {
			t.Errorf("%d: %q, %v", length, body, err)
		}
		if fails && !strings.Contains(err.Error(), "longer than 10 bytes: check that the address is the service's own") {
			t.Error(err)
		}
	}
}

// TestNotThere: what the machine says when nothing listens.
func TestNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	for url, want := range map[string]string{
		"http://" + l.Addr().String():  l.Addr().String() + ": connection refused: start the server",
		"https://" + l.Addr().String(): l.Addr().String() + ": connection refused: start the server",
		"http://nobody.invalid":        "nobody.invalid:80: ",
		"https://nobody.invalid":       "nobody.invalid:443: ",
	} {
		_, err := send(t.Context(), open(t, Config{}), url, nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q first", err, want)
		}
	}
}

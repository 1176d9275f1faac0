package httpsend

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"jupyter-events-agent/internal/tlsfiles"
	"jupyter-events-agent/internal/tlsfiles/tlstest"
)

func open(t *testing.T, c Config) *Sender {
	t.Helper()
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// response is what came back.
type response struct {
	status int
	body   []byte
	cut    bool // the body was longer
}

// send posts a body and reads the response.
func send(ctx context.Context, s *Sender, url string, body []byte) (r response, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return r, err
	}
	res, err := s.RoundTrip(req)
	if err != nil {
		return r, err
	}
	defer res.Body.Close()
	r.status = res.StatusCode
	r.body, err = io.ReadAll(res.Body)
	var long *LongError
	if errors.As(err, &long) {
		r.cut, err = true, nil
	}
	return r, err
}

func secret(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	tlstest.Write(t, path, []byte(text))
	return path
}

// seen is what a server saw of one request.
type seen struct {
	http.Header
	method, path, body, proto string
}

// record is a server that answers 204 and keeps what it saw.
func record(t *testing.T, config *tls.Config) (url string, last *atomic.Pointer[seen], dialed *atomic.Int32) {
	t.Helper()
	last, dialed = &atomic.Pointer[seen]{}, &atomic.Int32{}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		last.Store(&seen{r.Header, r.Method, r.URL.String(), string(body), r.Proto})
		w.WriteHeader(http.StatusNoContent)
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			dialed.Add(1)
		}
	}
	if config != nil {
		srv.TLS = config
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	return srv.URL, last, dialed
}

func TestRequests(t *testing.T) {
	url, last, dialed := record(t, nil)
	s := open(t, Config{})
	for range 3 {
		if r, err := send(t.Context(), s, url+"/prefix/push?x=1", []byte("body")); err != nil || r.status != 204 || len(r.body) != 0 {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	got := last.Load()
	if got.method != "POST" || got.path != "/prefix/push?x=1" || got.body != "body" || got.Get("User-Agent") != "jupyter-events-agent" ||
		got.Get("Content-Length") != "4" || got.Get("Authorization") != "" || got.Get("Accept-Encoding") != "" {
		t.Errorf("the server saw %+v", got)
	}
	if n := dialed.Load(); n != 1 {
		t.Errorf("%d connections for three requests", n)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/ready", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Scope-OrgID", "jupyter")
	res, err := s.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := last.Load(); got.method != "GET" || got.path != "/ready" || got.body != "" || got.Get("X-Scope-OrgID") != "jupyter" {
		t.Errorf("the server saw %+v", got)
	}
}

// TestLogin: each kind of login, from the file as it is at each request.
func TestLogin(t *testing.T) {
	url, last, _ := record(t, nil)
	for _, c := range []struct {
		auth             func(path string) Auth
		secret, want     string
		changed, changes string
	}{
		{func(p string) Auth { return Auth{Username: "agent", PasswordFile: p} }, "s3cret\n", "Basic YWdlbnQ6czNjcmV0", "n3w", "Basic YWdlbnQ6bjN3"},
		{func(p string) Auth { return Auth{BearerTokenFile: p} }, "tok.en\n", "Bearer tok.en", "new", "Bearer new"},
		{func(p string) Auth { return Auth{APIKeyFile: p} }, "aWQ6a2V5\n", "ApiKey aWQ6a2V5", "id:key\n", "ApiKey aWQ6a2V5"},
	} {
		path := secret(t, c.secret)
		s := open(t, Config{Auth: c.auth(path)})
		for _, step := range []struct{ secret, want string }{{c.secret, c.want}, {c.changed, c.changes}} {
			tlstest.Write(t, path, []byte(step.secret))
			if _, err := send(t.Context(), s, url, nil); err != nil {
				t.Fatal(err)
			}
			if got := last.Load().Get("Authorization"); got != step.want {
				t.Errorf("sent %q, want %q", got, step.want)
			}
		}
		tlstest.Write(t, path, nil)
		last.Store(nil)
		if _, err := send(t.Context(), s, url, []byte("x")); err == nil || !strings.Contains(err.Error(), "is empty") || last.Load() != nil {
			t.Errorf("an empty file: %v, sent %v", err, last.Load())
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := send(t.Context(), s, url, []byte("x")); !Refuses(err) || last.Load() != nil {
			t.Errorf("no file: %v, sent %v", err, last.Load())
		}
	}
}

func TestTLS(t *testing.T) {
	ours := tlstest.New(t, "ours")
	client := ours.Client(t, "agent")
	for proto, next := range map[string][]string{"HTTP/1.1": {"http/1.1"}, "HTTP/2.0": {"h2", "http/1.1"}} {
		url, last, _ := record(t, &tls.Config{Certificates: []tls.Certificate{ours.Server(t).TLS(t)}, NextProtos: next, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ours.Pool()})
		s := open(t, Config{TLS: tlsfiles.Config{CAFile: ours.File, CertFile: client.CertFile, KeyFile: client.KeyFile}})
		if r, err := send(t.Context(), s, url, []byte("x")); err != nil || r.status != 204 || last.Load().proto != proto {
			t.Errorf("%s: %+v, %v, %+v", proto, r, err, last.Load())
		}
		for want, c := range map[string]tlsfiles.Config{
			"asks for a client's certificate: set tls.cert_file": {CAFile: ours.File},
			"unknown authority: set tls.ca_file":                 {CertFile: client.CertFile, KeyFile: client.KeyFile},
		} {
			_, err := send(t.Context(), open(t, Config{TLS: c}), url, []byte("x"))
			if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), strings.TrimPrefix(url, "https://")+": ") || c.CAFile == "" && !Refuses(err) {
				t.Errorf("%s: %v (refuses: %v), want %q in it", proto, err, Refuses(err), want)
			}
		}
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	url, last, _ := record(t, nil)
	srv := httptest.NewServer(http.RedirectHandler(url, http.StatusTemporaryRedirect))
	defer srv.Close()
	r, err := send(t.Context(), open(t, Config{}), srv.URL, []byte("record"))
	if err != nil || r.status != 307 || Classify(r.status) != Denied {
		t.Errorf("%+v, %v", r, err)
	}
	if got := last.Load(); got != nil {
		t.Errorf("went to the other place: %+v", got)
	}
}

// TestNoProxy: what the environment says does not lead records elsewhere.
func TestNoProxy(t *testing.T) {
	proxy, last, _ := record(t, nil)
	t.Setenv("HTTP_PROXY", proxy)
	t.Setenv("http_proxy", proxy)
	if _, err := send(t.Context(), open(t, Config{}), "http://nobody.invalid", nil); err == nil || last.Load() != nil {
		t.Errorf("%v, the proxy saw %+v", err, last.Load())
	}
}

func TestOpen(t *testing.T) {
	for want, c := range map[string]Config{
		"is missing beside":        {Auth: Auth{Username: "a"}},
		"tls.key_file: is missing": {TLS: tlsfiles.Config{CertFile: "c"}},
		"tls: ca_file":             {TLS: tlsfiles.Config{CAFile: "/none"}},
		"read the secret /none":    {Auth: Auth{APIKeyFile: "/none"}},
	} {
		if _, err := Open(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no mode bits")
	}
	path := secret(t, "x")
	login := Auth{BearerTokenFile: path}
	for url, want := range map[string]string{"http://logs.example.org": "can be read on the way: use https://", "https://logs.example.org": "", "http://127.0.0.1:3100": "", "http://localhost": ""} {
		got := Config{URLs: []string{"https://first.example.org", url}, Auth: login}.Warnings()
		if want == "" && got != nil || want != "" && (len(got) != 1 || !strings.Contains(got[0], want)) {
			t.Errorf("%s: %q", url, got)
		}
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := (Config{Auth: login}).Warnings(); len(got) != 1 || !strings.Contains(got[0], "open to others") {
		t.Errorf("%q", got)
	}
}

// TestBodyIsGivenBack: after Do the caller may use the bytes of the body
// again, though the server answered before it had read them.
func TestBodyIsGivenBack(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}))
	defer srv.Close()
	s := open(t, Config{})
	body := bytes.Repeat([]byte("x"), 8<<20)
	for range 5 {
		r, err := send(t.Context(), s, srv.URL, body)
		if err == nil && r.status != 413 {
			t.Errorf("%+v", r)
		}
		clear(body) // the race detector sees who still reads
	}
}

// counted is a connection that counts the calls.
type counted struct {
	net.Conn
	got   bytes.Buffer
	calls int
	fails bool
}

func (c *counted) Write(b []byte) (int, error) {
	c.calls++
	if c.fails {
		return len(b) / 2, io.ErrClosedPipe
	}
	return c.got.Write(b)
}

func TestWide(t *testing.T) {
	for length, calls := range map[int]int{0: 0, 1: 1, 100_000: 1, pieceBytes: 1, 2*pieceBytes + 1: 3} {
		c, body := &counted{}, bytes.Repeat([]byte("x"), length)
		n, err := (&wide{Conn: c}).ReadFrom(bytes.NewReader(body))
		if n != int64(length) || err != nil || c.calls != calls || !bytes.Equal(c.got.Bytes(), body) {
			t.Errorf("%d: %d, %v, %d calls", length, n, err, c.calls)
		}
	}
	if n, err := (&wide{Conn: &counted{fails: true}}).ReadFrom(strings.NewReader("four")); n != 2 || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := (&wide{Conn: &counted{}}).ReadFrom(iotest.ErrReader(errOver)); !errors.Is(err, errOver) {
		t.Error(err)
	}
}

// hold is a way through to a server that can be shut without closing what
// went through: as a firewall that forgot the connection.
type hold struct {
	address string
	shut    func() // what went through so far goes on no more
}

func through(t *testing.T, to string) hold {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var era atomic.Int32
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			t.Cleanup(func() { in.Close(); out.Close() })
			born := era.Load()
			carry := func(from, to net.Conn) {
				b := make([]byte, 32<<10)
				for {
					n, err := from.Read(b)
					if err != nil {
						return
					}
					if era.Load() == born {
						_, _ = to.Write(b[:n])
					}
				}
			}
			go carry(in, out)
			go carry(out, in)
		}
	}()
	return hold{l.Addr().String(), func() { era.Add(1) }}
}

// TestDeadConnection: after a connection has gone dead without a word,
// requests find another, with both versions of HTTP.
func TestDeadConnection(t *testing.T) {
	ours := tlstest.New(t, "ours")
	for proto, next := range map[string][]string{"HTTP/1.1": {"http/1.1"}, "HTTP/2.0": {"h2", "http/1.1"}} {
		url, last, _ := record(t, &tls.Config{Certificates: []tls.Certificate{ours.Server(t).TLS(t)}, NextProtos: next})
		way := through(t, strings.TrimPrefix(url, "https://"))
		s := open(t, Config{TLS: tlsfiles.Config{CAFile: ours.File}})
		s.transport.HTTP2.SendPingTimeout, s.transport.HTTP2.PingTimeout = 50*time.Millisecond, 50*time.Millisecond
		try := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			_, err := send(ctx, s, "https://"+way.address, []byte("x"))
			return err
		}
		if err := try(); err != nil || last.Load().proto != proto {
			t.Fatalf("%s: %v, %+v", proto, err, last.Load())
		}
		way.shut()
		err := try()
		if err == nil || !strings.Contains(err.Error(), "no answer in time") && !strings.Contains(err.Error(), "closed before the answer") {
			t.Errorf("%s: over the dead connection: %v", proto, err)
		}
		for end := time.Now().Add(10 * time.Second); err != nil; {
			if err = try(); err != nil && time.Now().After(end) {
				t.Fatalf("%s: no other connection was made: %v", proto, err)
			}
		}
	}
}

func TestCancelled(t *testing.T) {
	gone := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(gone)
		<-r.Context().Done()
	}))
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-gone; cancel() }()
	_, err := send(ctx, open(t, Config{}), srv.URL, []byte("x"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

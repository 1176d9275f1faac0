package tlsfiles_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/nettest"
	"jupyter-events-agent/internal/tlsfiles"
	"jupyter-events-agent/internal/tlsfiles/tlstest"
)

// serve answers each connection with the name of its client, or "-".
func serve(t *testing.T, config *tls.Config) (address string) {
	t.Helper()
	return nettest.Serve(t, func(plain net.Conn) {
		_ = plain.SetDeadline(time.Now().Add(10 * time.Second))
		conn := tls.Server(plain, config)
		defer conn.Close()
		if conn.Handshake() == nil {
			name := "-"
			if peers := conn.ConnectionState().PeerCertificates; len(peers) > 0 {
				name = peers[0].Subject.CommonName
			}
			_, _ = io.WriteString(conn, name)
		}
	})
}

// greet dials and reads what the server says; with TLS 1.3 a client's
// certificate is refused only then.
func greet(t *testing.T, files *tlsfiles.Files, address string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, err := files.Dial(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	name, err := io.ReadAll(conn)
	return string(name), files.Explain(address, err)
}

func open(t *testing.T, c tlsfiles.Config) *tlsfiles.Files {
	t.Helper()
	if mistakes := c.Validate("tls"); mistakes != nil {
		t.Fatal(mistakes)
	}
	files, err := c.Open()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestConnections(t *testing.T) {
	ours, theirs := tlstest.New(t, "ours"), tlstest.New(t, "theirs")
	server, client, foreign := ours.Server(t), ours.Client(t, "agent"), theirs.Client(t, "stranger")
	gone := ours.Sign(t, "server", time.Now().Add(-time.Hour), "127.0.0.1")
	elsewhere := ours.Sign(t, "server", time.Now().Add(time.Hour), "es01.example.org", "es02.example.org")
	nameless := ours.Client(t, "nameless")
	old := ours.Sign(t, "agent", time.Now().Add(-time.Hour))

	plain := func(p tlstest.Pair) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{p.TLS(t)}} }
	asks := func(p tlstest.Pair) *tls.Config {
		c := plain(p)
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, ours.Pool()
		return c
	}
	tls12 := func(c *tls.Config) *tls.Config { c.MaxVersion = tls.VersionTLS12; return c }
	tls11 := plain(server)
	tls11.MinVersion, tls11.MaxVersion = tls.VersionTLS10, tls.VersionTLS11

	for name, c := range map[string]struct {
		server *tls.Config
		files  tlsfiles.Config
		want   string // of the server, or of the error
		fails  bool
	}{
		"own authority":              {plain(server), tlsfiles.Config{CAFile: ours.File}, "-", false},
		"client":                     {asks(server), tlsfiles.Config{CAFile: ours.File, CertFile: client.CertFile, KeyFile: client.KeyFile}, "agent", false},
		"client, TLS 1.2":            {tls12(asks(server)), tlsfiles.Config{CAFile: ours.File, CertFile: client.CertFile, KeyFile: client.KeyFile}, "agent", false},
		"server_name":                {plain(elsewhere), tlsfiles.Config{CAFile: ours.File, ServerName: "es02.example.org"}, "-", false},
		"other authority":            {plain(server), tlsfiles.Config{CAFile: theirs.File}, "unknown authority: set tls.ca_file", true},
		"the system's authorities":   {plain(server), tlsfiles.Config{}, "unknown authority: set tls.ca_file", true},
		"expired":                    {plain(gone), tlsfiles.Config{CAFile: ours.File}, "has expired at 2", true},
		"other host":                 {plain(elsewhere), tlsfiles.Config{CAFile: ours.File}, "is for es01.example.org, es02.example.org, not for 127.0.0.1: connect by a name that it has, or set tls.server_name", true},
		"certificate not a server's": {plain(nameless), tlsfiles.Config{CAFile: ours.File}, "names no host", true},
		"no client certificate":      {asks(server), tlsfiles.Config{CAFile: ours.File}, "asks for a client's certificate: set tls.cert_file and tls.key_file", true},
		"no client certificate, 1.2": {tls12(asks(server)), tlsfiles.Config{CAFile: ours.File}, "set tls.cert_file and tls.key_file", true},
		"foreign client":             {asks(server), tlsfiles.Config{CAFile: ours.File, CertFile: foreign.CertFile, KeyFile: foreign.KeyFile}, "authority that signed tls.cert_file", true},
		"expired client":             {asks(server), tlsfiles.Config{CAFile: ours.File, CertFile: old.CertFile, KeyFile: old.KeyFile}, "renew tls.cert_file", true},
		"TLS 1.1 only":               {tls11, tlsfiles.Config{CAFile: ours.File}, "let it take TLS 1.2 or newer", true},
	} {
		t.Run(name, func(t *testing.T) {
			address := serve(t, c.server)
			said, err := greet(t, open(t, c.files), address)
			switch {
			case c.fails && err == nil:
				t.Fatalf("connected, the server said %q", said)
			case c.fails && (!strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), address+": ")):
				t.Errorf("the error is %q, want %q in it", err, c.want)
			case !c.fails && (err != nil || said != c.want):
				t.Errorf("the server said %q, %v", said, err)
			}
		})
	}
}

func TestNotTLS(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
			conn.Close()
		}
	}()
	_, err = greet(t, open(t, tlsfiles.Config{}), l.Addr().String())
	if err == nil || !strings.Contains(err.Error(), "does not speak TLS") {
		t.Errorf("%v", err)
	}
}

// TestHung: a server that takes the connection and says nothing.
func TestHung(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = open(t, tlsfiles.Config{}).Dial(ctx, "tcp", l.Addr().String())
	if err == nil || !strings.Contains(err.Error(), "no answer in time") || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open(t, tlsfiles.Config{}).Dial(cancelled, "tcp", l.Addr().String()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestRenewed: between two connections each of the files changes, and the
// second uses the new ones.
func TestRenewed(t *testing.T) {
	ours, next := tlstest.New(t, "ours"), tlstest.New(t, "next")
	config := func(a *tlstest.Authority) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{a.Server(t).TLS(t)}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.Pool()}
	}
	first, second := serve(t, config(ours)), serve(t, config(next))
	client := ours.Client(t, "agent")
	files := open(t, tlsfiles.Config{CAFile: ours.File, CertFile: client.CertFile, KeyFile: client.KeyFile})
	if said, err := greet(t, files, first); said != "agent" {
		t.Fatalf("%q, %v", said, err)
	}

	renewed := next.Client(t, "renewed")
	tlstest.Write(t, ours.File, append(append([]byte{}, ours.PEM...), next.PEM...)) // both, while the change goes on
	tlstest.Write(t, client.CertFile, renewed.Cert)
	tlstest.Write(t, client.KeyFile, renewed.Key)
	if said, err := greet(t, files, second); said != "renewed" {
		t.Errorf("after the change: %q, %v", said, err)
	}
	if err := files.Stale(); err != nil {
		t.Errorf("stale: %v", err)
	}
}

// TestHalfWritten: files that are not right are not used, those from before
// are, and the next error of a connection says so.
func TestHalfWritten(t *testing.T) {
	ours := tlstest.New(t, "ours")
	server := serve(t, &tls.Config{Certificates: []tls.Certificate{ours.Server(t).TLS(t)}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ours.Pool()})
	other := ours.Client(t, "other")
	for name, c := range map[string]struct {
		write func(ca, cert, key string)
		says  string
	}{
		"certificate cut":   {func(_, cert, _ string) { tlstest.Write(t, cert, other.Cert[:len(other.Cert)/2]) }, "ends in the middle of a certificate"},
		"certificate empty": {func(_, cert, _ string) { tlstest.Write(t, cert, nil) }, "holds no certificate"},
		"second certificate cut": {func(_, cert, _ string) {
			tlstest.Write(t, cert, append(append([]byte{}, other.Cert...), ours.PEM[:200]...))
		}, "ends in the middle"},
		"key cut":             {func(_, _, key string) { tlstest.Write(t, key, other.Key[:len(other.Key)/2]) }, "holds no whole PEM key"},
		"key not yet written": {func(_, cert, _ string) { tlstest.Write(t, cert, other.Cert) }, "is not the key of"},
		"key gone":            {func(_, _, key string) { os.Remove(key) }, "correct the path, or put the file there"},
		"authority cut":       {func(ca, _, _ string) { tlstest.Write(t, ca, ours.PEM[:100]) }, "ends in the middle of a certificate"},
		"authority broken": {func(ca, _, _ string) {
			tlstest.Write(t, ca, []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
		}, "not right: get it anew"},
	} {
		t.Run(name, func(t *testing.T) {
			client := ours.Client(t, "agent")
			ca := filepath.Join(t.TempDir(), "ca.pem")
			tlstest.Write(t, ca, ours.PEM)
			files := open(t, tlsfiles.Config{CAFile: ca, CertFile: client.CertFile, KeyFile: client.KeyFile})
			c.write(ca, client.CertFile, client.KeyFile)
			if said, err := greet(t, files, server); said != "agent" {
				t.Errorf("the pair from before: %q, %v", said, err)
			}
			if err := files.Stale(); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("stale: %v, want %q in it", err, c.says)
			}
			// A connection that fails says it, and once.
			err := files.Explain("127.0.0.1:1", files.Explain("127.0.0.1:1", io.EOF))
			if strings.Count(err.Error(), c.says) != 1 || !errors.Is(err, io.EOF) {
				t.Errorf("a failed connection: %v", err)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("quotes the file: %v", err)
			}

			tlstest.Write(t, ca, ours.PEM)
			tlstest.Write(t, client.CertFile, other.Cert)
			tlstest.Write(t, client.KeyFile, other.Key)
			if said, err := greet(t, files, server); said != "other" || files.Stale() != nil {
				t.Errorf("when they are whole: %q, %v, stale %v", said, err, files.Stale())
			}
		})
	}
}

func TestOpen(t *testing.T) {
	ours := tlstest.New(t, "ours")
	a, b := ours.Client(t, "a"), ours.Client(t, "b")
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		tlstest.Write(t, path, []byte(text))
		return path
	}
	encrypted := write("encrypted.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
	for name, c := range map[string]struct {
		config tlsfiles.Config
		want   string
	}{
		"no such authority": {tlsfiles.Config{CAFile: filepath.Join(dir, "none.pem")}, "tls: ca_file " + filepath.Join(dir, "none.pem") + ": no such file or directory: correct the path"},
		"a folder":          {tlsfiles.Config{CAFile: dir}, "is not a plain file"},
		"no PEM":            {tlsfiles.Config{CAFile: write("text.pem", "secret-canary")}, "holds no certificate"},
		"a key for a CA":    {tlsfiles.Config{CAFile: a.KeyFile}, "holds no certificate"},
		"two pairs":         {tlsfiles.Config{CertFile: a.CertFile, KeyFile: b.KeyFile}, "is not the key of cert_file"},
		"encrypted":         {tlsfiles.Config{CertFile: a.CertFile, KeyFile: encrypted}, "is encrypted: decrypt it with"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.config.Open()
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%v, want %q in it", err, c.want)
			}
		})
	}
	// Certificate and key in one file.
	both := write("both.pem", string(a.Key)+string(a.Cert))
	if _, err := (tlsfiles.Config{CertFile: both, KeyFile: both}).Open(); err != nil {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	for want, c := range map[string]tlsfiles.Config{
		"tls.key_file: ":  {CertFile: "x"},
		"tls.cert_file: ": {KeyFile: "x"},
	} {
		if m := c.Validate("tls"); len(m) != 1 || !strings.HasPrefix(m[0].Error(), want) {
			t.Errorf("%+v: %v", c, m)
		}
	}
	if m := (tlsfiles.Config{CertFile: "x", KeyFile: "y", CAFile: "z"}).Validate("tls"); m != nil {
		t.Error(m)
	}
}

func TestWarnings(t *testing.T) {
	ours := tlstest.New(t, "ours")
	for name, c := range map[string]struct {
		end  time.Duration
		mode os.FileMode
		want []string
	}{
		"well":        {30 * 24 * time.Hour, 0o640, nil},
		"open to all": {30 * 24 * time.Hour, 0o644, []string{"is open to others (mode 0644): run chmod 640"}},
		"soon":        {10 * 24 * time.Hour, 0o600, []string{"expires at"}},
		"over":        {-time.Hour, 0o600, []string{"has expired at"}},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("Windows has no mode bits")
			}
			p := ours.Sign(t, "agent", time.Now().Add(c.end))
			if err := os.Chmod(p.KeyFile, c.mode); err != nil {
				t.Fatal(err)
			}
			got := tlsfiles.Config{CertFile: p.CertFile, KeyFile: p.KeyFile}.Warnings()
			if len(got) != len(c.want) {
				t.Fatalf("%q, want %q", got, c.want)
			}
			for i := range got {
				if !strings.Contains(got[i], c.want[i]) {
					t.Errorf("%q, want %q in it", got[i], c.want[i])
				}
			}
		})
	}
}

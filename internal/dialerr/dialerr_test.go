package dialerr_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"jupyter-events-agent/internal/dialerr"
)

func dial(e syscall.Errno) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", e)}
}

func alert(text string) error {
	return &net.OpError{Op: "remote error", Err: errors.New("tls: " + text)}
}

// mended are the faults of TestExplain that waiting may mend.
var mended = []string{"refused", "no route", "no network", "firewall", "too many files", "no port", "time out of system", "reset", "pipe", "end", "unexpected end",
	"deadline", "deadline of reading", "no such host", "resolver away", "no port named", "unknown error"}

func TestExplain(t *testing.T) {
	past := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"refused":             {dial(syscall.ECONNREFUSED), "connection refused: start the server, or correct the address and the port"},
		"no route":            {dial(syscall.EHOSTUNREACH), "no way to this host: check the address, the network and its routes"},
		"no network":          {dial(syscall.ENETUNREACH), "no way to this host"},
		"firewall":            {dial(syscall.EPERM), "does not let the agent connect there: check its firewall and the service's sandbox"},
		"too many files":      {dial(syscall.EMFILE), "too many files are open: raise the limit"},
		"no port":             {dial(syscall.EADDRNOTAVAIL), "no address or port left"},
		"time out of system":  {dial(syscall.ETIMEDOUT), "no answer in time"},
		"reset":               {dial(syscall.ECONNRESET), "the connection was closed before the answer was complete"},
		"pipe":                {dial(syscall.EPIPE), "the connection was closed"},
		"end":                 {fmt.Errorf("read: %w", io.EOF), "the connection was closed"},
		"unexpected end":      {io.ErrUnexpectedEOF, "the connection was closed"},
		"deadline":            {context.DeadlineExceeded, "no answer in time: check that the server is well, and the network and firewalls on the way"},
		"deadline of reading": {os.ErrDeadlineExceeded, "no answer in time"},
		"no such host":        {&net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}, "no such host: correct the name, or see whether this machine's resolver knows it"},
		"resolver away":       {&net.DNSError{Err: "i/o timeout", Name: "x", IsTimeout: true}, "could not be looked up: check this machine's resolver"},
		"no port named":       {&net.AddrError{Err: "missing port in address", Addr: "x"}, "is no address: write host:port"},
		"unknown authority":   {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "signed by an unknown authority: set tls.ca_file"},
		"other name":          {x509.HostnameError{Host: "a.example", Certificate: &x509.Certificate{DNSNames: []string{"b.example"}}}, "is for b.example, not for a.example: connect by a name that it has, or set tls.server_name to one"},
		"many names":          {x509.HostnameError{Host: "a", Certificate: &x509.Certificate{DNSNames: []string{"b", "c"}, IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1), net.IPv6loopback}}}, "is for b, c, 10.0.0.1 and others, not for a"},
		"no names":            {x509.HostnameError{Host: "a", Certificate: &x509.Certificate{}}, "names no host (subject alternative name), not for a"},
		"expired":             {x509.CertificateInvalidError{Cert: &x509.Certificate{NotAfter: past}, Reason: x509.Expired, Detail: "current time is after"}, "has expired at 2026-01-02 03:04 UTC: renew it there, or set this machine's clock right"},
		"not yet":             {x509.CertificateInvalidError{Cert: &x509.Certificate{NotBefore: past}, Reason: x509.Expired, Detail: "current time 2025 is before 2026"}, "is valid only from 2026-01-02 03:04 UTC"},
		"a client's":          {x509.CertificateInvalidError{Reason: x509.IncompatibleUsage}, "usage serverAuth"},
		"against the rules":   {x509.CertificateInvalidError{Reason: x509.TooManyIntermediates}, "breaks a rule of the authority"},
		"no roots":            {x509.SystemRootsError{}, "install its ca-certificates, or set tls.ca_file"},
		"not right":           {&tls.CertificateVerificationError{Err: errors.New("canary")}, "the server's certificate is not right"},
		"no TLS":              {tls.RecordHeaderError{Msg: "canary"}, "does not speak TLS there: write http://"},
		"old TLS":             {errors.New("tls: server selected unsupported protocol version 301"), "let it take TLS 1.2 or newer"},
		"bad certificate":     {alert("bad certificate"), "set tls.cert_file and tls.key_file to a pair that its authority signed"},
		"none":                {alert("certificate required"), "asks for a client's certificate: set tls.cert_file"},
		"unknown":             {alert("unknown certificate authority"), "does not know the authority that signed tls.cert_file"},
		"client expired":      {alert("expired certificate"), "renew tls.cert_file"},
		"revoked":             {alert("revoked certificate"), "is revoked"},
		"denied":              {alert("access denied"), "give its name the right there"},
		"handshake":           {alert("handshake failure"), "no TLS cipher in common"},
		"version":             {alert("protocol version not supported"), "only TLS older than 1.2"},
		"SNI":                 {alert("unrecognized name"), "set tls.server_name"},
		"another alert":       {alert("internal error"), "ended the TLS handshake: see its log"},
		"unknown error":       {errors.New("canary"), "the connection failed: check that the address and the port"},
	} {
		t.Run(name, func(t *testing.T) {
			got := dialerr.Explain("host.example:9200", fmt.Errorf("canary: %w", c.err))
			if !strings.HasPrefix(got.Error(), "host.example:9200: ") || !strings.Contains(got.Error(), c.want) {
				t.Errorf("%q, want %q in it", got, c.want)
			}
			if strings.Contains(got.Error(), "canary") {
				t.Errorf("shows the text of the cause: %q", got)
			}
			if !errors.Is(got, c.err) && name != "unknown error" {
				t.Errorf("hides its cause")
			}
			if waits := slices.Contains(mended, name); dialerr.Refuses(got) == waits {
				t.Errorf("refuses: %v", !waits)
			}
			if again := dialerr.Explain("other:1", fmt.Errorf("write: %w", got)); !strings.Contains(again.Error(), got.Error()) {
				t.Errorf("explained again: %q", again)
			}
		})
	}
	if err := dialerr.Explain("x:1", nil); err != nil {
		t.Error(err)
	}
	if err := dialerr.Explain("x:1", fmt.Errorf("dial: %w", context.Canceled)); err.Error() != "dial: context canceled" {
		t.Error(err)
	}
}

// TestDialed: the errors as this machine makes them.
func TestDialed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var d net.Dialer
	_, err = d.DialContext(ctx, "tcp", address)
	if err := dialerr.Explain(address, err); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("a closed port: %v", err)
	}
	_, err = d.DialContext(ctx, "tcp", "nobody.invalid:1")
	if err := dialerr.Explain("nobody.invalid:1", err); err == nil || !strings.Contains(err.Error(), "no such host") && !strings.Contains(err.Error(), "could not be looked up") {
		t.Errorf("a name that is not: %v", err)
	}
	past, cancel := context.WithDeadline(ctx, time.Now())
	defer cancel()
	_, err = d.DialContext(past, "tcp", address)
	var said *dialerr.Error
	if err := dialerr.Explain(address, err); !errors.As(err, &said) || !said.Timeout() {
		t.Errorf("out of time: %v", err)
	}
}

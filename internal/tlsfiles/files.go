package tlsfiles

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"jupyter-events-agent/internal/dialerr"
)

// Files are certificate files in use. Safe for use by several goroutines.
type Files struct {
	config Config

	mu    sync.Mutex
	last  material  // of the last time that all files were right
	stale error     // why the files as they are now are not in use; nil when they are
	asked time.Time // when a server last asked for a client's certificate
}

// Open reads the files for the first time.
func (c Config) Open() (*Files, error) {
	m, err := c.read()
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	return &Files{config: c, last: m}, nil
}

// Client is the configuration of one connection to a host, made from the files
// as they are now. Where they are not right now, as while one of them is being
// written, those from before are used once more, and Stale says why.
func (f *Files) Client(host string) (*tls.Config, error) {
	m := f.now()
	name := f.config.ServerName
	if name == "" {
		name = host
	}
	if name == "" {
		return nil, fmt.Errorf("tls: there is no name to check the server's certificate against: name a host in the address, or set tls.server_name")
	}
	pair := m.pair
	if pair == nil {
		pair = &tls.Certificate{} // none
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: name, RootCAs: m.roots,
		// Not Certificates: that would keep the pair back where the server
		// names another authority, which would then complain that there is none.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			f.mu.Lock()
			f.asked = time.Now()
			f.mu.Unlock()
			return pair, nil
		},
	}, nil
}

// Stale says why the files were not in use at the last call of Client or
// Dial; nil when they were.
func (f *Files) Stale() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stale
}

// now reads the files: connections are few, and a file that was changed twice
// within the clock's tick would look unchanged.
func (f *Files) now() material {
	m, err := f.config.read()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.stale = fmt.Errorf("tls: the files have changed and are not right, those from before are in use: %w", err)
	} else {
		f.last, f.stale = m, nil
	}
	return f.last
}

// Within a dial these are the longest waits; a context may end it earlier.
const (
	connectTime   = 10 * time.Second
	handshakeTime = 10 * time.Second
)

// Dial connects to host:port and makes the TLS handshake. protocols are for
// ALPN, best first; none for no ALPN. The error is in plain words.
func (f *Files) Dial(ctx context.Context, network, address string, protocols ...string) (*tls.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, dialerr.Explain(address, err)
	}
	config, err := f.Client(host)
	if err != nil {
		return nil, err
	}
	config.NextProtos = protocols
	plain, err := Plain(ctx, network, address)
	if err != nil {
		return nil, err
	}
	shaking, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	conn := tls.Client(plain, config)
	if err := conn.HandshakeContext(shaking); err != nil {
		plain.Close()
		return nil, f.Explain(address, err)
	}
	return conn, nil
}

// Explain is dialerr.Explain, which also says where older files were in use,
// and where the end of a connection may be the answer to a client's
// certificate. With TLS 1.3 a server refuses that only after the handshake, and
// its words are lost where the client has already sent more.
func (f *Files) Explain(address string, err error) error {
	var said *dialerr.Error
	if err == nil || errors.As(err, &said) {
		return err
	}
	err = dialerr.Explain(address, err)
	if !errors.As(err, &said) {
		return err
	}
	f.mu.Lock()
	stale, asked := f.stale, time.Since(f.asked) < shortly
	f.mu.Unlock()
	switch {
	case stale != nil:
		said.Text += " (" + stale.Error() + ")"
	case !asked || !dialerr.Closed(err):
	case f.config.CertFile == "":
		said.Text += " (the server asks for a client's certificate: set tls.cert_file and tls.key_file)"
	default:
		said.Text += " (the server asked for a client's certificate: see whether it takes that of tls.cert_file)"
	}
	return err
}

// shortly is how long after a handshake its refusal may come.
const shortly = 5 * time.Second

// Plain connects to host:port without TLS. The error is in plain words.
func Plain(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: connectTime}
	conn, err := d.DialContext(ctx, network, address)
	return conn, dialerr.Explain(address, err)
}

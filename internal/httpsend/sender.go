package httpsend

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"jupyter-events-agent/internal/dialerr"
	"jupyter-events-agent/internal/secretfile"
	"jupyter-events-agent/internal/tlsfiles"
)

// Sender sends requests. Safe for use by several goroutines.
type Sender struct {
	config    Config
	files     *tlsfiles.Files
	secret    *secretfile.File // of Auth; nil for none
	transport *http.Transport
}

// readBuffer: the answer to a batch comes in by one system call or two.
const readBuffer = 32 << 10

// A connection over which nothing comes for pingAfter is asked whether it is
// alive (HTTP/2 only: with HTTP/1.1 the deadline of the request closes it).
// Else every later request would go the same dead way.
const (
	pingAfter = 15 * time.Second
	pingWait  = 10 * time.Second
	idle      = 90 * time.Second
)

// Open makes a Sender. It reads the certificate and secret files once, so that
// a mistake there is found at start, and connects to nothing yet. The error is
// joined.
func Open(c Config) (*Sender, error) {
	s := &Sender{config: c}
	if mistakes := append(c.Auth.Validate(), c.TLS.Validate("tls")...); len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	var bad, worse error
	s.files, bad = c.TLS.Open()
	if s.secret = c.Auth.secret(); s.secret != nil {
		_, worse = s.secret.Read()
	}
	if bad != nil || worse != nil {
		return nil, errors.Join(bad, worse)
	}
	if s.config.MaxBody == 0 {
		s.config.MaxBody = maxBody
	}
	s.transport = &http.Transport{
		DialContext:         dialPlain,
		DialTLSContext:      s.dialTLS,
		ForceAttemptHTTP2:   true, // where the handshake agreed on it
		HTTP2:               &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingWait, WriteByteTimeout: pingAfter + pingWait},
		DisableCompression:  true, // responses are small; one that is packed is not unpacked
		MaxIdleConnsPerHost: 4,
		IdleConnTimeout:     idle,
		ReadBufferSize:      readBuffer,
		// Bounds what of a response is held beside its body.
		MaxResponseHeaderBytes: 64 << 10,
	}
	return s, nil
}

func dialPlain(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := tlsfiles.Plain(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &wide{Conn: conn}, nil
}

func (s *Sender) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := s.files.Dial(ctx, network, address, "h2", "http/1.1")
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// Close closes the connections that are not in use.
func (s *Sender) Close() { s.transport.CloseIdleConnections() }

// Unreadable is what is wrong with the certificates and the secret that are
// named, each read once; nil where nothing is.
func (c Config) Unreadable() error {
	_, err := Open(c)
	return err
}

// Warnings are what is not wrong yet should not stay; see those of secretfile
// and tlsfiles.
func (c Config) Warnings() []string {
	all := c.TLS.Warnings()
	if secret := c.Auth.secret(); secret != nil {
		all = append(all, secret.Warnings()...)
	}
	open := func(u string) bool { return strings.HasPrefix(u, "http://") && !local(u) }
	if key := c.Auth.key(); key != "" && slices.ContainsFunc(c.URLs, open) {
		all = append(all, "an address begins with http://, so what "+key+" holds and every record can be read on the way: use https://")
	}
	return all
}

// local reports whether a URL is of this machine.
func local(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// RoundTrip sends one request with the login and the name of the agent, as http.RoundTripper says. The response's body gives a *LongError
// after Config.MaxBody bytes. The request's body is read no more after an error
// or once the response's body is closed, so that its bytes can then be reused.
func (s *Sender) RoundTrip(req *http.Request) (*http.Response, error) {
	address := Address(req.URL)
	sent := req.Clone(req.Context())
	sent.Header.Set("User-Agent", "jupyter-events-agent")
	err := s.login(sent)
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	loan := lend(sent)
	res, err := s.transport.RoundTrip(sent)
	if err != nil {
		loan.end()
		return nil, s.explain(address, err)
	}
	res.Body = &bounded{from: res.Body, left: s.config.MaxBody, bound: s.config.MaxBody, sender: s, address: address, loan: loan}
	return res, nil
}

// login adds what Auth says, from the file as it is now.
func (s *Sender) login(req *http.Request) error {
	if s.secret == nil {
		return nil
	}
	secret, err := s.secret.Read()
	if err != nil {
		return err
	}
	switch a := s.config.Auth; {
	case a.APIKeyFile != "":
		if strings.Contains(secret, ":") { // id:api_key, not yet encoded
			secret = base64.StdEncoding.EncodeToString([]byte(secret))
		}
		req.Header.Set("Authorization", "ApiKey "+secret)
	case a.BearerTokenFile != "":
		req.Header.Set("Authorization", "Bearer "+secret)
	default:
		req.SetBasicAuth(a.Username, secret)
	}
	return nil
}

// explain is an error of net/http in plain words. Some of its texts quote what
// the server sent, so none is shown.
func (s *Sender) explain(address string, err error) error {
	if errors.Is(err, context.Canceled) || dialerr.Known(err) {
		return s.files.Explain(address, err)
	}
	for _, ended := range []string{"server closed idle connection", "GOAWAY", "client conn", "stream error", "cannot retry err"} {
		if strings.Contains(err.Error(), ended) {
			return s.files.Explain(address, errors.Join(io.ErrUnexpectedEOF, err))
		}
	}
	text := "the answer is not HTTP as it should be: check that the address and the port are the service's own"
	switch said := err.Error(); {
	case strings.Contains(said, `HTTP response "\x15\x03`): // a TLS alert
		text = "the service speaks TLS there: write https:// in the address"
	case strings.Contains(said, "malformed HTTP"):
	case strings.Contains(said, "server response headers exceeded"):
		text = "the answer's headers are longer than 64 KiB: check that the address is the service's own"
	case strings.Contains(said, "invalid header field value"):
		text = "a header holds a character that must not stand there: check the tenant, the user name and the login's file"
	default:
		return &dialerr.Error{Address: address, Text: text, Cause: err}
	}
	return &dialerr.Error{Address: address, Text: text, Cause: errors.Join(errUnfit, err)}
}

// errUnfit: the address or a header is not right.
var errUnfit = errors.New("the service cannot be asked so")

// Refuses reports whether an error of RoundTrip is one that waiting alone does
// not mend: of a certificate, of a secret's file that is not there or may not be
// read, or of what is at the address.
func Refuses(err error) bool {
	return dialerr.Refuses(err) || errors.Is(err, errUnfit) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
}

// Address is the host:port of a URL, for messages.
func Address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

var _ http.RoundTripper = (*Sender)(nil)

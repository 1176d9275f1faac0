// Package dialerr says in plain words why a connection failed.
//
// In come the address and the error of a dial, a TLS handshake or an exchange
// of bytes; out comes an error that names the address, what is wrong and what
// to do. The words are this package's own: of the error only its kind, host
// names of a certificate and dates are shown, so nothing that a server sent
// back can get into a log. It touches nothing.
package dialerr

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// Error is a failed connection in plain words. errors.Is and As see the cause.
type Error struct {
	Address string // host:port, never a URL's user part
	Text    string // what is wrong and the next step
	Cause   error  // what it was, for errors.Is and As; its text is not shown
}

// Error names the address and shows nothing of Cause, whose text a server may
// have written.
func (e *Error) Error() string { return e.Address + ": " + e.Text }

// Unwrap is Cause: its text is not to be shown.
func (e *Error) Unwrap() error { return e.Cause }

// Timeout reports whether an answer did not come in time.
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Cause, &t) && t.Timeout()
}

// Explain is err in plain words; nil stays nil, and so do a cancelled context
// and what was explained before. Keys of the configuration are named as every
// network output has them: tls.ca_file, tls.cert_file, tls.server_name.
func Explain(address string, err error) error {
	var said *Error
	if err == nil || errors.Is(err, context.Canceled) || errors.As(err, &said) {
		return err
	}
	text, known := plain(err)
	if !known {
		text = "the connection failed: check that the address and the port are those of the server"
	}
	return &Error{address, text, err}
}

// Known reports whether Explain has words of its own for err.
func Known(err error) bool {
	var said *Error
	if errors.As(err, &said) {
		return true
	}
	_, known := plain(err)
	return known
}

// Refuses reports whether waiting alone does not mend err: a certificate is not
// taken, on whichever side, or the server speaks no TLS or another one.
func Refuses(err error) bool {
	var said *Error
	if errors.As(err, &said) {
		err = said.Cause
	}
	var notTLS tls.RecordHeaderError
	return certificate(err) != "" || alert(err) != "" || errors.As(err, &notTLS)
}

func plain(err error) (text string, known bool) {
	if text := certificate(err); text != "" {
		return text, true
	}
	if text := name(err); text != "" {
		return text, true
	}
	if text := alert(err); text != "" {
		return text, true
	}
	var notTLS tls.RecordHeaderError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &notTLS):
		return "the server does not speak TLS there: write http:// or leave tls out, or name the port that speaks TLS", true
	case is(err, syscall.ECONNREFUSED):
		return "connection refused: start the server, or correct the address and the port", true
	case is(err, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN):
		return "no way to this host: check the address, the network and its routes", true
	case is(err, syscall.EACCES, syscall.EPERM):
		return "this machine does not let the agent connect there: check its firewall and the service's sandbox", true
	case is(err, syscall.EMFILE, syscall.ENFILE):
		return "too many files are open: raise the limit (LimitNOFILE of the service)", true
	case is(err, syscall.EADDRNOTAVAIL):
		return "this machine has no address or port left to connect from: see what holds its connections", true
	case Closed(err):
		return "the connection was closed before the answer was complete: see whether the server restarts, and its log", true
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time: check that the server is well, and the network and firewalls on the way", true
	}
	return "", false
}

// Closed reports whether err is the end of a connection that should have gone
// on, without a word of why.
func Closed(err error) bool {
	return alert(err) == "" && (is(err, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed))
}

func is(err error, any ...syscall.Errno) bool {
	for _, e := range any {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// name: what the resolver said.
func name(err error) string {
	var dns *net.DNSError
	var addr *net.AddrError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no such host: correct the name, or see whether this machine's resolver knows it"
	case errors.As(err, &dns):
		return "the host's name could not be looked up: check this machine's resolver (/etc/resolv.conf) and its network"
	case errors.As(err, &addr):
		return "is no address: write host:port"
	}
	return ""
}

// certificate: why the server's certificate was not taken.
func certificate(err error) string {
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var roots x509.SystemRootsError
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unknown):
		return "the server's certificate is signed by an unknown authority: set tls.ca_file to the certificate of the authority that signed it"
	case errors.As(err, &host):
		return "the server's certificate " + names(host.Certificate) + ", not for " + host.Host + ": connect by a name that it has, or set tls.server_name to one"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the server's certificate " + when(invalid) + ": renew it there, or set this machine's clock right"
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return "the server's certificate is not one for servers: give the server one with the usage serverAuth"
	case errors.As(err, &invalid):
		return "the server's certificate breaks a rule of the authority that signed it: have it made anew"
	case errors.As(err, &roots):
		return "this machine's certificate authorities could not be read: install its ca-certificates, or set tls.ca_file"
	case errors.As(err, &verify):
		return "the server's certificate is not right: have it made anew, or set tls.ca_file to the authority that signed it"
	}
	return ""
}

// names are the host names of a certificate, a few of them.
func names(c *x509.Certificate) string {
	const few = 3
	var all []string
	if c != nil {
		all = append(all, c.DNSNames...)
		for _, ip := range c.IPAddresses {
			all = append(all, ip.String())
		}
	}
	switch {
	case len(all) == 0:
		return "names no host (subject alternative name)"
	case len(all) > few:
		return "is for " + strings.Join(all[:few], ", ") + " and others"
	}
	return "is for " + strings.Join(all, ", ")
}

func when(e x509.CertificateInvalidError) string {
	if e.Cert == nil {
		return "is out of date"
	}
	const day = "2006-01-02 15:04 UTC"
	if strings.Contains(e.Detail, "not yet valid") || strings.Contains(e.Detail, "before") {
		return "is valid only from " + e.Cert.NotBefore.UTC().Format(day)
	}
	return "has expired at " + e.Cert.NotAfter.UTC().Format(day)
}

// alerts are what a server says when it ends a handshake. The type of the
// alert is not exported, its texts are crypto/tls's own.
var alerts = map[string]string{
	"bad certificate":                "the server did not take the client's certificate: set tls.cert_file and tls.key_file to a pair that its authority signed",
	"certificate required":           "the server asks for a client's certificate: set tls.cert_file and tls.key_file",
	"unknown certificate authority":  "the server does not know the authority that signed tls.cert_file: use a pair that its authority signed",
	"unknown certificate":            "the server did not take the client's certificate: set tls.cert_file and tls.key_file to a pair that its authority signed",
	"expired certificate":            "the server says that the client's certificate has expired: renew tls.cert_file",
	"revoked certificate":            "the server says that the client's certificate is revoked: get a new pair for tls.cert_file and tls.key_file",
	"unsupported certificate":        "the server does not take this kind of client's certificate: get one with the usage clientAuth for tls.cert_file",
	"access denied":                  "the server took the client's certificate and does not let it in: give its name the right there, or set another tls.cert_file",
	"handshake failure":              "the server and the agent have no TLS cipher in common, or it asks for a client's certificate: set tls.cert_file and tls.key_file, or let the server take TLS 1.2 or newer",
	"protocol version not supported": "the server speaks only TLS older than 1.2: let it take TLS 1.2 or newer",
	"unrecognized name":              "the server does not know the name it was called by: connect by another, or set tls.server_name",
	"no application protocol":        "the server has no protocol in common with the agent: check that the port is the right one",
}

func alert(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" && op.Err != nil {
		said := strings.TrimPrefix(op.Err.Error(), "tls: ")
		if text := alerts[said]; text != "" {
			return text
		}
		return "the server ended the TLS handshake: see its log, and check tls.ca_file, tls.cert_file and tls.server_name"
	}
	if err != nil && strings.Contains(err.Error(), "unsupported protocol version") {
		return alerts["protocol version not supported"]
	}
	return ""
}

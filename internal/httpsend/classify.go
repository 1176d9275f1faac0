package httpsend

import (
	"fmt"
	"net/http"
)

// Class is what a status means for what was sent.
type Class int

// The classes.
const (
	// Taken: the service has taken the request.
	Taken Class = iota
	// Retry: the service cannot take it now and may later.
	Retry
	// TooLarge: the service takes it in smaller parts.
	TooLarge
	// Denied: the service is not set up for this, or does not let the agent
	// in. Nothing is wrong with what was sent: wait, say so, and try again.
	Denied
	// Fault: the service will never take this request as it is. In a batch a
	// part may be at fault: halves find it.
	Fault
)

// String is the name of one of the classes.
func (c Class) String() string {
	return [...]string{"taken", "retry", "too large", "denied", "fault"}[c]
}

// Classify is the class of a status: the one table for all outputs. Where the
// meaning is not clear it errs on the side that loses nothing.
func Classify(status int) Class {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return TooLarge
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return Fault
	case http.StatusRequestTimeout, // the server waited too long for the request
		http.StatusConflict,           // with what is there now, which may change
		http.StatusMisdirectedRequest, // over another connection it may be taken
		http.StatusLocked,
		http.StatusFailedDependency,
		http.StatusTooEarly,
		http.StatusTooManyRequests:
		return Retry
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported,
		http.StatusLoopDetected, http.StatusNetworkAuthenticationRequired:
		return Denied
	}
	switch {
	case status >= 200 && status < 300:
		return Taken
	case status >= 300 && status < 500:
		return Denied // a redirect, no right, no such place: someone is to set it right
	}
	return Retry
}

// StatusError is a response that did not take the request.
type StatusError struct {
	Address string // host:port
	Status  int
	text    string
}

// Error is made of the status and words of this package: nothing of the
// response is in it.
func (e *StatusError) Error() string {
	s := fmt.Sprintf("%s: status %d", e.Address, e.Status)
	if name := http.StatusText(e.Status); name != "" {
		s += " (" + name + ")"
	}
	return s + ": " + e.text
}

// Class is Classify of the status.
func (e *StatusError) Class() Class { return Classify(e.Status) }

// Refused is the error for a status that is not Taken: what it means and what
// to do. address is host:port.
func (s *Sender) Refused(address string, status int) *StatusError {
	return &StatusError{Address: address, Status: status, text: s.meaning(status)}
}

func (s *Sender) meaning(status int) string {
	login := s.config.Auth.key()
	switch status {
	case http.StatusUnauthorized:
		switch {
		case login == "" && s.config.TLS.CertFile != "":
			return "the service asks for a login beside the certificate: set username and password_file, or a token"
		case login == "":
			return "the service asks for a login: set username and password_file, or a token or key by file"
		case s.config.Auth.Username != "":
			return "the service refused the password: check " + login
		}
		return "the service refused the login: check " + login + ", and whether it has expired"
	case http.StatusForbidden:
		if login == "" {
			return "the service does not let the agent do this: set a login, or give it the right there"
		}
		return "the login is right and may not do this: give it the right to write there, or use another (" + login + ")"
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return "the service has no such place: check the address and its path, and that the destination is set up"
	case http.StatusProxyAuthRequired, http.StatusNetworkAuthenticationRequired:
		return "a proxy on the way asks for a login, and the agent uses none: connect to the service directly"
	case http.StatusRequestEntityTooLarge:
		return "the request is larger than the service takes: it is sent in smaller parts; set batch.bytes lower, or raise the service's limit"
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return "the service does not take what was sent: see its log for what it found"
	case http.StatusTooManyRequests:
		return "the service asks for fewer requests: it is tried again later; raise its limit where this goes on"
	case http.StatusInsufficientStorage:
		return "the service has no room left: it is tried again; make room there"
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported, http.StatusLoopDetected:
		return "what answers does not know such a request: check that the address is the service's own"
	}
	switch Classify(status) {
	case Taken:
		return "the service took it"
	case Retry:
		return "the service cannot take it now: it is tried again; see its log where this goes on"
	}
	if status < 400 {
		return "the service sends the agent elsewhere, and records go only where the configuration says: correct the address (its scheme, host or path)"
	}
	return "the service refused it: check the address and the login, and see its log"
}

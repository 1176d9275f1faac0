package httpsend

import (
	"strings"
	"testing"

	"jupyter-events-agent/internal/tlsfiles"
)

func TestClassify(t *testing.T) {
	for status, want := range map[int]Class{
		200: Taken, 201: Taken, 202: Taken, 204: Taken, 207: Taken,
		301: Denied, 302: Denied, 303: Denied, 304: Denied, 307: Denied, 308: Denied,
		400: Fault, 401: Denied, 402: Denied, 403: Denied, 404: Denied, 405: Denied, 406: Denied, 407: Denied,
		408: Retry, 409: Retry, 410: Denied, 413: TooLarge, 415: Denied, 421: Retry, 422: Fault, 423: Retry,
		424: Retry, 425: Retry, 426: Denied, 429: Retry, 431: Denied, 451: Denied, 499: Denied,
		500: Retry, 501: Denied, 502: Retry, 503: Retry, 504: Retry, 505: Denied, 507: Retry, 508: Denied, 511: Denied,
		520: Retry, 599: Retry, 100: Retry, 0: Retry, 600: Retry,
	} {
		if got := Classify(status); got != want {
			t.Errorf("%d: %v, want %v", status, got, want)
		}
	}
}

// TestRefused: every status that is not taken has words that say what to do.
func TestRefused(t *testing.T) {
	none, password := Auth{}, Auth{Username: "agent", PasswordFile: "p"}
	token, key := Auth{BearerTokenFile: "t"}, Auth{APIKeyFile: "k"}
	for _, c := range []struct {
		auth   Auth
		status int
		want   string
	}{
		{none, 401, "status 401 (Unauthorized): the service asks for a login: set username and password_file, or a token or key by file"},
		{password, 401, "the service refused the password: check username and password_file"},
		{token, 401, "the service refused the login: check bearer_token_file, and whether it has expired"},
		{key, 401, "the service refused the login: check api_key_file, and whether it has expired"},
		{none, 403, "does not let the agent do this: set a login"},
		{key, 403, "the login is right and may not do this: give it the right to write there, or use another (api_key_file)"},
		{none, 404, "no such place: check the address and its path, and that the destination is set up"},
		{none, 405, "no such place"},
		{none, 415, "no such place"},
		{none, 407, "a proxy on the way asks for a login, and the agent uses none: connect to the service directly"},
		{none, 511, "a proxy on the way"},
		{none, 413, "larger than the service takes: it is sent in smaller parts; set batch.bytes lower"},
		{none, 400, "does not take what was sent: see its log"},
		{none, 422, "does not take what was sent: see its log"},
		{none, 429, "asks for fewer requests: it is tried again later; raise its limit"},
		{none, 507, "no room left: it is tried again; make room there"},
		{none, 501, "check that the address is the service's own"},
		{none, 505, "check that the address is the service's own"},
		{none, 503, "cannot take it now: it is tried again; see its log"},
		{none, 500, "cannot take it now: it is tried again; see its log"},
		{none, 408, "cannot take it now"},
		{none, 302, "records go only where the configuration says: correct the address (its scheme, host or path)"},
		{none, 308, "correct the address"},
		{none, 418, "status 418 (I'm a teapot): the service refused it: check the address and the login, and see its log"},
		{none, 599, "x:1: status 599: the service cannot take it now"},
		{none, 200, "the service took it"},
	} {
		s := &Sender{config: Config{Auth: c.auth}}
		err := s.Refused("x:1", c.status)
		if !strings.HasPrefix(err.Error(), "x:1: status ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d: %q, want %q in it", c.status, err, c.want)
		}
		if err.Class() != Classify(c.status) {
			t.Errorf("%d: class %v", c.status, err.Class())
		}
	}
	s := &Sender{config: Config{TLS: tlsfiles.Config{CertFile: "c"}}}
	if err := s.Refused("x:1", 401); !strings.Contains(err.Error(), "beside the certificate") {
		t.Error(err)
	}
}

func TestCheckURL(t *testing.T) {
	for text, want := range map[string]string{
		"http://127.0.0.1:3100": "", "https://logs.example.org": "", "https://logs.example.org/prefix/": "", "http://[::1]:9200": "",
		"": "url: is missing: name the service", "logs.example.org": "is no address", "logs.example.org:9200": "is no address",
		"://": "is no address", "https://": "is no address", "https://:9200": "is no address", "http://host:canary": "is no address",
		"ftp://host":                      "must begin with https://",
		"https://agent:canary@host":       "holds a user name or password: take it out, and set username and password_file",
		"https://canary@host":             "holds a user name or password",
		"https://host/?token=canary":      "take out what begins with ?",
		"https://host/#canary":            "take out what begins with ?",
		"https://agent:can ary@host/%zz":  "is no address",
		"https://logs.example.org:3100/?": "take out what begins with ?",
	} {
		err := CheckURL("url", text)
		switch {
		case want == "" && err != nil, want != "" && err == nil:
			t.Errorf("%q: %v, want %q", text, err, want)
		case err != nil && (!strings.HasPrefix(err.Error(), "url: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary")):
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestAuth(t *testing.T) {
	for _, c := range []struct {
		auth Auth
		want string
	}{
		{Auth{}, ""},
		{Auth{Username: "a", PasswordFile: "p"}, ""},
		{Auth{BearerTokenFile: "t"}, ""},
		{Auth{APIKeyFile: "k"}, ""},
		{Auth{Username: "a"}, "password_file: is missing"},
		{Auth{PasswordFile: "p"}, "username: is missing"},
		{Auth{Username: "a:b", PasswordFile: "p"}, "username: must not hold a colon"},
		{Auth{BearerTokenFile: "t", APIKeyFile: "k"}, "several ways to log in"},
		{Auth{Username: "a", PasswordFile: "p", APIKeyFile: "k"}, "several ways to log in"},
	} {
		m := c.auth.Validate()
		if c.want == "" && m != nil || c.want != "" && (len(m) != 1 || !strings.Contains(m[0].Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.auth, m, c.want)
		}
	}
}

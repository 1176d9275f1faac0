// Package httpsend sends requests to one service over http or https.
//
// In come a configuration and requests; out come the statuses and bounded
// bodies of the responses, and errors that say in plain words what is wrong
// and what to do. It connects to the hosts of the requests only: it follows no
// redirect and takes no proxy from the environment, as records go where the
// operator says. It reads secret and certificate files anew as they change. No
// error holds a response's body, a secret or the user part of a URL.
package httpsend

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"jupyter-events-agent/internal/secretfile"
	"jupyter-events-agent/internal/tlsfiles"
)

// Config is how a service is reached.
type Config struct {
	URLs []string // of the service, for Warnings; each request has its own
	TLS  tlsfiles.Config
	Auth Auth
	// MaxBody is the most bytes that a response's body may have; what is
	// beyond is not read. 0 is 1 MiB.
	MaxBody int64
}

const maxBody = 1 << 20

// Auth is how the agent shows who it is: nothing, a user name with a password,
// a token, or an API key, by files only. The mistakes of Validate call them by
// the keys username, password_file, bearer_token_file and api_key_file.
type Auth struct {
	Username        string
	PasswordFile    string
	BearerTokenFile string
	APIKeyFile      string // Elasticsearch: what it calls encoded, or id:api_key
}

// Validate returns every mistake, each beginning with its key.
func (a Auth) Validate() []error {
	var mistakes []error
	mistake := func(text string) { mistakes = append(mistakes, errors.New(text)) }
	if a.Username != "" && a.PasswordFile == "" {
		mistake("password_file: is missing beside username: name the file that holds the password")
	}
	if a.Username == "" && a.PasswordFile != "" {
		mistake("username: is missing beside password_file: name the user")
	}
	if strings.Contains(a.Username, ":") {
		mistake("username: must not hold a colon: the way in which it is sent has no place for one")
	}
	ways := 0
	for _, set := range []bool{a.Username != "" || a.PasswordFile != "", a.BearerTokenFile != "", a.APIKeyFile != ""} {
		if set {
			ways++
		}
	}
	if ways > 1 {
		mistake("username: there are several ways to log in: keep one of username with password_file, bearer_token_file and api_key_file")
	}
	return mistakes
}

// secret is the file of what the agent shows; nil where it shows nothing.
func (a Auth) secret() *secretfile.File {
	for _, path := range []string{a.APIKeyFile, a.BearerTokenFile, a.PasswordFile} {
		if path != "" {
			return secretfile.New(path)
		}
	}
	return nil
}

// key names the keys of the configuration that the login comes from, for
// messages; "" where there is none.
func (a Auth) key() string {
	switch {
	case a.APIKeyFile != "":
		return "api_key_file"
	case a.BearerTokenFile != "":
		return "bearer_token_file"
	case a.Username != "":
		return "username and password_file"
	}
	return ""
}

// CheckURL returns what is wrong with the address of a service, beginning with
// key; nil where nothing is. The text of the address is not shown, as it may
// hold a password.
func CheckURL(key, text string) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return fmt.Errorf("%s: is missing: name the service, such as \"https://logs.example.org\"", key)
	case err != nil || u.Host == "" || u.Hostname() == "":
		return fmt.Errorf("%s: is no address of a service: write it like \"https://logs.example.org\", with :PORT where it has one of its own", key)
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%s: must begin with https:// or http://", key)
	case u.User != nil:
		return fmt.Errorf("%s: holds a user name or password: take it out, and set username and password_file", key)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fmt.Errorf("%s: must end with the path: take out what begins with ? or #", key)
	}
	return nil
}

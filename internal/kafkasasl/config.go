// Package kafkasasl is how the agent says to Kafka who it is.
//
// In comes the table sasl of an output or input; out comes a mechanism for
// kafka-go that reads the password or token anew at each authentication, so
// that a new one counts without a restart. It reads that one file.
package kafkasasl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"jupyter-events-agent/internal/secretfile"
)

// Config is the table sasl. The zero Config means none.
type Config struct {
	Mechanism    string `toml:"mechanism"`     // plain, scram-sha-256, scram-sha-512, oauthbearer
	Username     string `toml:"username"`      // of all but oauthbearer
	PasswordFile string `toml:"password_file"` // of all but oauthbearer
	TokenFile    string `toml:"token_file"`    // of oauthbearer: a file that something else keeps fresh
}

// The words of the configuration.
const (
	Plain       = "plain"
	ScramSHA256 = "scram-sha-256"
	ScramSHA512 = "scram-sha-512"
	OAuthBearer = "oauthbearer"
)

var mechanisms = []string{Plain, ScramSHA256, ScramSHA512, OAuthBearer}

// Validate returns every mistake, each beginning with its key, which begins
// with key, such as "sasl". It opens no file.
func (c Config) Validate(key string) []error {
	if c == (Config{}) {
		return nil
	}
	var mistakes []error
	mistake := func(name, text string) { mistakes = append(mistakes, fmt.Errorf("%s.%s: %s", key, name, text)) }
	switch {
	case c.Mechanism == "":
		mistake("mechanism", "is missing: take the one that the brokers' listener has: "+strings.Join(mechanisms, ", "))
	case !slices.Contains(mechanisms, c.Mechanism):
		mistake("mechanism", "must be one of "+strings.Join(mechanisms, ", "))
	case c.Mechanism == OAuthBearer:
		if c.TokenFile == "" {
			mistake("token_file", "is missing: name the file that holds the token")
		}
		if c.Username != "" {
			mistake("username", "has no meaning beside oauthbearer: the token says who it is")
		}
		if c.PasswordFile != "" {
			mistake("password_file", "has no meaning beside oauthbearer: name the token's file in token_file")
		}
	default:
		if c.Username == "" {
			mistake("username", "is missing: name the user that the brokers know")
		} else if strings.ContainsRune(c.Username, 0) {
			mistake("username", "holds a character that no name has")
		}
		if c.PasswordFile == "" {
			mistake("password_file", "is missing: name the file that holds the password")
		}
		if c.TokenFile != "" {
			mistake("token_file", "stands only beside oauthbearer: name the password's file in password_file")
		}
	}
	return mistakes
}

// Open is the mechanism; nil for none. Safe for use by several goroutines. It
// reads the secret once, so that a mistake there is found at start.
func (c Config) Open() (sasl.Mechanism, error) {
	m := c.mechanism()
	if m == nil {
		return nil, nil
	}
	if _, err := m.read(); err != nil {
		return nil, err
	}
	return m, nil
}

func (c Config) mechanism() *fromFile {
	switch c.Mechanism {
	case "":
		return nil
	case OAuthBearer:
		return &fromFile{name: "OAUTHBEARER", secret: secretfile.New(c.TokenFile), with: bearer}
	case Plain:
		return &fromFile{name: "PLAIN", secret: secretfile.New(c.PasswordFile), with: func(password string) (sasl.Mechanism, error) {
			return plain.Mechanism{Username: c.Username, Password: password}, nil
		}}
	}
	algorithm := scram.SHA256
	if c.Mechanism == ScramSHA512 {
		algorithm = scram.SHA512
	}
	return &fromFile{name: algorithm.Name(), secret: secretfile.New(c.PasswordFile), with: func(password string) (sasl.Mechanism, error) {
		return scram.Mechanism(algorithm, c.Username, password)
	}}
}

// Warnings are what is not wrong yet should not stay: a secret that others can
// read, or one that goes over the wire as it is. encrypted: TLS is on.
func (c Config) Warnings(encrypted bool) []string {
	var all []string
	switch c.Mechanism {
	case "":
		return nil
	case OAuthBearer:
		all = secretfile.New(c.TokenFile).Warnings()
	default:
		all = secretfile.New(c.PasswordFile).Warnings()
	}
	if !encrypted && (c.Mechanism == Plain || c.Mechanism == OAuthBearer) {
		all = append(all, "sasl: with "+c.Mechanism+" and without tls everyone on the way can read the secret: use a listener with TLS and add tls = {}")
	}
	return all
}

// fromFile is a mechanism whose secret is read at each start.
type fromFile struct {
	name   string
	secret *secretfile.File
	with   func(secret string) (sasl.Mechanism, error)
}

// Name is the mechanism's name on the wire.
func (f *fromFile) Name() string { return f.name }

// Start reads the secret and begins.
func (f *fromFile) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	m, err := f.read()
	if err != nil {
		return nil, nil, err
	}
	return m.Start(ctx)
}

// read is the mechanism with the secret as the file has it now.
func (f *fromFile) read() (sasl.Mechanism, error) {
	secret, err := f.secret.Read()
	if err != nil {
		return nil, fmt.Errorf("sasl: %w", err)
	}
	m, err := f.with(secret)
	if err != nil { // its text may quote the secret
		return nil, fmt.Errorf("sasl: the name or the secret in %s holds a character that %s does not take: set another", f.secret.Path(), f.name)
	}
	return m, nil
}

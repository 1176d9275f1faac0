// Package tlsfiles makes TLS connections from certificate files.
//
// In come the paths of a certificate authority, of a client's certificate and
// of its key; out come client configurations and connections, each made from
// the files as they are at that moment, so that a renewed certificate counts
// without a restart. It reads those files, and Dial connects to the address it
// is given.
package tlsfiles

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

// Config is the table tls of an output or input. The zero Config means the
// system's authorities and no client's certificate.
type Config struct {
	CAFile     string `toml:"ca_file"`     // PEM: the authorities that may sign the server's certificate, instead of the system's
	CertFile   string `toml:"cert_file"`   // PEM: the client's certificate and those between it and its authority
	KeyFile    string `toml:"key_file"`    // PEM: its key, not encrypted
	ServerName string `toml:"server_name"` // the name that the server's certificate must have, instead of the host's
}

// Validate returns every mistake, each beginning with its key, which begins
// with key, such as "tls". It opens no file.
func (c Config) Validate(key string) []error {
	var mistakes []error
	if c.CertFile != "" && c.KeyFile == "" {
		mistakes = append(mistakes, fmt.Errorf("%s.key_file: is missing beside cert_file: name the file of the certificate's key", key))
	}
	if c.KeyFile != "" && c.CertFile == "" {
		mistakes = append(mistakes, fmt.Errorf("%s.cert_file: is missing beside key_file: name the file of the key's certificate", key))
	}
	return mistakes
}

// Warnings are what is not wrong yet should not stay: a key that others can
// read, a client's certificate about to expire. Nil where a file cannot be
// read; Open says why.
func (c Config) Warnings() []string { return c.warnings(time.Now()) }

// soon is how long before its end a client's certificate is warned of.
const soon = 14 * 24 * time.Hour

func (c Config) warnings(now time.Time) []string {
	var all []string
	if c.KeyFile != "" && runtime.GOOS != "windows" {
		if info, err := os.Stat(c.KeyFile); err == nil && info.Mode().Perm()&0o037 != 0 {
			all = append(all, fmt.Sprintf("the key %s is open to others (mode %04o): run chmod 640 %[1]s, with the agent's group (chgrp jupyter-events-agent %[1]s), and if others may have read it get a new pair", c.KeyFile, info.Mode().Perm()))
		}
	}
	m, err := c.read()
	if err != nil || m.pair == nil {
		return all
	}
	switch end := m.pair.Leaf.NotAfter; {
	case now.After(end):
		all = append(all, fmt.Sprintf("the client's certificate %s has expired at %s: renew it", c.CertFile, end.UTC().Format(time.RFC3339)))
	case now.Add(soon).After(end):
		all = append(all, fmt.Sprintf("the client's certificate %s expires at %s: renew it", c.CertFile, end.UTC().Format(time.RFC3339)))
	}
	return all
}

// Package kafkaconn makes connections to the brokers of a Kafka cluster.
//
// In come the addresses of a configuration with its tables tls and sasl; out
// come connections that have shown who they are, to which one request is given
// at a time. It reads the files of those tables, each time anew, and connects
// to the brokers; it writes nothing and keeps no goroutine.
package kafkaconn

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go/sasl"

	"jupyter-events-agent/internal/kafkasasl"
	"jupyter-events-agent/internal/tlsfiles"
)

// Config is the keys of a configuration that say where a cluster is and who
// the agent is there.
type Config struct {
	Brokers []string         `toml:"brokers"` // host:port; a few suffice, they name the others
	TLS     *tlsfiles.Config `toml:"tls"`     // nil: none; the zero Config: the system's authorities
	SASL    kafkasasl.Config `toml:"sasl"`
}

// Validate returns every mistake, each beginning with its key. It opens no file.
func (c *Config) Validate() []error {
	var mistakes []error
	if len(c.Brokers) == 0 {
		mistakes = append(mistakes, errors.New(`brokers: is missing: name one or more, such as ["kafka-1.example.org:9092"]`))
	}
	for _, b := range c.Brokers {
		if hint := refuseAddress(b); hint != "" {
			mistakes = append(mistakes, fmt.Errorf("brokers: %q %s", b, hint))
		}
	}
	if c.TLS != nil {
		mistakes = append(mistakes, c.TLS.Validate("tls")...)
	}
	return append(mistakes, c.SASL.Validate("sasl")...)
}

// refuseAddress says what is wrong with a broker's address.
func refuseAddress(address string) string {
	if strings.Contains(address, "://") {
		return "is a URL: write host:port only, and tls = {} where the listener has TLS"
	}
	if strings.Contains(address, ",") {
		return `holds several: write a list, ["a:9092", "b:9092"]`
	}
	host, port, err := net.SplitHostPort(address)
	switch n, bad := strconv.ParseUint(port, 10, 16); {
	case err != nil && address != "" && !strings.Contains(address, ":"):
		return fmt.Sprintf("has no port: write %q, or the port of the listener", address+":9092")
	case err != nil:
		return "is no address: write host:port, an IPv6 address in [brackets]"
	case host == "" || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r == '/' || r == '@' }):
		return "has no host's name before the port"
	case bad != nil || n == 0:
		return "has no port: it is a number from 1 to 65535"
	}
	return ""
}

// Open makes the Dialer; it reads the certificates and the secret, so that a
// mistake in them is found at once, and connects to nothing. The error is joined.
func (c *Config) Open() (*Dialer, error) {
	d := &Dialer{}
	var bad, worse error
	if c.TLS != nil {
		d.Files, bad = c.TLS.Open()
	}
	if d.SASL, worse = c.SASL.Open(); bad != nil || worse != nil {
		return nil, errors.Join(bad, worse)
	}
	return d, nil
}

// Unreadable is what is wrong with the certificates and the secret that are
// named, each read once; nil where nothing is.
func (c *Config) Unreadable() error {
	_, err := c.Open()
	return err
}

// Warnings are what is not wrong yet should not stay.
func (c *Config) Warnings() []string {
	all := c.SASL.Warnings(c.TLS != nil)
	if c.TLS != nil {
		all = append(all, c.TLS.Warnings()...)
	}
	return all
}

// Dialer makes connections. Safe for use by several goroutines.
type Dialer struct {
	Files *tlsfiles.Files // nil: no TLS
	SASL  sasl.Mechanism  // nil: none
}

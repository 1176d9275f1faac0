package telemetry

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
)

// Config is the table [telemetry]. Without one nothing listens.
type Config struct {
	// Listen is a loopback address with a port, or the absolute path of a unix socket.
	Listen string `toml:"listen"`
}

// Validate returns every mistake, each beginning with its key. Only who is on
// this machine may ask: what a hub's users do and when is nobody else's business,
// and there is neither a password nor TLS here.
func (c Config) Validate() []error {
	if c.Listen == "" {
		return []error{errors.New(`listen is missing: name a loopback address such as "127.0.0.1:9464", or the path of a unix socket`)}
	}
	if _, isSocket := c.socket(); isSocket {
		return nil
	}
	if strings.HasPrefix(c.Listen, "unix:") {
		return []error{errors.New("listen: the path of a unix socket must be absolute, such as /run/jupyter-events-agent/telemetry.sock")}
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return []error{errors.New(`listen: must be an address with a port such as "127.0.0.1:9464", or the absolute path of a unix socket`)}
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return []error{errors.New("listen: the port must be a number up to 65535")}
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return []error{fmt.Errorf("listen: %q is no loopback address: use 127.0.0.1, [::1] or a unix socket; to be asked from elsewhere, put a proxy with TLS and a password before it", host)}
	}
	return nil
}

// socket is the path of the unix socket, where it is one.
func (c Config) socket() (path string, ok bool) {
	path = strings.TrimPrefix(c.Listen, "unix:")
	return path, filepath.IsAbs(path)
}

package telemetry

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// Open listens. A unix socket that a dead agent left is taken over, and is
// for the agent's user and group alone. The caller closes the listener.
func (c Config) Open() (net.Listener, error) {
	path, isSocket := c.socket()
	if !isSocket {
		l, err := net.Listen("tcp", c.Listen)
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("telemetry: %s is in use by another program: choose another listen, or stop that one", c.Listen)
		}
		if err != nil {
			return nil, fmt.Errorf("telemetry: listen on %s: %w", c.Listen, err)
		}
		return l, nil
	}
	if err := clear(path); err != nil {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("telemetry: listen on %s: %w: its folder must exist and the agent's user must be allowed to write there", path, err)
	}
	if err := os.Chmod(path, 0o660); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	return l, nil
}

// clear takes away a socket at which nobody listens.
func clear(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("telemetry: %s is there and is no socket: choose another listen, or take it away", path)
	}
	if c, err := net.Dial("unix", path); err == nil {
		_ = c.Close()
		return fmt.Errorf("telemetry: another program listens on %s: choose another listen, or stop that one", path)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("telemetry: take away the socket of an agent that is gone: %w", err)
	}
	return nil
}

//go:build linux || darwin

package control

import (
	"fmt"
	"net"
)

// peer is the user at the other end.
func peer(c *net.UnixConn) (uid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { uid, failed = peerOf(int(fd)) })
	if err == nil {
		err = failed
	}
	if err != nil {
		return 0, fmt.Errorf("who gave it cannot be found out: %w", err)
	}
	return uid, nil
}

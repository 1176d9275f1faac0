package control

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// longestAddress is the room that a socket's address has.
const longestAddress = 104

// peer is the user at the other end.
func peer(c *net.UnixConn) (uid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var of *unix.Xucred
	var failed error
	err = raw.Control(func(fd uintptr) { of, failed = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED) })
	if err == nil {
		err = failed
	}
	if err != nil {
		return 0, fmt.Errorf("who gave it cannot be found out: %w", err)
	}
	return int(of.Uid), nil
}

func short(dir string) (name string, release func(), err error) {
	return "", nil, fmt.Errorf("the path of %s is too long for a socket: set a shorter state_dir, or reload by SIGHUP", dir)
}

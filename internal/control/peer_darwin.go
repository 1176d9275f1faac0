package control

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// longestAddress is the room that a socket's address has.
const longestAddress = 104

func peerOf(socket int) (uid int, err error) {
	of, err := unix.GetsockoptXucred(socket, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, err
	}
	return int(of.Uid), nil
}

func short(dir string) (name string, release func(), err error) {
	return "", nil, fmt.Errorf("the path of %s is too long for a socket: set a shorter state_dir, or reload by SIGHUP", dir)
}

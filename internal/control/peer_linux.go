package control

import (
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// longestAddress is the room that a socket's address has.
const longestAddress = 108

func peerOf(socket int) (uid int, err error) {
	of, err := unix.GetsockoptUcred(socket, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, err
	}
	return int(of.Uid), nil
}

// short is the socket by way of a descriptor of its folder.
func short(dir string) (name string, release func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return filepath.Join("/proc/self/fd", strconv.Itoa(int(d.Fd())), socket), func() { _ = d.Close() }, nil
}

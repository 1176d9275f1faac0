//go:build unix

package file

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// What is written at once to a pipe, socket or terminal that has room: so much
// waits for nobody (PIPE_BUF of Linux; a pipe has room by pages).
const roomy = 4096

// look is how often, in milliseconds, a write that waits for room sees whether it
// is to end.
const look = 100

// write writes b to to. Where a reader on the other side may stand still it does
// so by pieces, each once there is room for it, and ends with ctx: a write that is
// begun cannot be ended, and a stop, and a reload, wait for it.
func write(ctx context.Context, to io.Writer, b []byte) (n int, err error) {
	file, ok := to.(*os.File)
	if !ok || !mayStand(file) {
		return to.Write(b)
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return to.Write(b)
	}
	for n < len(b) {
		if err := room(ctx, raw); err != nil {
			return n, err
		}
		m, err := file.Write(b[n:min(n+roomy, len(b))])
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

// mayStand says that somebody else decides when a write to the file is done.
func mayStand(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket|os.ModeCharDevice) != 0
}

// room waits until there is room, or something else that a write then says.
func room(ctx context.Context, raw syscall.RawConn) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		ready, failed := 0, error(nil)
		err := raw.Control(func(fd uintptr) {
			ready, failed = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, look)
		})
		if err = errors.Join(err, failed); err != nil && !errors.Is(err, unix.EINTR) || ready > 0 {
			return nil
		}
	}
}

//go:build unix

package file

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// handle is one open file, read by position only.
type handle struct{ fd int }

// statPath looks at a path, through symbolic links.
func statPath(path string) (info, error) {
	var st unix.Stat_t
	for {
		err := unix.Stat(path, &st)
		if err == nil {
			return fromStat(&st), nil
		}
		if err != unix.EINTR {
			return info{}, &os.PathError{Op: "stat", Path: path, Err: err}
		}
	}
}

// openFile opens a path for reading, through symbolic links as far as linked
// allows. It does not wait where the path is a
// named pipe by now.
func openFile(path string) (*handle, info, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, info{}, &os.PathError{Op: "open", Path: path, Err: err}
		}
		h := &handle{fd}
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			_ = h.Close()
			return nil, info{}, &os.PathError{Op: "stat", Path: path, Err: err}
		}
		if err := linked(path, &st); err != nil {
			_ = h.Close()
			return nil, info{}, err
		}
		return h, fromStat(&st), nil
	}
}

func (h *handle) stat() (info, error) {
	var st unix.Stat_t
	if err := unix.Fstat(h.fd, &st); err != nil {
		return info{}, err
	}
	return fromStat(&st), nil
}

// ReadAt fills p as far as the file goes; io.EOF where it ends before.
func (h *handle) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		m, err := unix.Pread(h.fd, p[n:], at+int64(n))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return n, err
		}
		if m == 0 {
			return n, io.EOF
		}
		n += m
	}
	return n, nil
}

func (h *handle) Close() error { return unix.Close(h.fd) }

func fromStat(st *unix.Stat_t) info {
	return info{
		inode:    inode{uint64(st.Dev), st.Ino}, //nolint:unconvert // int32 on darwin
		size:     st.Size,
		links:    uint64(st.Nlink), //nolint:unconvert // uint16 on darwin
		modified: st.Mtim.Nano(),
		regular:  st.Mode&unix.S_IFMT == unix.S_IFREG,
		folder:   st.Mode&unix.S_IFMT == unix.S_IFDIR,
	}
}

// openLimit is how many descriptors this process may have. The Go runtime has
// raised the soft limit to the hard one at start.
func openLimit() int {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil || r.Cur > 1<<20 {
		return 1 << 20
	}
	return int(r.Cur)
}

// exhausted says that descriptors have run out.
func exhausted(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE)
}

// full says that no more folders can be watched.
func full(err error) bool { return errors.Is(err, unix.ENOSPC) }

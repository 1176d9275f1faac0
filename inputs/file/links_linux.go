package file

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// mostLinks is how many symbolic links a path may lead through, as the kernel has it.
const mostLinks = 40

// linked says why a file that was opened by a path is not to be read: a symbolic
// link on the way belongs to somebody who may choose, but not read, what it
// leads to. A user who owns his log's folder could else have the agent, which may
// read every home, read another one's file as his. As the kernel does for links
// in /tmp (fs.protected_symlinks), a link is followed where it is root's, the agent's
// own or of the owner of the file. The way is gone again from folder to folder,
// so that nothing can be swapped meanwhile.
func linked(path string, file *unix.Stat_t) error {
	dir, err := walk(unix.AT_FDCWD, "/")
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(dir) }()
	rest, links := parts(path), 0
	for len(rest) > 0 {
		at, err := walk(dir, rest[0])
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		rest = rest[1:]
		var st unix.Stat_t
		if err := unix.Fstat(at, &st); err != nil {
			_ = unix.Close(at)
			return err
		}
		if st.Mode&unix.S_IFMT != unix.S_IFLNK {
			_ = unix.Close(dir)
			dir = at
			if len(rest) == 0 && (st.Dev != file.Dev || st.Ino != file.Ino) {
				return fmt.Errorf("open %s: %w", path, errMoved)
			}
			continue
		}
		target, err := follow(at)
		_ = unix.Close(at)
		if err != nil {
			return err
		}
		if links++; links > mostLinks {
			return unix.ELOOP
		}
		if st.Uid != 0 && st.Uid != file.Uid && int(st.Uid) != unix.Geteuid() {
			return &linkError{path, st.Uid}
		}
		if strings.HasPrefix(target, "/") {
			root, err := walk(unix.AT_FDCWD, "/")
			if err != nil {
				return err
			}
			_ = unix.Close(dir)
			dir = root
		}
		rest = append(parts(target), rest...)
	}
	return nil
}

// leads says why a path is not to be taken for a name of the file that it leads
// to; see linked. Else who can make a link would choose as whose the file is read.
func leads(path string, to inode) error {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if fromStat(&st).inode != to {
		return fmt.Errorf("stat %s: %w", path, errMoved)
	}
	return linked(path, &st)
}

func parts(path string) (all []string) {
	for _, p := range strings.Split(filepath.ToSlash(path), "/") {
		if p != "" && p != "." {
			all = append(all, p)
		}
	}
	return all
}

// walk opens one name of a folder, whatever it is, without reading it and
// without following it.
func walk(dir int, name string) (int, error) {
	for {
		fd, err := unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}

// follow is what an open symbolic link leads to.
func follow(fd int) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(fd, "", buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

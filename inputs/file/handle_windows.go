package file

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// handle is one open file, read by position only.
type handle struct{ *os.File }

func statPath(path string) (info, error) {
	h, i, err := openFile(path)
	if err != nil {
		return info{}, err
	}
	return i, h.Close()
}

// openFile opens a path for reading and lets others rename and delete it.
func openFile(path string) (*handle, info, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, info{}, &os.PathError{Op: "open", Path: path, Err: err}
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	fd, err := windows.CreateFile(name, windows.GENERIC_READ, share, nil, windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, info{}, &os.PathError{Op: "open", Path: path, Err: err}
	}
	h := &handle{os.NewFile(uintptr(fd), path)}
	i, err := h.stat()
	if err != nil {
		_ = h.Close()
		return nil, info{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	return h, i, nil
}

func (h *handle) stat() (info, error) {
	var d windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(windows.Handle(h.Fd()), &d); err != nil {
		return info{}, err
	}
	return info{
		inode:    inode{uint64(d.VolumeSerialNumber), uint64(d.FileIndexHigh)<<32 | uint64(d.FileIndexLow)},
		size:     int64(d.FileSizeHigh)<<32 | int64(d.FileSizeLow),
		links:    uint64(d.NumberOfLinks),
		modified: d.LastWriteTime.Nanoseconds(),
		regular:  d.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY == 0,
		folder:   d.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0,
	}, nil
}

func openLimit() int { return 4096 }

func exhausted(err error) bool { return errors.Is(err, windows.ERROR_TOO_MANY_OPEN_FILES) }

// full says that no more folders can be watched.
func full(error) bool { return false }

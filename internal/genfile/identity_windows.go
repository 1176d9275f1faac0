package genfile

import (
	"os"
	"syscall"
)

// identify is the volume and file index of an open file.
func identify(f *os.File, _ os.FileInfo) (device, inode uint64) {
	var i syscall.ByHandleFileInformation
	if err := syscall.GetFileInformationByHandle(syscall.Handle(f.Fd()), &i); err != nil {
		return 0, 0
	}
	return uint64(i.VolumeSerialNumber), uint64(i.FileIndexHigh)<<32 | uint64(i.FileIndexLow)
}

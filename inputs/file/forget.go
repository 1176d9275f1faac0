package file

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/bmatcuk/doublestar/v4"
)

// forget looks at streams without a file, and drops those that have had none for
// long. A folder that is empty or away may come back with its files, so one of its
// files must be there, or it must have been removed.
func (in *Input) forget(now time.Time) {
	var there map[string]bool // folders in which files are known
	for _, s := range in.streams {
		if s.gen != nil {
			continue
		}
		if s.rec.Identity.Inode != 0 && s.size > 0 { // it had a file in this run
			if !in.durable(s) {
				continue // only this run knows how much there was
			}
			s.rec.Identity.Inode = 0 // or the next start took it for lost; its head finds it again
			in.env.Store.Update(s.rec)
		}
		if s.gone.IsZero() || now.Sub(s.gone) < in.tune.forget {
			continue
		}
		if there == nil {
			there = map[string]bool{}
			for path := range in.paths {
				there[filepath.Dir(path)] = true
			}
		}
		if !there[filepath.Dir(s.rec.Path)] && !in.removed(s) {
			continue
		}
		in.declare(s)
		in.dismiss(s)
	}
}

// durable says that it is durable that every output has delivered all that was
// known to be there of a stream that has been read to its end.
func (in *Input) durable(s *stream) bool {
	for _, r := range in.readers {
		end, at := s.size, s.rec.Start
		if end == unknownSize {
			end = r.offset(s)
		}
		if durable, ok := r.cursor.Durable(s.id); ok {
			at = durable
		}
		if at < end {
			return false
		}
	}
	return true
}

// removed says that a stream's folder is no more, while the file system on which
// its file was is there: a home that is mounted when its owner comes is only away.
// The folder from which its glob searches must be there as well.
func (in *Input) removed(s *stream) bool {
	glob := in.globs.of(s.rec.Path)
	if glob == "" {
		return false
	}
	base, _ := doublestar.SplitPattern(filepath.ToSlash(glob))
	base = filepath.FromSlash(base)
	folder := filepath.Dir(s.rec.Path)
	for dir := folder; len(dir) >= len(base); dir = filepath.Dir(dir) {
		at, err := statPath(dir)
		if err == nil {
			return dir != folder && at.device == s.rec.Identity.Device
		}
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return false
		}
	}
	return false
}

// absent declares what may have been lost while the agent was down.
func (in *Input) absent() {
	for _, s := range in.streams {
		if f := in.folders[filepath.Dir(s.rec.Path)]; f == nil || f.inode == (inode{}) {
			continue // the folder is away: its files may come back with it
		}
		in.declare(s)
	}
}

// declare says once that a stream may have been lost while the agent was down: its
// file was being written when it was last seen, and is gone.
func (in *Input) declare(s *stream) {
	if s.gen != nil || s.rec.Identity.Inode == 0 || in.globs.owner(s.rec.Path) != "" || isZip(s.rec.Path) {
		return
	}
	s.rec.Identity.Inode = 0 // its head finds it again
	in.env.Store.Update(s.rec)
	if low := in.read(s); low >= 0 {
		in.gap(s, low, -1, "the file was gone when the agent came back")
	}
}

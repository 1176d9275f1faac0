package file

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"time"
)

// loss is a stream whose file does not hold it any more.
type loss struct {
	s    *stream
	size int64 // bytes that were there
	open bool  // more may have been there
	why  string
	at   time.Time
}

// detach takes a stream from its file.
func (in *Input) detach(s *stream, g *generation) {
	s.mu.Lock()
	s.gen, s.suspect = nil, fine
	s.mu.Unlock()
	s.gone = time.Now()
	if g.stream == s {
		g.stream = nil
	}
}

// lose takes a stream from a file that holds something else now. settle looks
// for a copy and declares what is lost; the file gets another stream.
func (in *Input) lose(s *stream, g *generation, why string) {
	s.mu.Lock()
	size := s.size
	s.mu.Unlock()
	in.env.Log.Debug("stream has lost its file", "stream", s.id, "file", g.path, "size", size, "reason", why)
	in.detach(s, g)
	s.from = g
	s.rec.Identity.Inode = 0
	in.lost = append(in.lost, loss{s: s, size: size, open: in.files[g.inode] == g && !g.unlinked, why: why, at: time.Now()})
	g.heir, g.rotated, g.ripe = true, false, false
	g.home = g.path
	if in.files[g.inode] == g {
		in.unnamed[g] = true
	}
}

// settle names files and finds out what became of lost streams, until neither
// is left.
func (in *Input) settle() error {
	looked := map[string]bool{}
	for len(in.unnamed) > 0 || len(in.lost) > 0 {
		// A copy is there before its original is truncated, but maybe not
		// before the listing in which that was found.
		for _, l := range in.lost {
			if dir := filepath.Dir(l.s.rec.Path); !looked[dir] {
				looked[dir] = true
				in.list(dir)
			}
		}
		lost := in.lost
		if err := in.name(); err != nil {
			return err
		}
		in.lost = in.lost[len(lost):]
		in.pending = append(in.pending, lost...)
		in.review(time.Now())
	}
	in.review(time.Now())
	return nil
}

// review concludes the losses of which a copy was found, and those of which
// none has come up for a while: it may have been about to be compressed.
func (in *Input) review(now time.Time) {
	in.pending = slices.DeleteFunc(in.pending, func(l loss) bool {
		if l.s.gen == nil {
			in.succeed(l.s)
		}
		if l.s.gen == nil && !in.env.Once && now.Sub(l.at) < in.tune.quiet {
			return false
		}
		in.conclude(l)
		return true
	})
}

// conclude ends a loss: with a copy that goes on, or with a gap.
func (in *Input) conclude(l loss) {
	s := l.s
	s.from = nil
	low := in.read(s)
	if s.gen == nil {
		in.env.Store.Update(s.rec)
		switch {
		case low < 0:
		case l.open:
			in.gap(s, low, -1, l.why)
		case low < l.size && l.size == unknownSize:
			in.gap(s, low, -1, l.why)
		case low < l.size:
			in.gap(s, low, l.size, l.why)
		}
		return
	}
	s.mu.Lock()
	have := s.size
	s.mu.Unlock()
	if from := max(low, have); low >= 0 && from < l.size && l.size != unknownSize {
		in.gap(s, from, l.size, l.why)
	}
}

// succeed has the longest copy, a plain one first, carry a stream that has no file.
func (in *Input) succeed(s *stream) {
	var best *generation
	for _, g := range in.files {
		if g.copyOf != s {
			continue
		}
		if best == nil || g.zip == nil && best.zip != nil || (g.zip == nil) == (best.zip == nil) && g.size > best.size {
			best = g
		}
	}
	if best == nil {
		return
	}
	s.mu.Lock()
	size, had := s.size, s.head
	s.mu.Unlock()
	in.attach(s, best, had)
	if best.zip != nil && s.from == nil {
		s.mu.Lock()
		s.size = size // what was read to its end is not uncompressed again
		s.mu.Unlock()
	}
}

// attend looks at the streams at which readers have stopped.
func (in *Input) attend() error {
	in.troubled.Lock()
	list := in.troubled.streams
	in.troubled.streams = nil
	in.troubled.Unlock()
	if len(list) == 0 {
		return nil
	}
	var dirs []string
	for _, s := range list {
		s.mu.Lock()
		g, t := s.gen, s.suspect
		s.mu.Unlock()
		if g == nil || t == fine {
			continue
		}
		i, err := g.stat()
		switch {
		case err != nil:
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errMoved) {
				dirs = append(dirs, filepath.Dir(g.path))
			}
		case t == misplaced:
			in.lose(s, g, "the file was written anew")
		case t == changed && !in.still(g, s):
			in.lose(s, g, "the file was truncated")
		default:
			in.measure(g, i, time.Now())
		}
	}
	var err error
	if len(dirs) > 0 {
		err = in.scan(dirs)
	} else {
		err = in.settle()
	}
	for _, s := range list {
		in.reopen(s)
	}
	in.unsettled.Add(-int64(len(list)))
	in.marked = true
	return err
}

// reopen lets readers try a stream again if its file can be opened.
func (in *Input) reopen(s *stream) {
	s.mu.Lock()
	g, t := s.gen, s.suspect
	s.mu.Unlock()
	if g == nil || t == fine {
		return
	}
	if t == shut {
		if err := g.acquire(); err != nil {
			in.complain(g, err)
			if exhausted(err) {
				in.crowded = true
			}
			return // the next sweep tries again
		}
		g.release()
	}
	s.mu.Lock()
	if s.gen == g {
		s.suspect = fine
	}
	s.mu.Unlock()
	in.mark(s)
}

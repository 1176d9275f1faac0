package file

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"
)

// name finds out which stream each of the unnamed files carries: one that is
// known, a copy of one, or a new one. All new ones are made durable at once.
func (in *Input) name() error {
	var list []*generation
	for g := range in.unnamed {
		list = append(list, g)
	}
	clear(in.unnamed)
	slices.SortFunc(list, byAge)
	var fresh []*generation
	var heads []head
	for _, g := range list {
		if g.stream != nil {
			continue
		}
		h, ok := in.headOf(g)
		if !ok {
			continue
		}
		if slices.ContainsFunc(heads, func(o head) bool { return o.hole == h.hole && bytes.Equal(o.text, h.text) }) {
			if err := in.found(fresh, heads); err != nil {
				return err
			}
			fresh, heads = nil, nil
		}
		switch s, copied := in.match(g, h); {
		case s == nil:
			fresh, heads = append(fresh, g), append(heads, h)
		case copied:
			g.copyOf = s
			in.env.Log.Debug("copy", "stream", s.id, "file", g.path)
		default:
			in.attach(s, g, h)
			in.follow(s)
		}
	}
	return in.found(fresh, heads)
}

// headOf reads a file's head and leaves the file open.
func (in *Input) headOf(g *generation) (head, bool) {
	if err := g.acquire(); err != nil {
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errMoved) {
			in.complain(g, err)
		}
		in.retry(g)
		return head{}, false
	}
	defer g.release()
	h, err := g.readHead(g.ripe)
	if errors.Is(err, gzip.ErrHeader) {
		g.zip = nil // only its name says that it is compressed
		h, err = g.readHead(g.ripe)
	}
	if err != nil {
		in.complain(g, err)
		in.retry(g)
		return head{}, false
	}
	g.mu.Lock()
	g.complaint = ""
	g.mu.Unlock()
	in.waited(g, h)
	return h, h.text != nil
}

// retry has the next scan find the file changed.
func (in *Input) retry(g *generation) { g.modified = -1 }

// match is the known stream that a file carries, or is a copy of.
func (in *Input) match(g *generation, h head) (s *stream, copied bool) {
	if st, ok := in.foreign[g.inode]; ok && h.cut(int(st.Identity.HeadLen)).sum() == st.Identity.Head {
		delete(in.foreign, g.inode)
		return in.admit(st), false
	}
	for _, s := range in.named(h, g.inode) {
		id := s.rec.Identity
		if s.gen == nil && s.from == nil && g.inode == (inode{id.Device, id.Inode}) {
			return s, false
		}
	}
	for _, s := range in.named(h, g.inode) {
		if s.gen != nil && !in.still(s.gen, s) {
			in.lose(s, s.gen, "the file was written anew")
		}
		if s.gen != nil {
			if same, err := in.compare(s.gen, g); same || err != nil {
				return s, true
			}
			if in.still(s.gen, s) {
				continue // only the first lines are equal
			}
			in.lose(s, s.gen, "the file was written anew") // while they were compared
		}
		if in.continues(s, g) {
			return s, false
		}
	}
	return nil, false
}

// named are the streams that began with h, or whose file had this inode and
// began with a short half line that is the beginning of h.
func (in *Input) named(h head, of inode) []*stream {
	out := slices.Clone(in.heads[h.sum()])
	if s := in.byInode[of]; s != nil && s.gen == nil {
		if n := int(s.rec.Identity.HeadLen); n < len(h.text) && h.cut(n).sum() == s.rec.Identity.Head {
			out = append(out, s)
		}
	}
	return out
}

func (in *Input) compare(a, b *generation) (bool, error) {
	for _, g := range []*generation{a, b} {
		if err := g.acquire(); err != nil {
			return false, err
		}
		defer g.release()
	}
	return sameContent(a, b)
}

// continues says that a file goes on with a stream that has no file: it is as
// long as what was read of it, and a line ends there.
func (in *Input) continues(s *stream, g *generation) bool {
	if g.zip != nil || s.from != nil && s.from != g {
		return true
	}
	high := s.rec.Start
	for _, r := range in.readers {
		high = max(high, r.offset(s))
	}
	if g.size < high {
		return false
	}
	if high == 0 || g.size == high {
		return true
	}
	if g.acquire() != nil {
		return false
	}
	defer g.release()
	var b [1]byte
	n, _ := g.readAt(context.Background(), b[:], high-1)
	return n == 1 && (b[0] == '\n' || b[0] == 0)
}

// attach has a file carry a stream from now on.
func (in *Input) attach(s *stream, g *generation, h head) {
	if old := s.gen; old != nil && old != g {
		old.stream, old.copyOf = nil, s
	}
	g.stream, g.copyOf = s, nil
	if g.home = s.rec.Path; g.home != g.path {
		g.rotated = true
	}
	if i, err := g.stat(); err == nil {
		g.size = i.size // a copy may have grown since it was found
	}
	s.gone = time.Time{}
	s.rec.Path = g.path
	s.rec.Identity.Device, s.rec.Identity.Inode = g.device, g.number
	in.env.Store.Update(s.rec)
	in.zipEnd(s, g)

	s.mu.Lock()
	if h.text != nil {
		s.head = h.cut(int(s.rec.Identity.HeadLen))
	}
	s.gen, s.path, s.suspect = g, g.path, fine
	s.rotated, s.final, s.broken = g.rotated, false, false
	s.dryAt, s.halves = -1, nil
	s.size = g.size
	if g.zip != nil {
		s.size = unknownSize
	}
	s.mu.Unlock()
	g.ripe = false
	in.env.Log.Debug("stream has a file", "stream", s.id, "file", g.path, "size", g.size, "inode", g.number)
	in.wake(g, time.Now())
	in.mark(s)
}

// zipEnd reads what a compressed file says of its length.
func (in *Input) zipEnd(s *stream, g *generation) {
	if g.zip == nil || g.acquire() != nil {
		return
	}
	defer g.release()
	n := zipLength(g.h, g.size)
	s.mu.Lock()
	g.zip.length = n
	s.mu.Unlock()
}

// follow puts a stream behind the one that was the newest of its log so far,
// the first time that it has a file: files get their streams oldest first.
func (in *Input) follow(s *stream) {
	if s.placed {
		return
	}
	s.placed = true
	log := s.rec.Path
	for live := range ancestors(log) {
		if in.paths[live] != nil {
			log = live
		}
	}
	if before := in.newest[log]; before != nil {
		s.after.Store(before)
	}
	in.newest[log] = s
}

package file

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"time"
)

// saw takes note of a file that exists under path now; g is nil where it is
// new.
func (in *Input) saw(g *generation, path string, i info, now time.Time) {
	if g != nil && in.reused(g, path, i) {
		in.vanish(g, "the file was deleted before it could be read")
		g = nil
	}
	if g == nil {
		if !in.leads(path, i) {
			return
		}
		g = &generation{inode: i.inode, path: path, home: path, modified: -1, changed: now, zipName: isZip(path)}
		if g.zipName {
			g.zip = &unzipper{history: zipHistory(in.maxLine)}
		}
		if old := in.paths[path]; old != nil || in.replaced(path) {
			g.heir = true
		}
		in.files[i.inode] = g
		in.wake(g, now)
	} else if g.round == in.round && g.path != path && in.paths[g.path] == g {
		return // a second name of the same file
	} else if g.path != path && !in.leads(path, i) {
		return
	}
	if g.path != path {
		in.moved(g, path)
	}
	if old := in.paths[path]; old != g {
		in.shuffled = true
		if old != nil {
			in.replace(old)
		}
		in.paths[path] = g
	}
	g.round, g.missed, g.unlinked = in.round, 0, false
	in.measure(g, i, now)
}

// leads says whether a file is to be known by a path, which it was not before.
func (in *Input) leads(path string, i info) bool {
	err := leads(path, i.inode)
	var link *linkError
	if errors.As(err, &link) {
		in.tell(ofLink, path, "a file is not read by this name", err, path)
	}
	return err == nil
}

// reused says that another file has got the inode of one that was not held
// open. Plain ones are told apart by their heads, when they are measured.
func (in *Input) reused(g *generation, path string, i info) bool {
	if open, _ := g.opened(); open || g.size == i.size && g.modified == i.modified {
		return false
	}
	if g.zipName != isZip(path) {
		return true
	}
	if g.zip == nil || g.stream == nil {
		return false
	}
	other := &generation{inode: g.inode, path: path, zip: &unzipper{history: g.zip.history}}
	if other.acquire() != nil {
		return false
	}
	defer other.close()
	defer other.release()
	h, err := other.readHead(true)
	return err != nil || !bytes.HasPrefix(h.text, g.stream.head.text)
}

// replaced says that the path belonged to a stream before.
func (in *Input) replaced(path string) bool {
	for _, s := range in.streams {
		if s.rec.Path == path {
			return true
		}
	}
	return false
}

// moved gives a file its new path.
func (in *Input) moved(g *generation, path string) {
	if in.paths[g.path] == g {
		delete(in.paths, g.path)
	}
	g.mu.Lock()
	g.path = path
	g.mu.Unlock()
	if s := g.stream; s != nil {
		s.rec.Path = path
		in.env.Store.Update(s.rec)
		s.mu.Lock()
		s.path = path
		s.mu.Unlock()
	}
}

// replace takes note that another file has this one's path.
func (in *Input) replace(old *generation) {
	in.turned(old)
	in.wake(old, time.Now())
}

// wake has a file looked at in cadence for a while.
func (in *Input) wake(g *generation, now time.Time) {
	in.active[g] = now
}

// measure compares a file with what was known of it.
func (in *Input) measure(g *generation, i info, now time.Time) {
	same := g.size == i.size && g.modified == i.modified
	if !same {
		if g.modified != -1 {
			in.wake(g, now)
		}
		if g.waits.text != nil && g.zip == nil && i.size < g.size {
			in.wasted(g, "the file was truncated")
			g.waits = head{}
		}
		g.size, g.modified, g.changed, g.ripe = i.size, i.modified, now, false
	}
	s := g.stream
	if s == nil {
		if !same {
			in.unnamed[g] = true
		}
		return
	}
	if same {
		return
	}
	if g.zip != nil {
		s.mu.Lock()
		s.size, s.dryAt, s.broken, s.final = unknownSize, -1, false, false
		s.mu.Unlock()
		in.zipEnd(s, g)
		in.mark(s)
		return
	}
	s.mu.Lock()
	size := i.size
	if size < s.size { // a reader may have seen more since: only a look from now counts
		if again, err := g.stat(); err == nil {
			size = again.size
		}
	}
	shrunk := size < s.size
	s.mu.Unlock()
	switch {
	case shrunk:
		in.lose(s, g, "the file was truncated")
	case !in.still(g, s):
		in.lose(s, g, "the file was written anew")
	default:
		s.mu.Lock()
		grew := size > s.size
		s.size = max(s.size, size)
		s.final = s.final && !grew
		s.mu.Unlock()
		in.mark(s)
	}
}

// still says that the file holds its stream; where it cannot be read it is
// taken to.
func (in *Input) still(g *generation, s *stream) bool {
	if err := g.acquire(); err != nil {
		return !errors.Is(err, errMoved)
	}
	defer g.release()
	ok, err := g.holds(s.head, make([]byte, maxHead))
	return ok || err != nil
}

// missing finds out what became of files that were not where they used to be,
// in folders that have been listed.
func (in *Input) missing(listed map[string]bool) {
	for _, g := range in.files {
		if g.round == in.round || !listed[filepath.Dir(g.path)] {
			continue
		}
		now := time.Now()
		g.missed++
		if !g.rotated {
			in.turned(g)
			in.wake(g, now)
		}
		i, err := g.stat()
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errMoved):
			in.complain(g, err) // the folder is not there, or the network: wait
			g.missed = 0
		case err != nil && g.missed >= 2:
			in.vanish(g, "the file was deleted before it could be read")
		case err == nil:
			g.unlinked = i.links == 0
			in.measure(g, i, now)
		}
	}
}

// vanish drops a file that is not there any more.
func (in *Input) vanish(g *generation, why string) {
	switch s := g.stream; {
	case s == nil && g.waits.text != nil:
		in.wasted(g, why)
	case s == nil:
	case in.unread(s):
		in.lose(s, g, why)
	default:
		in.detach(s, g)
		in.succeed(s)
	}
	in.remove(g)
}

func (in *Input) remove(g *generation) {
	if in.paths[g.path] == g {
		delete(in.paths, g.path)
	}
	if in.files[g.inode] == g {
		delete(in.files, g.inode)
	}
	delete(in.active, g)
	delete(in.unnamed, g)
	g.close()
}

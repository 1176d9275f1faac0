package file

import (
	"slices"
	"time"
)

// turned notes that a file does not have the name any more to which its
// writer writes.
func (in *Input) turned(g *generation) {
	if g.rotated {
		return
	}
	g.rotated = true
	if s := g.stream; s != nil {
		s.mu.Lock()
		s.rotated = true
		s.mu.Unlock()
	}
}

// ripen finds files that have been rotated, and those of them that are quiet
// by now: their last line counts even without a line end. It says whether
// there are files to name.
func (in *Input) ripen(now time.Time) (unnamed bool) {
	for _, g := range in.files {
		if in.shuffled && !g.rotated && (g.zip != nil || g.path != g.home || in.younger(g)) {
			in.turned(g)
		}
		if !g.rotated || g.ripe || !in.env.Once && now.Sub(g.changed) < in.tune.quiet {
			continue
		}
		g.ripe = true
		if s := g.stream; s != nil {
			s.mu.Lock()
			s.final, s.dryAt = true, -1
			s.mu.Unlock()
			in.mark(s)
		} else if g.copyOf == nil && g.size > 0 {
			in.unnamed[g] = true
			unnamed = true
		}
	}
	in.shuffled = false
	return unnamed
}

// younger says that there is a file of which this one is a generation by its
// name.
func (in *Input) younger(g *generation) bool {
	for path := range ancestors(g.path) {
		if other := in.paths[path]; other != nil && other != g {
			return true
		}
	}
	return false
}

// sweep closes and drops what is no longer needed, tries again what could not
// be opened, and forgets streams without files.
func (in *Input) sweep(now time.Time) {
	var idle, waiting []*generation // open ones, by what closing them risks
	for _, g := range in.files {
		s := g.stream
		if s != nil {
			in.reopen(s)
		}
		open, used := g.opened()
		if used {
			continue
		}
		unread := s != nil && (in.unread(s) || in.undelivered(s)) || s == nil && g.copyOf == nil && g.size > 0
		rest := now.Sub(g.changed)
		switch {
		case s == nil && g.unlinked && g.ripe && g.waits.text == nil && rest >= in.tune.quiet:
			in.remove(g) // nothing of it can be read
			continue
		case unread:
			waiting = append(waiting, g)
			continue
		case g.rotated && g.ripe && rest >= in.tune.quiet:
			if in.relieve(s, g) || g.round != in.round && (g.unlinked || g.missed > 1) {
				in.vanish(g, "the file was deleted before it could be read")
				continue
			}
			g.close()
		case rest >= in.tune.idle, g.copyOf != nil && rest >= in.tune.quiet:
			g.close()
		case open:
			idle = append(idle, g)
		}
	}
	in.crowd(idle, waiting)
	in.forget(now)
}

// relieve says that a copy of a file that has been read to its end has grown
// beyond it: that is where the lines come from now.
func (in *Input) relieve(s *stream, g *generation) bool {
	if s == nil || g.zip != nil {
		return false
	}
	for _, other := range in.files {
		if other.copyOf == s && other.zip == nil && other.size > g.size {
			same, err := in.compare(g, other)
			return same && err == nil
		}
	}
	return false
}

// crowd closes files where too many are open: first those that have been
// read, then those that wait, which are lost if they are deleted meanwhile.
func (in *Input) crowd(idle, waiting []*generation) {
	most := in.tune.open
	if in.crowded {
		most = min(most, (len(idle)+len(waiting))/2)
		in.crowded = false
	}
	over := len(idle) + len(waiting) - most
	if over <= 0 {
		return
	}
	for _, list := range [][]*generation{idle, waiting} {
		slices.SortFunc(list, func(a, b *generation) int { return a.changed.Compare(b.changed) })
		for _, g := range list {
			if open, _ := g.opened(); !open || g.unlinked {
				continue
			}
			if over <= 0 {
				return
			}
			if g.close() {
				over--
			}
		}
	}
}

package file

import (
	"math"
	"strings"
	"time"
)

// stray is a file that no glob matches, but that is a generation, by its name,
// of one that a glob matches.
type stray struct {
	path, owner string
	info        info
}

// strays takes those that hold, or follow, what was being read: generations
// that rotation made between two looks or while the agent was down. looked is
// when the folder was listed first; zero: this is the first time.
func (in *Input) strays(found []stray, looked, now time.Time) {
	byOwner := map[string][]stray{}
	for _, f := range found {
		if when, ok := in.skipped[f.info.inode]; ok && when == f.info.modified {
			continue
		}
		byOwner[f.owner] = append(byOwner[f.owner], f)
	}
	for owner, group := range byOwner {
		since := int64(math.MinInt64) // what comes later is new
		if looked.IsZero() {
			since = in.lastKnown(owner, group)
		}
		for _, f := range group {
			if (f.info.modified < since || in.zippedFromSkipped(f)) && !in.knows(f.path, f.info) {
				in.skipped[f.info.inode] = f.info.modified
				continue
			}
			in.saw(nil, f.path, f.info, now)
			if g := in.files[f.info.inode]; g != nil {
				in.turned(g) // no glob names it: nobody writes to it
			}
		}
	}
}

// lastKnown is when the newest of a group that holds a known stream was
// written: those that are not older were made while the agent was down, all
// of them where none holds a known stream though there was one.
func (in *Input) lastKnown(owner string, group []stray) int64 {
	had := false
	for _, s := range in.streams {
		had = had || s.rec.Path == owner || in.globs.owner(s.rec.Path) == owner
	}
	if !had {
		return math.MaxInt64 // a first start: older generations were not asked for
	}
	since := int64(math.MinInt64)
	for _, f := range group {
		if f.info.modified > since && in.knows(f.path, f.info) {
			since = f.info.modified
		}
	}
	for _, g := range in.files {
		if (g.path == owner || in.globs.owner(g.path) == owner) && g.modified > since && in.knows(g.path, info{inode: g.inode}) {
			since = g.modified
		}
	}
	return since
}

// knows says that a file begins as a known stream does.
func (in *Input) knows(path string, i info) bool {
	g := &generation{inode: i.inode, path: path}
	if isZip(path) {
		g.zip = &unzipper{history: 512 << 10}
	}
	if g.acquire() != nil {
		return false
	}
	defer g.close()
	defer g.release()
	h, err := g.readHead(true)
	return err == nil && h.text != nil && len(in.heads[h.sum()]) > 0
}

// zippedFromSkipped says that a file is a skipped one, compressed: beside it
// while that goes on, of the same time when it is done.
func (in *Input) zippedFromSkipped(f stray) bool {
	plain, zip := strings.CutSuffix(f.path, ".gz")
	if !zip {
		return false
	}
	if i, err := statPath(plain); err == nil {
		_, skipped := in.skipped[i.inode]
		return skipped
	}
	for _, modified := range in.skipped {
		if modified == f.info.modified {
			return true
		}
	}
	return false
}

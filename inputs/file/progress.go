package file

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"

	"jupyter-events-agent/inputs"
)

// Files is inputs.Counting: how many files were known after the last scan.
func (in *Input) Files() int { return int(in.count.Load()) }

// Failed is inputs.Failing: files that are there and were not read to their
// end, folders that are there and could not be listed. Not a name that is
// refused as a link, by which nothing is to be read.
func (in *Input) Failed() (n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, of := range []kind{ofGlobs, ofFolder, ofFile} {
		for _, err := range in.told[of] {
			if of == ofGlobs || !errors.Is(err, fs.ErrNotExist) {
				n++
			}
		}
	}
	for _, g := range in.files {
		g.mu.Lock()
		complaint := g.complaint
		g.mu.Unlock()
		if complaint != "" && (g.stream == nil || in.undelivered(g.stream)) {
			n++
		}
	}
	return n
}

// Progress is inputs.Telling, sorted by path. Background holds its lock while
// it looks at files, which on a network that is away takes long: what was told
// last has to do then.
func (in *Input) Progress() []inputs.Progress {
	in.lastTold.Lock()
	defer in.lastTold.Unlock()
	if in.mu.TryLock() {
		in.lastTold.progress = in.progress()
		in.mu.Unlock()
	}
	return slices.Clone(in.lastTold.progress)
}

func (in *Input) progress() (all []inputs.Progress) {
	for _, s := range in.streams {
		if s.gen == nil {
			continue // its file is gone
		}
		p := inputs.Progress{Path: s.rec.Path, Glob: in.globs.of(s.rec.Path), Delivered: map[string]int64{}}
		s.mu.Lock()
		switch zip := s.gen.zip; {
		case s.size != unknownSize:
			p.Size = s.size
		case zip != nil && zip.length > 0:
			p.Size = int64(zip.length)
		default:
			p.Size = -1
		}
		s.mu.Unlock()
		for _, r := range in.readers {
			p.Delivered[r.consumer] = r.cursor.Offset(s.id)
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b inputs.Progress) int { return cmp.Compare(a.Path, b.Path) })
	return all
}

// of is the pattern that a path matches, or of which it is a rotated
// generation by its name; "" where there is none.
func (g globs) of(path string) string {
	for _, p := range g {
		one := globs{p}
		if one.belongs(path) {
			return p
		}
	}
	return ""
}

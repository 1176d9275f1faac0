package file

import (
	"slices"

	"jupyter-events-agent/inputs"
)

// Keep is inputs.Keeper: files stay open over a reload, also those that have
// been deleted meanwhile and are still being read.
func (c *Config) Keep(old inputs.Input, env inputs.Env) bool {
	in, ok := old.(*Input)
	if !ok {
		return false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.env = env
	in.first = make(chan struct{})
	in.told = [kinds]map[string]error{}
	longer := in.maxLine != c.maxLine()
	in.maxLine = c.maxLine()
	for _, s := range in.streams {
		s.mu.Lock()
		s.source = nil
		if longer {
			s.halves = nil
		}
		s.mu.Unlock()
	}
	for _, g := range in.files {
		if longer && g.zip != nil {
			g.zip.forget()
			g.zip.history = zipHistory(in.maxLine)
		}
	}
	for _, f := range in.folders {
		f.inode, f.watched = inode{}, false // Background has another watch
	}
	if paths := globs(c.Globs()); !slices.Equal(in.globs, paths) {
		in.turnTo(paths)
		in.atEnd = in.beginsAtEnd(c.StartAt == "end")
	}
	return true
}

// turnTo has the input read other paths, as if it had begun with them.
func (in *Input) turnTo(paths globs) {
	in.globs = paths
	for _, s := range in.streams {
		if !paths.belongs(s.rec.Path) {
			in.part(s)
		}
	}
	for _, g := range in.files {
		if g.stream == nil && !paths.belongs(g.path) {
			in.remove(g)
		}
	}
	clear(in.folders)
	clear(in.skipped)
	in.recall()
}

// part leaves a stream to the store alone.
func (in *Input) part(s *stream) {
	s.mu.Lock()
	g := s.gen
	s.mu.Unlock()
	if g != nil {
		in.detach(s, g)
		in.remove(g)
	}
	gone := func(l loss) bool { return l.s == s }
	in.lost, in.pending = slices.DeleteFunc(in.lost, gone), slices.DeleteFunc(in.pending, gone)
	for _, g := range in.files {
		if g.copyOf == s {
			in.remove(g)
		}
	}
	in.drop(s)
}

// recall takes the streams out of the store that are not known yet.
func (in *Input) recall() {
	clear(in.foreign)
	clear(in.byInode)
	for _, st := range in.env.Store.Streams() {
		of := inode{st.Identity.Device, st.Identity.Inode}
		switch {
		case in.streams[st.ID] != nil:
			in.byInode[of] = in.streams[st.ID]
		case in.globs.belongs(st.Path):
			in.byInode[of] = in.admit(st)
		case of.number != 0:
			in.foreign[of] = st
		}
	}
}

// beginsAtEnd says whether what is there now is passed over: at the very first
// start alone. Where the state was lost some of it may be undelivered.
func (in *Input) beginsAtEnd(configured bool) bool {
	return configured && len(in.streams) == 0 && !in.env.Store.Anew()
}

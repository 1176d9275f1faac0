package file

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// tuning is what tests set in another way.
type tuning struct {
	watch   bool          // watch folders, not only list them
	scan    time.Duration // between two listings, at least; a slow file system makes it longer
	cadence time.Duration // between two looks at files that are being written
	rest    time.Duration // between two looks at what the watch has to say
	awake   time.Duration // without growth until the cadence ends
	quiet   time.Duration // without growth until a rotated file counts as ended
	idle    time.Duration // without growth until a file that was read is closed
	forget  time.Duration // without its file until a stream is forgotten
	open    int           // files held open, at most; above, those that wait are closed
	add     func(*checkpoint.Store, ...checkpoint.Stream) ([]checkpoint.Stream, error)
}

// usual is the tuning of a real agent. Of the process's descriptors at most
// half, and never more than 10,000, are for files of an input.
func usual() tuning {
	return tuning{
		watch:   true,
		scan:    time.Second,
		cadence: 25 * time.Millisecond,
		rest:    5 * time.Millisecond,
		awake:   2 * time.Second,
		quiet:   2 * time.Second,
		idle:    time.Minute,
		forget:  24 * time.Hour,
		open:    min(10_000, max(16, openLimit()/2)),
		add:     (*checkpoint.Store).Add,
	}
}

// Input is the files of one [[inputs.file]].
type Input struct {
	env     inputs.Env
	tune    tuning
	globs   globs
	maxLine int64

	first     chan struct{} // closed when the first scan is done
	raised    chan struct{} // capacity 1: some stream is in trouble
	unsettled atomic.Int64  // streams in trouble that Background has not looked at
	count     atomic.Int64  // files known after the last scan
	lastTold  struct {
		sync.Mutex
		progress []inputs.Progress
	}

	troubled struct {
		sync.Mutex
		streams []*stream
	}

	mu       sync.Mutex
	atEnd    bool                  // what the first scan finds is read from its end
	foreign  map[inode]known       // streams of other paths in the store, by their file
	files    map[inode]*generation // all files that exist, as far as known
	paths    map[string]*generation
	streams  map[uint64]*stream
	heads    map[[16]byte][]*stream
	byInode  map[inode]*stream  // of the store's streams at start
	newest   map[string]*stream // of each log, by the path to which its writer writes
	slots    []*stream
	readers  []*reader
	active   map[*generation]time.Time // files to look at in cadence, since when
	unnamed  map[*generation]bool      // files to identify in this scan
	lost     []loss                    // streams to settle in this scan
	pending  []loss                    // streams of which a copy may still come up
	folders  map[string]*folder
	homes    map[string]bool // folders in which streams had their files at the last scan
	round    uint64
	took     time.Duration   // of the last listing of everything
	skipped  map[inode]int64 // generations that no glob matches and nobody has asked for, with their mtime
	shuffled bool            // paths have changed in this scan
	crowded  bool            // descriptors have run out
	noRoom   time.Time       // when new files last could not get streams, as the state folder's disk was full; zero: they can
	marked   bool            // streams are marked and the readers not woken yet
	watch    watch
	told     [kinds]map[string]error // what was logged and has not changed since, by name
}

// known is a stream of the store.
type known = checkpoint.Stream

// folder is one that is listed.
type folder struct {
	looked   time.Time // when it was listed first
	modified int64
	inode    inode
	watched  bool
}

func newInput(env inputs.Env, t tuning, g globs, maxLine int64, atEnd bool) *Input {
	in := &Input{
		env: env, tune: t, globs: g, maxLine: maxLine,
		first:   make(chan struct{}),
		raised:  make(chan struct{}, 1),
		foreign: map[inode]known{},
		files:   map[inode]*generation{},
		paths:   map[string]*generation{},
		streams: map[uint64]*stream{},
		heads:   map[[16]byte][]*stream{},
		byInode: map[inode]*stream{},
		newest:  map[string]*stream{},
		active:  map[*generation]time.Time{},
		unnamed: map[*generation]bool{},
		folders: map[string]*folder{},
		homes:   map[string]bool{},
		skipped: map[inode]int64{},
	}
	in.recall()
	in.atEnd = in.beginsAtEnd(atEnd)
	return in
}

// admit makes a stream of what the store remembers; no file carries it yet.
func (in *Input) admit(st known) *stream {
	s := &stream{in: in, id: st.ID, rec: st, path: st.Path, dryAt: -1, gone: time.Now()}
	s.slot = slices.Index(in.slots, nil)
	if s.slot < 0 {
		s.slot = len(in.slots)
		in.slots = append(in.slots, nil)
	}
	in.slots[s.slot] = s
	in.streams[s.id] = s
	in.heads[st.Identity.Head] = append(in.heads[st.Identity.Head], s)
	for _, r := range in.readers {
		r.put(s, r.cursor.Offset(s.id))
	}
	return s
}

// dismiss forgets a stream for good.
func (in *Input) dismiss(s *stream) {
	in.drop(s)
	in.env.Store.Forget(s.id)
}

// drop has the input forget a stream, which may have no file.
func (in *Input) drop(s *stream) {
	for _, r := range in.readers {
		r.drop(s)
	}
	key := s.rec.Identity.Head
	in.heads[key] = slices.DeleteFunc(in.heads[key], func(o *stream) bool { return o == s })
	if len(in.heads[key]) == 0 {
		delete(in.heads, key)
	}
	for _, o := range in.streams {
		o.after.CompareAndSwap(s, nil)
	}
	maps.DeleteFunc(in.newest, func(_ string, o *stream) bool { return o == s })
	maps.DeleteFunc(in.byInode, func(_ inode, o *stream) bool { return o == s })
	in.slots[s.slot] = nil
	delete(in.streams, s.id)
}

// Open is inputs.Input.
func (in *Input) Open(from inputs.Resume) (inputs.Reader, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	r := &reader{in: in, consumer: from.Output, cursor: from.Cursor, wake: make(chan struct{}, 1)}
	for _, s := range in.slots {
		if s != nil {
			r.put(s, r.cursor.Offset(s.id))
			r.mark(s)
		}
	}
	r.poke()
	in.readers = append(in.readers, r)
	return r, nil
}

func (in *Input) leave(r *reader) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.readers = slices.DeleteFunc(in.readers, func(o *reader) bool { return o == r })
}

// Close is inputs.Input.
func (in *Input) Close() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, g := range in.files {
		g.close()
	}
	return nil
}

// settled says that the first scan is done and no stream is in trouble.
func (in *Input) settled() bool {
	select {
	case <-in.first:
		return in.unsettled.Load() == 0
	default:
		return false
	}
}

// raise has Background look at a stream.
func (in *Input) raise(s *stream) {
	in.unsettled.Add(1)
	in.troubled.Lock()
	in.troubled.streams = append(in.troubled.streams, s)
	in.troubled.Unlock()
	select {
	case in.raised <- struct{}{}:
	default:
	}
}

// mark has every reader look at a stream, once unlock wakes them.
func (in *Input) mark(s *stream) {
	for _, r := range in.readers {
		r.mark(s)
	}
	in.marked = true
}

// unlock gives up mu and wakes the readers, all at the same time, so that they
// find the same files ready and keep in step.
func (in *Input) unlock() {
	if in.marked {
		in.marked = false
		in.poke()
	}
	in.mu.Unlock()
}

func (in *Input) poke() {
	for _, r := range in.readers {
		r.poke()
	}
}

// read is how far all readers have read a stream: what is before is needed no
// more. Without readers all of it is.
func (in *Input) read(s *stream) int64 {
	low := int64(-1)
	for _, r := range in.readers {
		if off := r.offset(s); low < 0 || off < low {
			low = off
		}
	}
	return low
}

// unread says that some reader has not read all that is known to be there.
func (in *Input) unread(s *stream) bool {
	low := in.read(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	if low < 0 || s.gen == nil || low >= s.size {
		return false
	}
	return !s.unzipped(low)
}

// undelivered says that some output has not delivered all that is known to be
// there. What was read and not delivered may be read again, after a reload.
func (in *Input) undelivered(s *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range in.readers {
		if low := r.cursor.Offset(s.id); s.gen != nil && low < s.size && !s.unzipped(low) {
			return true
		}
	}
	return false
}

// gap declares lost bytes; to -1 is unknown.
func (in *Input) gap(s *stream, from, to int64, why string) {
	s.mu.Lock()
	path := s.path
	s.mu.Unlock()
	in.env.Gap(inputs.Gap{Input: in.env.Source.Input, Path: path, Stream: s.id, From: from, To: to, Reason: why})
}

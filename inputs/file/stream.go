package file

import (
	"hash"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// unknownSize stands for the size of a compressed stream before its end was
// seen.
const unknownSize = math.MaxInt64 / 2

// stream is one sequence of lines, whatever file carries it. It is the
// inputs.Blocks of its places.
type stream struct {
	in   *Input
	id   uint64
	slot int // its turn among the input's streams
	head head

	// after is the stream of the log's generation before this one: a reader
	// takes what is left there first, so that lines go out in the order in
	// which they were written.
	after atomic.Pointer[stream]

	mu       sync.Mutex
	gen      *generation // the file that carries it now; nil: none
	path     string
	source   *inputs.Source // of the file at sourceOf
	sourceOf string
	size     int64 // bytes known to be there
	dryAt    int64 // no whole line is there from here on, as long as
	drySize  int64 // the size is not above this; -1: not known
	final    bool  // nothing will be added, so what has no line end is a line too
	rotated  bool  // not under its first name any more
	tornAt   int64 // end of a last line that had no line end; 0: none
	nulTo    int64 // holes before this offset are declared, or nothing lost
	broken   bool  // compressed and damaged: declared
	suspect  trouble
	halves   map[int64]*half // by the offset of their line

	// Background's, under Input.mu.
	rec    checkpoint.Stream
	placed bool        // it has its place among the streams of its log
	gone   time.Time   // since when it has no file; zero: it has one
	from   *generation // the file that has just stopped carrying it, while a copy is looked for
}

// trouble is why a stream cannot be read on before Background has looked at it.
type trouble uint8

const (
	fine      trouble = iota
	changed           // the file does not hold this stream any more
	misplaced         // no line begins at the offset
	shut              // the file could not be opened or read
)

// half is how far a line that is longer than a block has been looked through.
type half struct {
	mu      sync.Mutex
	scanned int64 // no line end before this offset
	sum     hash.Hash
	hashed  int64 // offset up to which sum goes; sum is nil up to max_line
}

// wants says that a reader at offset off may find a line.
func (s *stream) wants(off int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gen == nil || s.suspect != fine || off >= s.size || off == s.dryAt && s.size <= s.drySize {
		return false
	}
	return !s.unzipped(off)
}

// unzipped says that off is the end of a compressed stream, as far as its last
// bytes tell. Under mu.
func (s *stream) unzipped(off int64) bool {
	return s.gen.zip != nil && s.size == unknownSize && off > 0 && uint32(off) == s.gen.zip.length
}

// zipped says that reading it means uncompressing.
func (s *stream) zipped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gen != nil && s.gen.zip != nil
}

// lineSource is the source of the stream's lines. Under mu.
func (s *stream) lineSource() *inputs.Source {
	if s.source == nil || s.sourceOf != s.path {
		s.source, s.sourceOf = s.in.env.Source.At(s.path), s.path
		if s.source.Stray {
			s.in.env.Log.Warn("path_fields.pattern does not match this file, so none of its lines is an event: widen the pattern, or take the file out of paths",
				"input", s.source.Input, "file", s.path)
		}
	}
	return s.source
}

// behind is how many bytes are known to be there after off.
func (s *stream) behind(off int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := s.size
	if size == unknownSize {
		size = 0
		if s.gen != nil && s.gen.zip != nil {
			size = int64(s.gen.zip.length)
		}
	}
	if s.gen == nil {
		return 0
	}
	return max(0, size-off)
}

// dry notes that there is no whole line at off while the size is size.
// Under mu.
func (s *stream) dry(off, size int64) {
	s.size = max(s.size, size)
	s.dryAt, s.drySize = off, size
}

// distrust stops reading until Background has looked.
func (s *stream) distrust(g *generation, t trouble) {
	s.mu.Lock()
	first := s.gen == g && s.suspect == fine
	if first {
		s.suspect = t
	}
	s.mu.Unlock()
	if first {
		s.in.raise(s)
	}
}

// mostHalves bounds the long lines that one stream remembers: readers beyond
// that many look through theirs again.
const mostHalves = 16

// halfAt is what is known of the long line that begins at off; nil: nothing.
func (s *stream) halfAt(off int64) *half {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.halves[off]
}

// beginHalf notes that the line at off has no end before scanned.
func (s *stream) beginHalf(off, scanned int64) *half {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.halves[off]; h != nil {
		return h
	}
	if s.halves == nil || len(s.halves) >= mostHalves {
		s.halves = map[int64]*half{}
	}
	h := &half{scanned: scanned}
	s.halves[off] = h
	return h
}

func (s *stream) endHalf(off int64) {
	s.mu.Lock()
	delete(s.halves, off)
	s.mu.Unlock()
}

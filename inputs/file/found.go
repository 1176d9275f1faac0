package file

import (
	"bytes"
	"context"
	"path/filepath"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// found gives new files their streams. Where the disk of the state folder is full
// they wait, held open, until there is room; who has a stream goes on meanwhile.
// In once mode, which waits for nothing, that is an error.
func (in *Input) found(fresh []*generation, heads []head) error {
	if len(fresh) == 0 {
		return nil
	}
	recs := make([]checkpoint.Stream, len(fresh))
	for i, g := range fresh {
		if in.atEnd {
			g.passed = in.endOf(g)
		}
		recs[i] = checkpoint.Stream{Identity: heads[i].identity(g.inode), Path: g.path}
		switch {
		case g.passed > 0 && (g.zip != nil || g.passed <= g.size):
			recs[i].Start = g.passed
		case g.heir || in.explains(heads[i].hole, g.path):
			recs[i].Start = heads[i].hole
		}
	}
	now := time.Now()
	if now.Sub(in.noRoom) < in.tune.scan {
		in.later(fresh, heads)
		return nil
	}
	added, err := in.tune.add(in.env.Store, recs...)
	if checkpoint.Full(err) && !in.env.Once {
		if in.noRoom.IsZero() {
			in.env.Log.Error("new files wait until there is room in the state folder, others go on",
				"input", in.env.Source.Input, "error", err)
		}
		in.noRoom = now
		in.later(fresh, heads)
		return nil
	}
	if err != nil {
		return err
	}
	if !in.noRoom.IsZero() {
		in.env.Log.Info("over: new files wait until there is room in the state folder", "input", in.env.Source.Input)
		in.noRoom = time.Time{}
	}
	for i, st := range added {
		s := in.admit(st)
		s.nulTo = st.Start
		in.attach(s, fresh[i], heads[i])
		in.follow(s)
	}
	return nil
}

// later has the next scan find files anew that wait for room.
func (in *Input) later(fresh []*generation, heads []head) {
	for i, g := range fresh {
		g.waits = heads[i]
		in.retry(g)
	}
}

// waited ends the waiting of a file that begins with h now.
func (in *Input) waited(g *generation, h head) {
	if was := g.waits; was.text != nil && (h.hole != was.hole || !bytes.HasPrefix(h.text, was.text)) {
		in.wasted(g, "the file was written anew")
	}
	g.waits = head{}
}

// wasted declares that what a file held while it waited may be lost, but for what
// would have been passed over. Nothing of what it holds now was there at the start.
func (in *Input) wasted(g *generation, why string) {
	from := g.passed
	g.passed = 0
	if from == unknownSize {
		return
	}
	in.env.Gap(inputs.Gap{Input: in.env.Source.Input, Path: g.path, From: from, To: -1, Reason: why})
}

// explains says that a hole at a file's beginning is as long as a stream
// beside it: a writer that does not append left it when the file was cut.
func (in *Input) explains(hole int64, path string) bool {
	if hole == 0 {
		return false
	}
	for _, s := range in.streams {
		s.mu.Lock()
		same := s.size == hole && filepath.Dir(s.path) == filepath.Dir(path)
		s.mu.Unlock()
		if same {
			return true
		}
	}
	return false
}

// endOf is where the last whole line of a file ends.
func (in *Input) endOf(g *generation) int64 {
	if g.zip != nil {
		return unknownSize
	}
	if g.acquire() != nil {
		return 0
	}
	defer g.release()
	buf := make([]byte, 64<<10)
	for end := g.size; end > 0; {
		from := max(0, end-int64(len(buf)))
		n, err := g.readAt(context.Background(), buf[:end-from], from)
		if err != nil && !ended(err) {
			return 0
		}
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			return from + int64(i) + 1
		}
		end = from
	}
	return 0
}

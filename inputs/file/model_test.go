package file

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// model is a folder, what was written into its files, and what the readers
// owe. Nothing runs beside it: it has the Input look and the readers read when
// it wants.
type model struct {
	t     testing.TB
	p     *pen
	log   []string
	state string
	cfg   Config
	tune  tuning

	files map[string][]*entry // by name, oldest line first
	half  string              // of the live file, not ended
	lines map[string]*entry

	store   *checkpoint.Store
	in      *Input
	readers []inputs.Reader
	gaps    []inputs.Gap
	date    int
	first   bool // nothing was looked at since the start
	full    bool // the state folder's disk, for new streams
}

// entry is one line.
type entry struct {
	text    string
	off     int64
	holders int // files in the folder that have it
	looked  bool
	excused bool // nobody can have seen it, or nobody can know it
	unasked bool // in a file that the first start does not read
	must    bool // the reader had it open when its last file went
	streams map[uint64]bool
	mates   []*entry // lines of the same file, from the first
	got     [2]int
}

const readers = 2

var actions = []struct {
	name   string
	weight int
	do     func(*model, *rand.Rand)
}{
	{"append", 10, func(m *model, r *rand.Rand) { m.append(1 + r.IntN(4)) }},
	{"half", 3, func(m *model, r *rand.Rand) { m.halfLine() }},
	{"look", 6, func(m *model, r *rand.Rand) { m.look() }},
	{"read", 6, func(m *model, r *rand.Rand) { m.read(0, 1<<30) }},
	{"read other", 2, func(m *model, r *rand.Rand) { m.read(1, 1+r.IntN(3)) }},
	{"rename", 3, func(m *model, r *rand.Rand) { m.rename() }},
	{"rename by date", 1, func(m *model, r *rand.Rand) { m.renameByDate() }},
	{"copytruncate", 2, func(m *model, r *rand.Rand) { m.copytruncate() }},
	{"truncate", 1, func(m *model, r *rand.Rand) { m.truncate() }},
	{"delete", 1, func(m *model, r *rand.Rand) { m.remove("events.log") }},
	{"delete oldest", 1, func(m *model, r *rand.Rand) { m.remove(m.oldest(false)) }},
	{"gzip", 2, func(m *model, r *rand.Rand) { m.gzip(m.oldest(true)) }},
	{"replace", 1, func(m *model, r *rand.Rand) { m.replace() }},
	{"full disk", 1, func(m *model, r *rand.Rand) { m.full = !m.full }},
	{"restart", 2, func(m *model, r *rand.Rand) { m.stop(); m.start() }},
}

func newModel(t testing.TB, r *rand.Rand) *model {
	root := quickDir(t)
	m := &model{t: t, p: &pen{t: t, dir: filepath.Join(root, "log")}, state: filepath.Join(root, "state"), files: map[string][]*entry{}, lines: map[string]*entry{}}
	m.p.check(os.Mkdir(m.p.dir, 0o755))
	m.cfg.Paths = []string{m.p.path([]string{"events.log*", "events.log"}[r.IntN(2)])}
	m.tune = usual()
	m.tune.watch, m.tune.quiet, m.tune.scan = false, 0, 0
	m.tune.add = func(s *checkpoint.Store, files ...checkpoint.Stream) ([]checkpoint.Stream, error) {
		if m.full {
			return nil, syscall.ENOSPC
		}
		return s.Add(files...)
	}
	m.tune.idle = []time.Duration{0, time.Hour}[r.IntN(2)]
	m.start()
	m.look()
	return m
}

func (m *model) start() {
	store, err := checkpoint.Open(m.state)
	m.p.check(err)
	m.store = store
	in, err := m.cfg.open(inputs.Env{
		Source: &inputs.Source{Input: "model"},
		Store:  store,
		Log:    slog.New(slog.DiscardHandler),
		Gap:    func(g inputs.Gap) { m.gaps = append(m.gaps, g) },
	}, m.tune)
	m.p.check(err)
	m.in, m.readers, m.first = in, nil, true
	for i := range readers {
		c, err := store.Cursor(fmt.Sprint(i))
		m.p.check(err)
		rd, err := in.Open(inputs.Resume{Cursor: c})
		m.p.check(err)
		m.readers = append(m.readers, rd)
	}
}

// stop closes everything; files without a name are gone then.
func (m *model) stop() {
	for i := range readers {
		c, err := m.store.Cursor(fmt.Sprint(i))
		m.p.check(err)
		c.Seal(nil)
	}
	m.p.check(m.in.Close())
	m.p.check(m.store.Close())
	for _, e := range m.lines {
		if e.holders == 0 {
			e.excused, e.must = true, false
		}
		e.looked = false
	}
}

func (m *model) look() {
	m.in.mu.Lock()
	if m.first && !strings.HasSuffix(m.cfg.Paths[0], "*") && len(m.in.streams) == 0 {
		for name, list := range m.files { // a first start does not ask for what no glob matches
			for _, e := range list {
				e.unasked = name != "events.log"
			}
		}
	}
	m.first = false
	now := time.Now()
	m.p.check(m.in.attend())
	m.p.check(m.in.tick(now))
	m.p.check(m.in.scan(nil))
	m.in.sweep(now)
	m.p.check(m.in.settle())
	m.in.mu.Unlock()
	for _, list := range m.files {
		for _, e := range list {
			e.looked = true
		}
	}
}

// read has a reader read so many blocks.
func (m *model) read(i, blocks int) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var b inputs.Block
	for n := 0; blocks > 0; n++ {
		if n > 10_000 {
			m.t.Fatal("a reader does not come to an end")
		}
		p, err := m.readers[i].Next(ctx)
		if errors.Is(err, context.Canceled) {
			return
		}
		m.p.check(err)
		b.Reset()
		err = p.From.Read(context.Background(), p.At, &b)
		if errors.Is(err, inputs.ErrNothing) || errors.Is(err, inputs.ErrGone) {
			continue
		}
		m.p.check(err)
		blocks--
		for _, l := range b.Lines {
			e := m.lines[string(l.Raw)]
			if e == nil {
				m.t.Errorf("reader %d: %q at %+v was never written", i, l.Raw, l.At)
				continue
			}
			e.got[i]++
			for _, mate := range e.mates {
				mate.streams[l.At.Stream] = true
			}
		}
		to := checkpoint.Position{Stream: p.At.Stream, Offset: b.End}
		m.readers[i].Advance(to)
		m.p.check(m.readers[i].Commit(ctx, to))
	}
}

func (m *model) open() *os.File {
	f, err := os.OpenFile(m.p.path("events.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	m.p.check(err)
	return f
}

func (m *model) put(text string) {
	f := m.open()
	_, err := f.WriteString(text)
	m.p.check(err)
	m.p.check(f.Close())
	if m.files["events.log"] == nil {
		m.files["events.log"] = []*entry{}
	}
}

func (m *model) next() string {
	m.p.n++
	return fmt.Sprintf("line %d %s.", m.p.n, strings.Repeat("x", m.p.n*37%300))
}

func (m *model) append(n int) {
	for range n {
		text := m.half + "end" + m.next()
		m.put(text[len(m.half):] + "\n")
		m.half = ""
		m.wrote(text)
	}
}

func (m *model) halfLine() {
	text := m.next()
	m.put(text)
	m.half += text
}

// wrote notes a line at the end of the live file.
func (m *model) wrote(text string) {
	list := m.files["events.log"]
	e := &entry{text: text, holders: 1, streams: map[uint64]bool{}}
	if len(list) > 0 {
		last := list[len(list)-1]
		e.off = last.off + int64(len(last.text)) + 1
		e.mates, e.streams = append(slices.Clone(last.mates), e), last.streams
	} else {
		e.mates = []*entry{e}
	}
	m.files["events.log"] = append(list, e)
	m.lines[text] = e
}

// rest makes a line of the half line of a file that is not written to any more.
func (m *model) rest() {
	if m.half != "" {
		m.wrote(m.half)
		m.half = ""
	}
}

func (m *model) has(name string) bool { return m.files[name] != nil }

// move renames a file, over another one where there is one.
func (m *model) move(from, to string) {
	m.p.mv(from, to)
	m.dropped(to)
	m.files[to] = m.files[from]
	delete(m.files, from)
}

func (m *model) chain() {
	for i := 20; i >= 1; i-- {
		for _, ext := range []string{"", ".gz"} {
			if from := fmt.Sprintf("events.log.%d%s", i, ext); m.has(from) {
				m.move(from, fmt.Sprintf("events.log.%d%s", i+1, ext))
			}
		}
	}
}

func (m *model) rename() {
	if !m.has("events.log") {
		return
	}
	m.rest()
	m.chain()
	m.move("events.log", "events.log.1")
}

func (m *model) renameByDate() {
	if !m.has("events.log") {
		return
	}
	m.rest()
	m.date++
	m.move("events.log", fmt.Sprintf("events.log.2026-11-22_%02d", m.date))
}

func (m *model) copytruncate() {
	if !m.has("events.log") {
		return
	}
	m.rest()
	m.chain()
	m.p.copy("events.log", "events.log.1")
	m.p.check(os.Truncate(m.p.path("events.log"), 0))
	for _, e := range m.files["events.log"] {
		e.looked = false // the copy is not
	}
	m.files["events.log.1"], m.files["events.log"] = m.files["events.log"], []*entry{}
}

func (m *model) truncate() {
	if !m.has("events.log") {
		return
	}
	m.rest()
	m.p.check(os.Truncate(m.p.path("events.log"), 0))
	for _, e := range m.files["events.log"] {
		e.holders--
		e.excused = !e.looked
	}
	m.files["events.log"] = []*entry{}
}

// oldest is the generation that was rotated first.
func (m *model) oldest(plain bool) string {
	var names []string
	for name := range m.files {
		if name != "events.log" && (!plain || !strings.HasSuffix(name, ".gz")) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return ""
	}
	return names[len(names)-1]
}

func (m *model) remove(name string) {
	if !m.has(name) {
		return
	}
	if name == "events.log" {
		m.rest()
	}
	m.p.rm(name)
	m.dropped(name)
}

// dropped notes that a file has no name any more.
func (m *model) dropped(name string) {
	for _, e := range m.files[name] {
		e.holders--
		e.must = e.looked
		e.excused = !e.looked
	}
	delete(m.files, name)
}

func (m *model) gzip(name string) {
	if name == "" || len(m.files[name]) == 0 {
		return
	}
	m.p.zip(name)
	m.files[name+".gz"] = m.files[name]
	delete(m.files, name)
}

func (m *model) replace() {
	if !m.has("events.log") {
		return
	}
	m.rest()
	text := m.next()
	m.p.check(os.WriteFile(m.p.path(".new"), []byte(text+"\n"), 0o644))
	m.p.mv(".new", "events.log")
	m.dropped("events.log")
	m.files["events.log"] = []*entry{}
	m.wrote(text)
}

// verify catches up and compares. There is a live file at the end: without one
// nothing shows that the newest generation, first seen now, is not live.
func (m *model) verify() {
	m.append(1)
	m.full = false
	for range 6 {
		m.look()
		for i := range readers {
			m.read(i, 1<<30)
		}
	}
	for _, e := range m.lines {
		for i, n := range e.got {
			if n == 1 || n == 0 && (e.excused || e.unasked || m.declared(e) && !(e.holders > 0 || e.must)) {
				continue
			}
			m.t.Errorf("reader %d got %.30q at %d %d times; files %d, must %v, looked %v", i, e.text, e.off, n, e.holders, e.must, e.looked)
		}
	}
}

func (m *model) declared(e *entry) bool {
	for _, g := range m.gaps {
		if g.From <= e.off && (g.To < 0 || e.off < g.To) && (e.streams[g.Stream] || len(e.streams) == 0) {
			return true
		}
	}
	return false
}

// play takes actions from r.
func (m *model) play(n int, r *rand.Rand) {
	total := 0
	for _, a := range actions {
		total += a.weight
	}
	for range n {
		k := r.IntN(total)
		for _, a := range actions {
			if k -= a.weight; k < 0 {
				had := m.p.n
				a.do(m, r)
				m.log = append(m.log, a.name)
				if m.p.n > had {
					m.log[len(m.log)-1] += fmt.Sprintf(" (%d to %d)", had+1, m.p.n)
				}
				break
			}
		}
	}
	m.verify()
	m.p.check(m.in.Close())
	m.p.check(m.store.Close())
	if m.t.Failed() {
		m.t.Logf("%v: %s\ngaps: %+v", m.cfg.Paths, strings.Join(m.log, ", "), m.gaps)
	}
}

func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		if !t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			newModel(t, r).play(10+r.IntN(50), r)
		}) {
			break
		}
	}
}

func FuzzModel(f *testing.F) {
	f.Add([]byte("0123456789"))
	f.Fuzz(func(t *testing.T, choices []byte) {
		r := rand.New(&bytesSource{choices, rand.NewPCG(1, 1)})
		newModel(t, r).play(min(len(choices)/8+1, 100), r)
	})
}

// bytesSource makes choices of bytes, so the fuzzer can change one at a time.
type bytesSource struct {
	rest []byte
	then rand.Source
}

func (s *bytesSource) Uint64() (n uint64) {
	if len(s.rest) == 0 {
		return s.then.Uint64()
	}
	for i := range 8 {
		if len(s.rest) > 0 {
			n |= uint64(s.rest[0]) << (56 - 8*i)
			s.rest = s.rest[1:]
		}
	}
	return n
}

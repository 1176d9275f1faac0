package file

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pen is a writer that does not pause: it writes numbered lines, one call of
// write each, and goes on right away after a rotation.
type pen struct {
	t     testing.TB
	dir   string
	f     *os.File
	n     int
	gen   int
	off   int64
	lines []mark // by number
}

// mark is where a line was written: in the how manyth file, and at which
// offset.
type mark struct {
	gen int
	off int64
}

func lineOf(n int) string {
	return fmt.Sprintf("line %08d %s end", n, strings.Repeat("abcdefghij", n%17))
}

func (p *pen) path(name string) string { return filepath.Join(p.dir, name) }

func (p *pen) check(err error) {
	if err != nil {
		p.t.Error(err)
	}
}

// open begins a new file, or the file again after it was cut.
func (p *pen) open(flags int) {
	f, err := os.OpenFile(p.path("events.log"), os.O_WRONLY|os.O_CREATE|flags, 0o644)
	p.check(err)
	p.f = f
	p.next()
}

func (p *pen) next() {
	p.gen++
	p.off = 0
}

func (p *pen) close() { p.check(p.f.Close()) }

// write goes on for a while, with 10 lines a millisecond, as a busy server
// does. It counts its own steps: when the machine stands still for a moment,
// reader and writer both do.
func (p *pen) write(d time.Duration) {
	for step := time.Duration(0); step <= d; step += time.Millisecond {
		for range 10 {
			text := lineOf(p.n) + "\n"
			p.lines = append(p.lines, mark{p.gen, p.off})
			_, err := p.f.WriteString(text)
			p.check(err)
			p.off += int64(len(text))
			p.n++
		}
		if step < d {
			pause(time.Millisecond)
		}
	}
}

// half writes a line without its end.
func (p *pen) half() {
	p.lines = append(p.lines, mark{p.gen, p.off})
	_, err := p.f.WriteString(lineOf(p.n))
	p.check(err)
	p.off += int64(len(lineOf(p.n)))
	p.n++
}

func (p *pen) mv(from, to string) { p.check(os.Rename(p.path(from), p.path(to))) }

func (p *pen) rm(name string) { p.check(os.Remove(p.path(name))) }

func (p *pen) copy(from, to string) {
	in, err := os.Open(p.path(from))
	p.check(err)
	out, err := os.Create(p.path(to))
	p.check(err)
	_, err = io.Copy(out, in)
	p.check(err)
	p.check(in.Close())
	p.check(out.Close())
}

func (p *pen) zip(name string) {
	in, err := os.Open(p.path(name))
	p.check(err)
	out, err := os.Create(p.path(name + ".gz"))
	p.check(err)
	w := gzip.NewWriter(out)
	_, err = io.Copy(w, in)
	p.check(err)
	p.check(w.Close())
	i, err := in.Stat()
	p.check(err)
	p.check(in.Close())
	p.check(out.Close())
	p.check(os.Chtimes(p.path(name+".gz"), i.ModTime(), i.ModTime()))
	p.rm(name)
}

// chain renames events.log.1 to .2 and so on, and drops what is beyond keep.
func (p *pen) chain(keep int, ext string) {
	for i := keep; i >= 1; i-- {
		from := fmt.Sprintf("events.log.%d%s", i, ext)
		if _, err := os.Stat(p.path(from)); err != nil {
			continue
		}
		if i == keep {
			p.rm(from)
		} else {
			p.mv(from, fmt.Sprintf("events.log.%d%s", i+1, ext))
		}
	}
}

// scheme is one way to rotate. round is everything between two rotations and
// the rotation; the file is open before the first and after the last.
type scheme struct {
	name  string
	glob  string // default events.log*
	flags int
	round func(p *pen, i int)
	// destroys says that lines are gone by the scheme itself, whoever reads.
	destroys bool
}

const (
	brief = 12 * time.Millisecond
	while = 50 * time.Millisecond
	// long is how long a file lives that nobody can find once it has gone: the
	// reader must have opened it by then, on a machine with other things to do.
	long = 120 * time.Millisecond
)

var schemes = []scheme{
	{name: "rename", round: func(p *pen, i int) {
		p.write(brief)
		p.mv("events.log", fmt.Sprintf("events.log.%d", i))
		p.close()
		p.open(os.O_APPEND)
	}},
	{name: "rename, writer keeps the old file", round: func(p *pen, i int) {
		p.write(brief)
		p.mv("events.log", fmt.Sprintf("events.log.%d", i))
		p.check(os.WriteFile(p.path("events.log"), nil, 0o644))
		p.write(30 * time.Millisecond)
		p.close()
		p.open(os.O_APPEND)
	}},
	{name: "chain, the oldest deleted", round: func(p *pen, i int) {
		p.write(while)
		p.close()
		p.chain(3, "")
		p.mv("events.log", "events.log.1")
		p.open(os.O_APPEND)
	}},
	{name: "chain, only the live file named", glob: "events.log", round: func(p *pen, i int) {
		p.write(while)
		p.close()
		p.chain(3, "")
		p.mv("events.log", "events.log.1")
		p.open(os.O_APPEND)
	}},
	{name: "rename, last line without its end", round: func(p *pen, i int) {
		p.write(brief)
		p.half()
		p.mv("events.log", fmt.Sprintf("events.log.%d", i))
		p.close()
		p.open(os.O_APPEND)
	}},
	{name: "timed, dates in the names", round: func(p *pen, i int) {
		p.write(brief)
		p.close()
		p.mv("events.log", fmt.Sprintf("events.log.2026-11-22_10-%02d-%02d", i/60, i%60))
		p.open(os.O_APPEND)
	}},
	{name: "watched, made anew later", round: func(p *pen, i int) {
		p.write(brief)
		p.mv("events.log", fmt.Sprintf("events.log-%d", 20261122+i))
		p.write(brief)
		p.close()
		pause(brief)
		p.open(os.O_APPEND)
	}},
	{name: "several rotations at once", glob: "events.log", round: func(p *pen, i int) {
		p.write(brief)
		for k := range 3 {
			p.mv("events.log", fmt.Sprintf("events.log.%d", 3*i+k))
			p.close()
			p.open(os.O_APPEND)
			p.write(0)
		}
	}},
	{name: "copytruncate", flags: os.O_APPEND, round: func(p *pen, i int) {
		p.write(brief)
		p.chain(50, "")
		p.copy("events.log", "events.log.1")
		p.check(os.Truncate(p.path("events.log"), 0))
		p.next()
	}},
	{name: "copytruncate, writer does not append", round: func(p *pen, i int) {
		p.write(brief)
		p.chain(50, "")
		p.copy("events.log", "events.log.1")
		p.check(os.Truncate(p.path("events.log"), 0))
		p.gen++
	}},
	{name: "copytruncate, compressed", flags: os.O_APPEND, round: func(p *pen, i int) {
		p.write(while)
		p.chain(3, ".gz")
		p.copy("events.log", "events.log.1")
		p.check(os.Truncate(p.path("events.log"), 0))
		p.next()
		p.zip("events.log.1")
	}},
	{name: "truncated and written on", flags: os.O_APPEND, destroys: true, round: func(p *pen, i int) {
		p.write(brief)
		p.check(os.Truncate(p.path("events.log"), 0))
		p.next()
		p.write(2 * brief) // beyond the old size, often
	}},
	{name: "deleted and made anew", round: func(p *pen, i int) {
		p.write(long)
		p.rm("events.log")
		p.write(brief)
		p.close()
		p.open(os.O_APPEND)
	}},
	{name: "replaced by another", round: func(p *pen, i int) {
		p.write(long)
		old := p.f
		f, err := os.OpenFile(p.path(".next"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		p.check(err)
		p.f = f
		p.next()
		p.write(0)
		p.mv(".next", "events.log")
		p.check(old.Close())
	}},
	{name: "rename and compress", round: func(p *pen, i int) {
		p.write(brief)
		p.chain(50, ".gz")
		p.mv("events.log", "events.log.1")
		p.close()
		p.open(os.O_APPEND)
		p.zip("events.log.1")
	}},
	{name: "into another folder", round: func(p *pen, i int) {
		p.write(long)
		p.check(os.MkdirAll(p.path("old"), 0o755))
		p.mv("events.log", fmt.Sprintf("old/events.log.%d", i))
		p.write(brief)
		p.close()
		p.open(os.O_APPEND)
	}},
}

// play writes by a scheme, with so many rotations.
func (p *pen) play(s scheme, rotations int) {
	p.open(s.flags)
	for i := range rotations {
		s.round(p, i+1)
	}
	p.write(brief)
}

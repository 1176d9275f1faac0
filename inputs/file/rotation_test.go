package file

import (
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"jupyter-events-agent/inputs"
)

// tally is what became of the lines of a pen.
type tally struct {
	written, lost, doubled, torn int
	silent                       int // lost and not declared, though something of their file was seen
	unseen                       int // of files of which nothing was seen
}

func (t tally) String() string {
	return fmt.Sprintf("%7d %6d %8d %5d %8d %7d", t.written, t.lost, t.doubled, t.torn, t.silent, t.unseen)
}

// count compares what one output got with what was written.
func count(p *pen, lines []got, gaps []inputs.Gap) tally {
	number := make(map[string]int, p.n)
	for n := range p.n {
		number[lineOf(n)] = n
	}
	seen := make([]int, p.n)
	streams := map[int]map[uint64]bool{}
	t := tally{written: p.n}
	for _, l := range lines {
		n, ok := number[l.text]
		if !ok {
			t.torn++
			continue
		}
		seen[n]++
		if seen[n] > 1 {
			t.doubled++
		}
		g := p.lines[n].gen
		if streams[g] == nil {
			streams[g] = map[uint64]bool{}
		}
		streams[g][l.at.Stream] = true
	}
	for n, k := range seen {
		if k > 0 {
			continue
		}
		t.lost++
		m := p.lines[n]
		declared := false
		for _, g := range gaps {
			declared = declared || streams[m.gen][g.Stream] && g.From <= m.off && (g.To < 0 || m.off < g.To)
		}
		for before := m.gen - 1; streams[m.gen] == nil && before > 0; before-- {
			if streams[before] != nil { // what was lost from there on, with no end known
				for _, g := range gaps {
					declared = declared || streams[before][g.Stream] && g.To < 0
				}
				break
			}
		}
		switch {
		case declared:
		case streams[m.gen] == nil:
			t.unseen++
		default:
			t.silent++
		}
	}
	return t
}

// done says that an output has got the last line and as many as will come.
func (b *bench) finish(p *pen) {
	last := lineOf(p.n - 1)
	await(b.t, "the last line", func() bool {
		lines := b.lines(0)
		for i := len(lines) - 1; i >= 0 && i > len(lines)-5000; i-- {
			if lines[i] == last {
				return true
			}
		}
		return false
	})
	for had := -1; had != len(b.lines(0)); {
		had = len(b.lines(0))
		pause(2*b.tune.quiet + 2*b.tune.scan)
	}
}

func rotate(t *testing.T, s scheme, watch bool, rotations int) tally {
	glob := s.glob
	if glob == "" {
		glob = "events.log*"
	}
	b := newBench(t, glob)
	b.tune.watch = watch
	b.level = slog.LevelError
	p := &pen{t: t, dir: b.dir}
	b.start(1)
	b.write("events.log", "")
	p.play(s, rotations)
	p.close()
	b.finish(p)
	b.stop()
	return count(p, b.outputs["out0"].lines, b.declared())
}

// each runs all schemes at once: they mostly wait.
func each(t *testing.T, run func(*testing.T, scheme)) {
	var wg sync.WaitGroup
	for _, s := range schemes {
		wg.Go(func() { t.Run(s.name, func(t *testing.T) { run(t, s) }) })
	}
	wg.Wait()
}

// The table of the design: no line is lost, doubled or torn by any scheme
// where folders can be watched, and what a scheme itself destroys is declared.
func TestRotation(t *testing.T) {
	t.Logf("%-40s %7s %6s %8s %5s %8s %7s", "scheme", "written", "lost", "doubled", "torn", "silently", "unseen")
	each(t, func(t *testing.T, s scheme) {
		got := rotate(t, s, true, 40)
		t.Logf("%-40s %v", s.name, got)
		if got.doubled+got.torn+got.silent+got.unseen > 0 || got.lost > 0 && !s.destroys {
			t.Error("not every line came once")
		}
	})
}

// By listing alone some files come and go between two looks; what is known to
// be lost is declared, and nothing is torn or doubled.
func TestRotationPolling(t *testing.T) {
	each(t, func(t *testing.T, s scheme) {
		got := rotate(t, s, false, 40)
		t.Logf("%-40s %v", s.name, got)
		if got.doubled+got.torn+got.silent > 0 {
			t.Error("lines were doubled, torn or lost without a word")
		}
	})
}

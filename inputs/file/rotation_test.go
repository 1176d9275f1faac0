package file

import (
	"cmp"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nxadm/tail"

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
	b := newBench(t, cmp.Or(s.glob, "events.log*"))
	b.tune.watch, b.tune.quiet = watch, time.Second
	b.level = slog.LevelError
	p := &pen{t: t, dir: b.dir}
	b.write("events.log", "")
	b.start(1)
	<-b.run.in.first
	p.play(s, rotations)
	p.close()
	b.finish(p)
	b.stop()
	return count(p, b.outputs["out0"].lines, b.declared())
}

// each runs so many schemes at once: they mostly wait.
func each(t *testing.T, atOnce int, run func(*testing.T, scheme)) {
	var wg sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for _, s := range schemes {
		wg.Go(func() {
			turns <- struct{}{}
			t.Run(s.name, func(t *testing.T) { run(t, s) })
			<-turns
		})
	}
	wg.Wait()
}

// The table of the design: no line is lost, doubled or torn by any scheme
// where folders can be watched, and what a scheme itself destroys is declared.
func TestRotation(t *testing.T) {
	t.Logf("%-40s %7s %6s %8s %5s %8s %7s", "scheme", "written", "lost", "doubled", "torn", "silently", "unseen")
	each(t, len(schemes), func(t *testing.T, s scheme) {
		got := rotate(t, s, true, 40)
		t.Logf("%-40s %v", s.name, got)
		if got.doubled+got.torn+got.silent > 0 || got.lost > 0 && !s.destroys {
			t.Error("not every line came once")
		}
	})
}

// By listing alone some files come and go between two looks; what is known to
// be lost is declared, and nothing is torn or doubled.
func TestRotationPolling(t *testing.T) {
	each(t, len(schemes), func(t *testing.T, s scheme) {
		got := rotate(t, s, false, 40)
		t.Logf("%-40s %v", s.name, got)
		if got.doubled+got.torn+got.silent > 0 {
			t.Error("lines were doubled, torn or lost without a word")
		}
	})
}

// TestRotationComparison has github.com/nxadm/tail, which the data path could
// have used, follow the same files: docs/adr/0001-own-reader.md. Its numbers
// are printed, not judged.
func TestRotationComparison(t *testing.T) {
	var mu sync.Mutex
	rows := map[string][2]tally{}
	each(t, 8, func(t *testing.T, s scheme) {
		b := newBench(t, cmp.Or(s.glob, "events.log*"))
		b.level, b.tune.quiet = slog.LevelError, time.Second
		p := &pen{t: t, dir: b.dir}
		b.write("events.log", "")
		tailed, err := tail.TailFile(b.path("events.log"), tail.Config{Follow: true, ReOpen: true, Logger: tail.DiscardingLogger})
		if err != nil {
			t.Fatal(err)
		}
		var theirs []got
		var wg sync.WaitGroup
		stop := make(chan struct{})
		wg.Go(func() {
			for {
				select {
				case l := <-tailed.Lines:
					if l != nil {
						theirs = append(theirs, got{text: l.Text})
					}
				case <-stop:
					return
				}
			}
		})
		b.start(1)
		<-b.run.in.first
		p.play(s, 40)
		p.close()
		b.finish(p)
		b.stop()
		close(stop)
		wg.Wait()
		tailed.Kill(nil)
		ours := count(p, b.outputs["out0"].lines, b.declared())
		mu.Lock()
		rows[s.name] = [2]tally{ours, count(p, theirs, nil)}
		mu.Unlock()
		if ours.doubled+ours.torn+ours.silent > 0 || ours.lost > 0 && !s.destroys {
			t.Errorf("ours: %+v", ours)
		}
	})
	t.Logf("%-38s %8s   %-26s %s", "", "", "this reader", "nxadm/tail")
	t.Logf("%-38s %8s   %6s %8s %6s      %6s %8s %6s", "scheme", "written", "lost", "doubled", "torn", "lost", "doubled", "torn")
	for _, s := range schemes {
		r := rows[s.name]
		t.Logf("%-38s %8d   %6d %8d %6d      %6d %8d %6d", s.name, r[0].written, r[0].lost, r[0].doubled, r[0].torn, r[1].lost, r[1].doubled, r[1].torn)
	}
}

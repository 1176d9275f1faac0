// Package corpus makes event logs as Jupyter's programs write them, for tests,
// benchmarks and the demo.
//
// In comes a seed; out come lines of NDJSON in the form of Python's
// json.dumps, of four schemas in a fixed mix, and beside each, where it is
// its turn, a bad line labelled with its fault. The same seed gives the same
// bytes. The package writes where it is told to and touches nothing else.
package corpus

import (
	"math/rand/v2"
	"time"
)

// The families of lines, by schema; Odd are file operations on paths that are
// hard to carry: other scripts, emoji, control characters, very long ones.
const (
	Contents  = "contents_service"
	Odd       = "contents_service_odd"
	Kernel    = "kernel_actions"
	Server    = "server-action"
	Telemetry = "notebook-telemetry"
)

// Options are what a corpus depends on. Zero values mean the defaults.
type Options struct {
	Seed  uint64        // default 20250301
	Bad   float64       // share of lines that have a bad twin, 0 to 1
	Start time.Time     // time of the first event; default 2025-03-01 06:00 UTC
	Gap   time.Duration // mean time between two events; default 40 ms
}

// Line is one line of the corpus. Its bytes are without line end and valid
// until the next call.
type Line struct {
	Number int       // from 1
	Family string    // one of the families above
	At     time.Time // the event's time, whole microseconds
	Good   []byte    // a valid event
	Fault  Fault     // empty where the line has no bad twin
	Bad    []byte    // what stands in the dirty corpus; Good where Fault is empty
}

// Generator makes one corpus, line after line. For one goroutine.
type Generator struct {
	opt    Options
	rnd    *rand.Rand
	world  world
	event  event
	number int
	micros int64 // since Options.Start
	good   []byte
	bad    []byte
}

// New makes the generator of a corpus.
func New(o Options) *Generator {
	if o.Seed == 0 {
		o.Seed = 20250301
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2025, 3, 1, 6, 0, 0, 0, time.UTC)
	}
	o.Start = o.Start.UTC().Truncate(time.Microsecond)
	if o.Gap == 0 {
		o.Gap = 40 * time.Millisecond
	}
	g := &Generator{opt: o, rnd: rand.New(rand.NewPCG(o.Seed, 0x6a757079746572))}
	g.world = newWorld(g.rnd)
	return g
}

// Next makes the next line; there is always one.
func (g *Generator) Next() Line {
	g.number++
	l := Line{Number: g.number}
	switch x := g.rnd.Float64(); {
	case x < .55:
		l.Family = Contents
		g.contents(g.world.paths)
	case x < .75:
		l.Family = Kernel
		g.kernel()
	case x < .90:
		l.Family = Server
		g.server()
	case x < .98:
		l.Family = Telemetry
		g.telemetry()
	default:
		l.Family = Odd
		g.contents(oddPaths)
	}
	l.At = g.now()
	g.good = g.event.appendTo(g.good[:0])
	l.Good, l.Bad = g.good, g.good
	if g.opt.Bad > 0 && g.rnd.Float64() < g.opt.Bad {
		l.Fault = pick(g.rnd, faults)
		g.bad = g.spoil(l.Fault, l.Family, g.bad[:0])
		l.Bad = g.bad
	}
	return l
}

func (g *Generator) now() time.Time {
	return g.opt.Start.Add(time.Duration(g.micros) * time.Microsecond)
}

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

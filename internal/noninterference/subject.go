package noninterference

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// subject is one schema of one input at one output.
type subject struct {
	writer
	input  *Input
	files  files
	output *Output
	filter *filters.Filter
	schema *schema.Schema
	sight  *sight
	maker  maker
	time   int64 // the bucket of times
	pool   []*node
	varied map[string]bool // pointers of denied places that were varied
	events schema.Arena
}

// poolSize is how many events of a schema are made up; their parts are combined.
const poolSize = 48

func newSubject(in *Input, from files, out *Output, f *filters.Filter, s *schema.Schema, r *schema.Registry, events []event, rng *rand.Rand) *subject {
	var properties []string
	for id, names := range out.Policy.Properties {
		if slices.Contains(r.Versions(id), s) {
			properties = append(properties, names...)
		}
	}
	root, _ := s.Document().(map[string]any)
	u := &subject{
		writer: writer{rng}, input: in, files: from, output: out, filter: f, schema: s, sight: newSight(read(&out.Policy, r), s, properties),
		maker: maker{writer: writer{rng}, root: root, id: s.ID()}, time: bucket(out.Policy.Time), varied: map[string]bool{},
	}
	for _, e := range events {
		n := u.sight.tree(e.line, e.tape)
		n.kids = slices.DeleteFunc(n.kids, func(k *node) bool { return k.off })
		u.pool = append(u.pool, n)
	}
	return u
}

// event is one that was made up: a valid line with its tape.
type event struct {
	line []byte
	tape []jsonscan.Token
}

// invent makes up events of a schema at an input.
func invent(in *Input, s *schema.Schema, rng *rand.Rand) (all []event) {
	root, _ := s.Document().(map[string]any)
	m := maker{writer: writer{rng}, root: root, id: s.ID()}
	source := *in.Rules.Source
	for range source.Pattern.Fields() {
		source.Path = append(source.Path, "x")
	}
	u := &subject{writer: m.writer, input: in, files: files{of: [2]*inputs.Source{&source, &source}}}
	for tries := 0; len(all) < poolSize && tries < 2*poolSize+4*len(all); tries++ {
		tree := plain(m.object(nil, m.facts(nil, any(root), deepest), 4-tries%4))
		if tree == nil {
			continue
		}
		line := u.enveloped(tree, &in.Rules, s, begin, anID).write(m.writer, nil)
		var e schema.Event
		if u.check(0, line, checkpoint.Position{Stream: 1}, new(schema.Arena), &e) == nil && e.Schema() == s {
			all = append(all, event{line, e.Tape()})
		}
	}
	return all
}

// begin is when all begins: 2026-11-22, in microseconds.
const begin = 1_795_305_600_000_000

const anID = "0123456789abcdef0123456789abcdef"

func (u *subject) check(side int, line []byte, at checkpoint.Position, a *schema.Arena, e *schema.Event) *schema.Fault {
	a.From(u.files.of[side])
	return u.input.Checker.Check(&inputs.Line{Raw: line, At: at, End: at.Offset + stride}, a, e)
}

// stride is what offsets of lines lie apart, whatever the lines' lengths: event
// ids, which the promise leaves out, are then the same on both sides.
const stride = 1 << 20

// pair is two lines that the output may not tell from one another.
type pair struct {
	of     *subject
	a, b   []byte
	at     int   // its place in the stream
	micros int64 // of a
	left   *node
	right  *node
	taken  bool // each gives a record
	fault  bool // neither is an event
}

func (p *pair) position() checkpoint.Position {
	return checkpoint.Position{Stream: theStream, Offset: int64(p.at) * stride}
}

// next makes a pair; nil where none could be made this time.
func (u *subject) next(at int) *pair {
	if u.one(40) {
		if p := u.broken(at); p != nil {
			return p
		}
	}
	a, o := pick(u.Rand, u.pool...), pick(u.Rand, u.pool...)
	p := &pair{of: u, at: at, left: a, micros: begin + int64(at)*u.Int64N(40_000_000)}
	p.a = u.line(a, p.micros)
	for try := range 4 {
		p.right = grafting{u.writer, try > 1}.graft(a, o)
		if try == 3 {
			p.right = a
		}
		p.b = u.line(p.right, u.within(p.micros, u.time))
		if u.settle(p) {
			if try < 3 {
				p.note()
			}
			return p
		}
	}
	return nil
}

func (u *subject) line(n *node, micros int64) []byte {
	return u.enveloped(n, &u.input.Rules, u.schema, micros, anID).write(u.writer, nil)
}

// settle says whether the two are a pair: valid, and with nothing between them
// that the output may see.
func (u *subject) settle(p *pair) bool {
	var a, b schema.Event
	u.events.Reset()
	if u.check(0, p.a, p.position(), &u.events, &a) != nil || u.check(1, p.b, p.position(), &u.events, &b) != nil || a.Schema() != b.Schema() {
		return false
	}
	dropped := u.sight.dropped(a.Tape())
	p.taken = !dropped && !u.files.dropped && (!u.output.Policy.TrustedOnly || u.input.Rules.Source.Trusted)
	left, right := u.sight.tree(p.a, a.Tape()), u.sight.tree(p.b, b.Tape())
	return dropped == u.sight.dropped(b.Tape()) && string(left.seen(nil)) == string(right.seen(nil))
}

// note notes which places differ.
func (p *pair) note() {
	places := p.of.schema.Places()
	had := map[string]string{}
	of := func(n *node, to map[string]string) {
		n.denied(func(k *node) {
			pointer := places[k.place].Identity
			if k.place == schema.Undeclared {
				pointer = "members that the schema does not declare"
			}
			to[pointer] += string(k.key) + string(k.text)
		})
	}
	has := map[string]string{}
	of(p.left, had)
	of(p.right, has)
	for pointer := range maps.Keys(has) {
		if had[pointer] != has[pointer] {
			p.of.varied[pointer] = true
		}
	}
	for pointer := range maps.Keys(had) {
		if had[pointer] != has[pointer] {
			p.of.varied[pointer] = true
		}
	}
}

// plain is an object's text as nodes.
func plain(text []byte) *node {
	tape, err := scanner.Scan(nil, text)
	if err != nil {
		return nil
	}
	return (&sight{everything: true, top: nil, opened: make([]look, 1)}).tree(text, tape)
}

// String names it for findings.
func (u *subject) String() string {
	return fmt.Sprintf("schema %s version %s of input %s", u.schema.ID(), u.schema.Version(), u.input.Name)
}

package noninterference

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// streamPairs is how many pairs go through the pipeline in one run.
const streamPairs = 1000

// Run tests every output. The error is one of the test itself.
func Run(ctx context.Context, c Config) (*Report, error) {
	report := &Report{Seed: c.Seed}
	c.made = map[[2]int][]event{}
	for i := range c.Outputs {
		o, err := c.test(ctx, i)
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", c.Outputs[i].Name, err)
		}
		report.Outputs = append(report.Outputs, *o)
	}
	return report, nil
}

// number is a name as a number: what is made up at an output does not hang on
// the others.
func number(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return h.Sum64()
}

// test tests one output.
func (c *Config) test(ctx context.Context, index int) (_ *OutputReport, err error) {
	out := &c.Outputs[index]
	out.Policy.Consent = nil // whether the record came at all is an exception of the promise
	filter, _, err := filters.Compile(out.Policy, c.Registry)
	if err != nil {
		return nil, err
	}
	r := &rig{config: c, output: out, filter: filter, folder: filepath.Join(c.Folder, fmt.Sprint("output", index))}
	if r.standin, err = openStandin(out.Kind); err != nil {
		return nil, err
	}
	if r.standin != nil {
		defer func() { err = errors.Join(err, r.standin.close()) }()
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.folder)) }()
	o := &OutputReport{Name: out.Name, Kind: out.Kind, Everything: slices.Contains(out.Policy.Categories, "*")}
	rng := rand.New(rand.NewPCG(c.Seed, number(out.Name)))
	var subjects [][]*subject
	for i := range c.Inputs {
		if made := c.subjects(r, i, rng, o); len(made) > 0 {
			subjects = append(subjects, made)
		}
	}
	for turn := 0; o.Difference == nil && o.Pairs < c.Pairs && len(subjects) > 0; turn++ {
		if c.Until != nil && !c.Until(index) || ctx.Err() != nil {
			o.Early = true
			break
		}
		if err := r.turn(ctx, subjects[turn%len(subjects)], min(streamPairs, c.Pairs-o.Pairs), rng, o); err != nil {
			return nil, err
		}
		if len(o.Untested) > 8*len(subjects) { // what is made up does not fit
			break
		}
	}
	o.Unsteady = r.unsteady
	o.sum(subjects)
	return o, nil
}

// subjects are the schemas that an input may bring to the output.
func (c *Config) subjects(r *rig, index int, rng *rand.Rand, o *OutputReport) (all []*subject) {
	in := &c.Inputs[index]
	if r.output.Policy.TrustedOnly && !in.Rules.Source.Trusted {
		return nil
	}
	from := writer{rng}.files(in.Rules.Source, read(&r.output.Policy, c.Registry), c.Registry)
	for _, s := range c.Registry.Schemas() {
		fits := func(pattern string) bool { return schema.MatchID(pattern, s.ID()) }
		if !r.filter.Takes(s) || len(in.Rules.Schemas) > 0 && !slices.ContainsFunc(in.Rules.Schemas, fits) || in.Rules.Envelope == schema.None && in.Rules.Schema != s.ID() {
			continue
		}
		at := [2]int{index, s.Index()}
		if _, known := c.made[at]; !known {
			c.made[at] = invent(in, s, rand.New(rand.NewPCG(c.Seed, number(in.Name+" "+s.ID()+" "+s.Version()))))
		}
		u := newSubject(in, from, r.output, r.filter, s, c.Registry, c.made[at], rng)
		if len(u.pool) == 0 {
			o.Untested = append(o.Untested, u.String())
			continue
		}
		all = append(all, u)
	}
	return all
}

// turn makes pairs of one input and compares what becomes of them.
func (r *rig) turn(ctx context.Context, subjects []*subject, n int, rng *rand.Rand, o *OutputReport) error {
	var pairs []*pair
	for tries := 0; len(pairs) < n && tries < 4*n; tries++ {
		u := subjects[rng.IntN(len(subjects))]
		p := u.next(len(pairs))
		if p == nil {
			continue
		}
		if channel := r.direct(p); channel != "" {
			o.Difference = r.shrink(p, channel)
			return nil
		}
		pairs = append(pairs, p)
	}
	if len(pairs) == 0 {
		o.Untested = append(o.Untested, "pairs of input "+subjects[0].input.Name)
		return nil
	}
	w, seed := r.way(rng), rng.Uint64()
	channel, err := r.stream(ctx, pairs, w, seed)
	if err != nil {
		return err
	}
	if channel != "" {
		o.Difference, err = r.search(ctx, pairs, w, seed, channel)
		return err
	}
	o.Pairs += len(pairs)
	return nil
}

// sum fills in what the subjects know.
func (o *OutputReport) sum(subjects [][]*subject) {
	schemas, places := map[string]bool{}, map[string]bool{}
	for _, u := range slices.Concat(subjects...) {
		schemas[u.schema.ID()+" version "+u.schema.Version()] = true
		for pointer := range u.varied {
			places[u.schema.ID()+" "+pointer] = true
		}
	}
	slices.Sort(o.Untested)
	o.Untested = slices.Compact(o.Untested)
	o.Schemas, o.Places = slices.Sorted(maps.Keys(schemas)), slices.Sorted(maps.Keys(places))
}

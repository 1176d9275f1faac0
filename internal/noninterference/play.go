package noninterference

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/pipeline"
)

// rig is one output with its stand-in.
type rig struct {
	config    *Config
	output    *Output
	filter    *filters.Filter
	standin   *standin // nil: of this machine
	folder    string
	runs      int
	delivered int      // records that were delivered or rejected, by the last run
	unsteady  []string // where streams differed once and not again

	left, right made
	tape        []jsonscan.Token
}

// way is how one run of a stream is made, the same for both sides.
type way struct {
	seed   uint64 // of the stand-in's answers; 0: it always takes everything
	limits pipeline.Batch
}

func (r *rig) way(rng *rand.Rand) way {
	w := way{limits: r.output.Batch}
	if rng.IntN(2) == 0 { // as configured, or small: that batches are cut
		w.limits.Events, w.limits.Bytes = 1+rng.IntN(100), int64(200+rng.IntN(8000))
	}
	if rng.IntN(3) > 0 {
		w.seed = rng.Uint64() | 1
	}
	w.limits.Age = 24 * time.Hour // cut by count and bytes, never by time
	return w
}

// play lets lines go through the pipeline to the output and returns all that
// came out anywhere.
func (r *rig) play(ctx context.Context, u *subject, side int, lines [][]byte, w way, rng *rand.Rand) (came []entry, err error) {
	r.runs++
	folder := filepath.Join(r.folder, fmt.Sprint("run", r.runs))
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	store, err := checkpoint.Open(filepath.Join(folder, "state"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	store.Keep(checkpoint.Stream{ID: theStream, Path: "memory"})
	cursor, err := store.Cursor(r.output.Name)
	if err != nil {
		return nil, err
	}
	movable, ok := r.output.Config.(outputs.Movable)
	if !ok {
		return nil, fmt.Errorf("outputs.%s: has no way to be tested", r.output.Kind)
	}
	// The same path on both sides: what is written may not hang on it, what is
	// logged may.
	to := filepath.Join(r.folder, "destination", "out.ndjson")
	if r.standin != nil {
		to = r.standin.address
		r.standin.begin(w.seed)
	} else if err := errors.Join(os.RemoveAll(filepath.Dir(to)), os.MkdirAll(filepath.Dir(to), 0o700)); err != nil {
		return nil, err
	}
	var log log
	var stdout bytes.Buffer
	var stats pipeline.Stats
	aside := &aside{}
	out, err := movable.At(to).Open(ctx, outputs.Env{
		Name: r.output.Name, Log: log.logger().With("output", r.output.Name), Stdout: &outputs.Stdout{To: &stdout},
		Now: func() time.Time { return time.UnixMicro(begin) },
	})
	if err != nil {
		return nil, err
	}
	spec := pipeline.Spec{
		Store: store, Log: log.logger(), Stats: &stats, Grace: time.Minute, Timeout: 2 * time.Minute,
		Retry:   pipeline.Retry{First: time.Microsecond, Max: time.Millisecond},
		Inputs:  []pipeline.Input{{Name: u.input.Name, Input: newFeed(u.files.of[side], lines, rng), Checker: u.input.Checker}},
		Outputs: []pipeline.Output{{Name: r.output.Name, Output: out, Filter: r.filter, Cursor: cursor, Batch: w.limits}},
	}
	if r.standin != nil {
		spec.Outputs[0].Rejected, spec.Outputs[0].Output = aside, still{out}
	}
	err = pipeline.Run(ctx, spec)
	if err = errors.Join(err, out.Close()); err != nil {
		return nil, fmt.Errorf("run the pipeline: %w", err)
	}
	if r.standin != nil {
		came = r.standin.taken()
	} else if came, err = written(filepath.Dir(to)); err != nil {
		return nil, err
	}
	came = append(came, aside.kept...)
	return append(came, entry{"standard output", stdout.Bytes()}, entry{"the log", log.text.Bytes()}, entry{"the counters", r.counters(&stats)}), nil
}

// counters are those that are not timing, nor of what was read.
func (r *rig) counters(stats *pipeline.Stats) []byte {
	snap := stats.Snapshot()
	o := &snap.Outputs[0]
	r.delivered = int(o.Records + o.RejectedSum())
	return fmt.Append(nil, o.Records, o.Bytes, o.Batches, o.Retries, o.Rejected, o.Withheld, o.Error, o.Batch, snap.Inputs[0].Lines, snap.Inputs[0].FaultSum())
}

// written is what an output has written to files, in the order of generations.
func written(folder string) (all []entry, err error) {
	names, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(folder, name.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, entry{"the file", text})
	}
	return all, nil
}

// stream plays both sides of a stream of pairs; channel is "" where nothing
// differs. What differs once and not again is timing, such as a request that met
// its deadline on a machine that was stopped for a while: it is noted.
func (r *rig) stream(ctx context.Context, pairs []*pair, w way, seed uint64) (channel string, err error) {
	for range 3 {
		again, said, err := r.once(ctx, pairs, w, seed)
		if err != nil {
			return "", err
		}
		if again == "" && channel != "" {
			r.unsteady = append(r.unsteady, channel)
			return "", nil
		}
		if channel = again; channel == "" || said {
			break
		}
	}
	return channel, nil
}

// once plays both sides once. said: it is no difference of the two, which only
// timing could make.
func (r *rig) once(ctx context.Context, pairs []*pair, w way, seed uint64) (channel string, said bool, err error) {
	var a, b [][]byte
	taken := 0
	for i, p := range pairs {
		p.at = i
		a, b = append(a, p.a), append(b, p.b)
		if p.taken {
			taken++
		}
	}
	left, err := r.play(ctx, pairs[0].of, 0, a, w, rand.New(rand.NewPCG(seed, 1)))
	if err != nil {
		return "", false, err
	}
	if r.delivered != taken {
		return "how many records there are, against what the policy says", true, nil
	}
	right, err := r.play(ctx, pairs[0].of, 1, b, w, rand.New(rand.NewPCG(seed, 2)))
	if err != nil {
		return "", false, err
	}
	for i := range min(len(left), len(right)) {
		switch {
		case left[i].channel != right[i].channel:
			return "how much is sent, and where a batch is cut", false, nil
		case !bytes.Equal(left[i].bytes, right[i].bytes):
			return left[i].channel, false, nil
		case left[i].channel == "the log" && bytes.Contains(left[i].bytes, []byte(echo)):
			return "the log, which holds what a destination said", true, nil
		}
	}
	if len(left) != len(right) {
		return "how much is sent", false, nil
	}
	return "", false, nil
}

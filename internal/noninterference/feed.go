package noninterference

import (
	"context"
	"io"
	"math/rand/v2"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// theStream is what the lines' only stream is called.
const theStream = 7

// feed is an input whose lines are in memory. Its blocks end anywhere.
type feed struct {
	source *inputs.Source
	lines  [][]byte
	blocks []int // lines in each
}

func newFeed(source *inputs.Source, lines [][]byte, rng *rand.Rand) *feed {
	f := &feed{source: source, lines: lines}
	most := 1 << rng.IntN(9)
	for left := len(lines); left > 0; {
		n := min(1+rng.IntN(most), left)
		f.blocks = append(f.blocks, n)
		left -= n
	}
	return f
}

// Read fills b with the lines from at to the end of its block.
func (f *feed) Read(_ context.Context, at checkpoint.Position, b *inputs.Block) error {
	from := int(at.Offset / stride)
	end := 0
	for _, n := range f.blocks {
		if end += n; end > from {
			break
		}
	}
	b.Source, b.Path, b.At, b.End = f.source, "memory", at, int64(end)*stride
	for i := from; i < end; i++ {
		start := len(b.Buf)
		b.Buf = append(b.Buf, f.lines[i]...)
		b.Lines = append(b.Lines, inputs.Line{At: checkpoint.Position{Stream: theStream, Offset: int64(i) * stride}, End: int64(i+1) * stride, Raw: b.Buf[start:]})
	}
	start := 0 // Buf may have moved while it grew
	for i := range b.Lines {
		n := len(b.Lines[i].Raw)
		b.Lines[i].Raw = b.Buf[start : start+n : start+n]
		start += n
	}
	return nil
}

// Open begins at the first line: no run goes on where another ended.
func (f *feed) Open(from inputs.Resume) (inputs.Reader, error) {
	return &feedReader{feed: f, cursor: from.Cursor}, nil
}

// Background has nothing to do.
func (f *feed) Background(ctx context.Context) error { <-ctx.Done(); return nil }

// Close has nothing to close.
func (f *feed) Close() error { return nil }

type feedReader struct {
	feed   *feed
	cursor *checkpoint.Cursor
	at     int64
}

// Next is the reader's place, and io.EOF behind the last line.
func (r *feedReader) Next(context.Context) (inputs.Place, error) {
	if r.at >= int64(len(r.feed.lines))*stride {
		return inputs.Place{}, io.EOF
	}
	return inputs.Place{At: checkpoint.Position{Stream: theStream, Offset: r.at}, From: r.feed}, nil
}

// Advance goes on at to.
func (r *feedReader) Advance(to checkpoint.Position) { r.at = to.Offset }

// Commit notes in the cursor what was delivered, which nobody reads.
func (r *feedReader) Commit(_ context.Context, ends ...checkpoint.Position) error {
	r.cursor.Commit(ends...)
	return nil
}

// Lag is nothing: no output is compared by it.
func (r *feedReader) Lag() int64 { return 0 }

// Close has nothing to close.
func (r *feedReader) Close() error { return nil }

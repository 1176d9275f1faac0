package file

import (
	"context"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/genfile"
)

// output is an open file. Exactly once: what a crash leaves behind the last
// durable state is taken back by the next Open.
type output struct {
	file *genfile.File
	buf  []byte // a batch whose records do not stand together, kept for use again
}

// Write appends the batch: all of it or, with an error, nothing.
// Trying again always may help: space is freed, a folder is made again.
func (o *output) Write(ctx context.Context, batch []filters.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(batch) == 0 {
		return nil
	}
	var lines []byte
	lines, o.buf = filters.Lines(batch, o.buf)
	return o.file.Append(lines)
}

// Sync makes durable what was written and is where the file is rotated.
func (o *output) Sync() ([]byte, error) { return o.file.Sync() }

// Due reports whether the file is to be rotated, for which Sync is needed.
func (o *output) Due() bool { return o.file.Due() }

// Background compresses and deletes older files until ctx is done.
func (o *output) Background(ctx context.Context) error { return o.file.Background(ctx) }

// Close closes the file without a Sync.
func (o *output) Close() error { return o.file.Close() }
